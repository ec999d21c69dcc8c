"""Opens what came in, reads and matches it, and orders the queue."""
