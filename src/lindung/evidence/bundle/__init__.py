"""A sealed capture in one file: made, opened and verified."""
