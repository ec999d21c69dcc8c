"""Text of partners and sites, made safe where it comes in and where it is shown."""

from __future__ import annotations


def storable(text: str, most: int) -> str:
    """Text as the database takes it: no half characters, no NUL, not too long."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")[:most]


def visible(text: object, most: int = 300) -> str:
    """One line as a terminal may show it: what steers a terminal or turns the direction of
    writing stands as `\\u{202e}`, line ends too, and what is over `most` characters is left out.
    """
    shown = "".join(
        c if c.isprintable() or c in "\u200c\u200d" else f"\\u{{{ord(c):x}}}" for c in str(text)
    )
    return shown if len(shown) <= most else shown[:most] + "…"
