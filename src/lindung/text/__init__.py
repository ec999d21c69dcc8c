"""What a post or a chat says: text in, explained signals out."""

from lindung.text.addresses import NotUnderstood
from lindung.text.canonical import Canonical, canonicalise
from lindung.text.chat import ChatReader, Message, Sign, Timeline, Trajectory
from lindung.text.entities import Entity, entities
from lindung.text.judge import Span
from lindung.text.keys import KeyUnusableError, read_key
from lindung.text.lexicon import Lexicon, LexiconError, open_lexicon, seal
from lindung.text.policy import Policy, PolicyError, load_policy, parse_policy
from lindung.text.policy_check import Failure, failing_examples
from lindung.text.probing import ProbeGuard, Probing
from lindung.text.reader import Arrays, Reader, Reading, Signal

__all__ = [
    "Arrays",
    "Canonical",
    "ChatReader",
    "Entity",
    "Failure",
    "KeyUnusableError",
    "Lexicon",
    "LexiconError",
    "Message",
    "NotUnderstood",
    "Policy",
    "PolicyError",
    "ProbeGuard",
    "Probing",
    "Reader",
    "Reading",
    "Sign",
    "Signal",
    "Span",
    "Timeline",
    "Trajectory",
    "canonicalise",
    "entities",
    "failing_examples",
    "load_policy",
    "open_lexicon",
    "parse_policy",
    "read_key",
    "seal",
]
