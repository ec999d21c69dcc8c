"""A guard for whoever offers reading over a network: sealed lists must not be guessed out of it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from lindung.text.fold import fold
from lindung.text.language import FUNCTION_WORDS
from lindung.text.lexicon import LONGEST
from lindung.text.reader import Reading

_FUNCTION_WORDS = frozenset(word for words in FUNCTION_WORDS.values() for word in words.split())
_PROSE = 0.1  # share of function words in Latin letters that sentences have, at the least
_CALLERS = 10_000  # kept before those whose window has ended are forgotten


class Probing(Exception):
    """A caller asks as one does who tries a dictionary against a sealed list."""


@dataclass(slots=True)
class _Caller:
    since: float
    guesses: int = 0
    learned: set[bytes] = field(default_factory=set)  # keyed digests: no term is kept
    alarmed: bool = False


class ProbeGuard:
    """Limits what one caller can try, and can learn, of sealed lists in a window of seconds.

    `guesses` bounds the asking: a text of a few words is one, a list of words is one for every
    LONGEST of them, sentences are none. `terms` bounds the learning: how many different sealed
    terms were shown. `now` gives seconds; `alarm` is told the caller once a window.
    """

    def __init__(
        self,
        alarm: Callable[[str], None],
        now: Callable[[], float],
        *,
        guesses: int = 600,
        terms: int = 60,
        window: float = 3600.0,
    ) -> None:
        self._alarm = alarm
        self._now = now
        self._guesses = guesses
        self._terms = terms
        self._window = window
        self._callers: dict[str, _Caller] = {}
        self._key = secrets.token_bytes(16)

    def admit(self, caller: str, posts: Iterable[str]) -> None:
        """Before reading: count what a caller asks. Raises Probing when it is too much."""
        known = self._known(caller)
        known.guesses += sum(map(_guesses, posts))
        self._check(caller, known)

    def release(self, caller: str, posts: Sequence[str], readings: Sequence[Reading]) -> None:
        """Before answering: count the sealed terms that the readings would show.

        Raises Probing when they are too many; the answer must then be withheld.
        """
        known = self._known(caller)
        for post, reading in zip(posts, readings, strict=True):
            for signal in reading.signals:
                for span in signal.spans:
                    if span.label.startswith("sealed: "):
                        term = fold(post[span.start : span.end]).text.encode("utf-8", "replace")
                        known.learned.add(hashlib.blake2b(term, key=self._key).digest())
        self._check(caller, known)

    def _known(self, caller: str) -> _Caller:
        now = self._now()
        known = self._callers.get(caller)
        if known is None or now - known.since >= self._window:
            if len(self._callers) >= _CALLERS:
                kept = self._callers.items()
                self._callers = {c: k for c, k in kept if now - k.since < self._window}
            known = self._callers[caller] = _Caller(now)
        return known

    def _check(self, caller: str, known: _Caller) -> None:
        if known.guesses <= self._guesses and len(known.learned) <= self._terms:
            return
        if not known.alarmed:
            known.alarmed = True
            self._alarm(caller)
        wait = int(known.since + self._window - self._now()) // 60 + 1
        raise Probing(f"Too many guesses at single words. Try again in {wait} minutes.")


def _guesses(post: str) -> int:
    """How many terms a text could be asking about."""
    words = post.split()
    if len(words) <= LONGEST + 1:
        return 1
    latin = [word for word in words if word[0].isascii()]
    spoken = sum(word.casefold().strip(".,;:!?") in _FUNCTION_WORDS for word in latin)
    return len(latin) // LONGEST if spoken < _PROSE * len(latin) else 0
