"""Hash lists: reading them, keeping them, fetching them."""
