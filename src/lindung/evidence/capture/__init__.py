"""From an address to files and facts: the guard outside, the browser in its jail."""
