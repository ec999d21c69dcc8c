"""The analysts' pages: one queue, one case page, one action at a time."""
