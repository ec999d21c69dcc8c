"""What a post or a chat says: text in, explained signals out."""

from lindung.text.chat.conversation import ChatReader, Message, Sign, Timeline, Trajectory
from lindung.text.items.addresses import NotUnderstood
from lindung.text.items.canonical import Canonical, canonicalise
from lindung.text.items.entities import Entity, entities
from lindung.text.items.likeness import Likeness, likenesses
from lindung.text.reader import Arrays, Reader, Reading, Signal
from lindung.text.rules.judge import Span
from lindung.text.rules.policy import Policy, PolicyError, load_policy, parse_policy
from lindung.text.rules.policy_check import Failure, failing_examples
from lindung.text.sealed.keys import KeyUnusableError, read_key
from lindung.text.sealed.lexicon import Lexicon, LexiconError, open_lexicon, seal
from lindung.text.sealed.probing import ProbeGuard, Probing

__all__ = [
    "Arrays",
    "Canonical",
    "ChatReader",
    "Entity",
    "Failure",
    "KeyUnusableError",
    "Lexicon",
    "LexiconError",
    "Likeness",
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
    "likenesses",
    "load_policy",
    "open_lexicon",
    "parse_policy",
    "read_key",
    "seal",
]
