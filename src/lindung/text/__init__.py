"""What a post or a chat says: text in, explained signals out."""

from lindung.text.addresses import NotUnderstood
from lindung.text.canonical import Canonical, canonicalise
from lindung.text.entities import Entity, entities
from lindung.text.judge import Span
from lindung.text.policy import Policy, PolicyError, load_policy, parse_policy
from lindung.text.reader import Arrays, Reader, Reading, Signal

__all__ = [
    "Arrays",
    "Canonical",
    "Entity",
    "NotUnderstood",
    "Policy",
    "PolicyError",
    "Reader",
    "Reading",
    "Signal",
    "Span",
    "canonicalise",
    "entities",
    "load_policy",
    "parse_policy",
]
