"""One way to see a text, with a map back to the original."""
