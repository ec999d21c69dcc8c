"""Authorities, adapters and the outbox."""
