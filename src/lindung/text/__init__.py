"""What a post or a chat says: text in, explained signals out."""

from lindung.text.addresses import NotUnderstood
from lindung.text.canonical import Canonical, canonicalise
from lindung.text.entities import Entity, entities

__all__ = ["Canonical", "Entity", "NotUnderstood", "canonicalise", "entities"]
