"""What a post or a chat says: text in, explained signals out."""

from lindung.text.addresses import NotUnderstood
from lindung.text.canonical import Canonical, canonicalise

__all__ = ["Canonical", "NotUnderstood", "canonicalise"]
