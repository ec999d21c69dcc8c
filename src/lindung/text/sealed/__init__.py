"""Terms that partners seal: matched, never readable."""
