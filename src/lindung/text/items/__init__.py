"""What a text names: addresses, accounts, phones, wallets, prices, ages."""
