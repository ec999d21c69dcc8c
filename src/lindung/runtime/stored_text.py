"""Text of partners and sites, made safe where it comes in."""

from __future__ import annotations


def storable(text: str, most: int) -> str:
    """Text as the database takes it: no half characters, no NUL, not too long."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")[:most]
