"""A guard for whoever offers reading over a network: sealed lists must not be guessed out of it."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lindung.text.language import FUNCTION_WORDS
from lindung.text.normal.fold import code_points, fold
from lindung.text.normal.word_loops import CURRENCY, DIGIT, IDEOGRAPH, LETTER, SEPARATOR, SIGN
from lindung.text.reader import Reading
from lindung.text.rules.scanning import character_tables, word_skeleton
from lindung.text.sealed.sealed_loops import LONGEST

_FUNCTION_WORDS = frozenset(word for words in FUNCTION_WORDS.values() for word in words.split())
# Chinese characters that hold sentences together: between them stand words.
_FUNCTION_CHARACTERS = re.compile(
    "[的了是我你他她们这那在有不和就都也很要会可能吗呢吧啊把被给对到去来说个一]+"
)
_BITS = 1 << 16  # a caller's memory: one bit for a word, 8 KB
_KINDS = bytes.maketrans(bytes([SEPARATOR, LETTER, DIGIT, IDEOGRAPH, SIGN, CURRENCY]), b"_ldhsc")
_PARTS = re.compile(
    r"(?P<apart>(?<!l)l(?!l)(?:_{1,2}l(?!l)){2,})"  # letters that stand apart are read as one word
    r"|(?P<chinese>h(?:_{0,3}h)*)"
    r"|(?P<run>[ldsc]*l[ldsc]*)"
)
_LETTERS = re.compile("l+")


class Probing(Exception):
    """A caller asks as one does who tries a dictionary against a sealed list."""


@dataclass(slots=True)
class _Caller:
    since: float
    asked: int = 0
    words: bytearray = field(default_factory=lambda: bytearray(_BITS // 8))
    learned: set[bytes] = field(default_factory=set)  # keyed digests: no term is kept
    alarmed: bool = False


class ProbeGuard:
    """Limits what one caller can try, and can learn, of sealed lists in a window of seconds.

    `guesses` bounds the asking: how many different words a caller used, wherever they stand. A
    dictionary is nothing but new words, and padding it hides none; people repeat themselves.
    Measured: the 200 ordinary posts of `tests/text/hard_negatives.yaml`, no two alike, use 760; a
    thousand posts of 20 words drawn by Zipf's law from 50,000 use 6,500. Whoever feeds more than
    that in an hour sets a higher number.

    `terms` bounds the learning: how many different sealed terms were shown. `now` gives seconds;
    `alarm` is told the caller once a window. Callers are kept until their window ends, each in
    the same few kilobytes. Threads may share a guard.
    """

    def __init__(
        self,
        alarm: Callable[[str], None],
        now: Callable[[], float],
        *,
        guesses: int = 8_000,
        terms: int = 60,
        window: float = 3600.0,
    ) -> None:
        self._alarm = alarm
        self._now = now
        self._guesses = guesses
        self._terms = terms
        self._window = window
        self._callers: dict[str, _Caller] = {}  # in the order in which their windows began
        self._key = secrets.token_bytes(16)
        self._lock = threading.Lock()

    def admit(self, caller: str, posts: Iterable[str]) -> None:
        """Before reading: count what a caller asks. Raises Probing when it is too much."""
        words = (word for post in posts for word in _words(post))
        with self._lock:
            known = self._known(caller)
            while known.asked <= self._guesses and (word := next(words, None)) is not None:
                place = int.from_bytes(self._digest(word)) % _BITS
                byte, bit = place >> 3, 1 << (place & 7)
                known.asked += not known.words[byte] & bit
                known.words[byte] |= bit
        self._check(caller, known)

    def release(self, caller: str, posts: Sequence[str], readings: Sequence[Reading]) -> None:
        """Before answering: count the sealed terms that the readings would show.

        Raises Probing when they are too many; the answer must then be withheld.
        """
        shown = (
            self._digest(fold(post[span.start : span.end]).text)
            for post, reading in zip(posts, readings, strict=True)
            for signal in reading.signals
            for span in signal.spans
            if span.label.startswith("sealed: ")
        )
        with self._lock:
            known = self._known(caller)
            while len(known.learned) <= self._terms and (term := next(shown, None)) is not None:
                known.learned.add(term)
        self._check(caller, known)

    def _digest(self, word: str) -> bytes:
        return hashlib.blake2b(
            word.encode("utf-8", "replace"), digest_size=8, key=self._key
        ).digest()

    def _known(self, caller: str) -> _Caller:
        now = self._now()
        while self._callers:
            oldest = next(iter(self._callers))
            if now - self._callers[oldest].since < self._window:
                break
            del self._callers[oldest]
        if caller not in self._callers:
            self._callers[caller] = _Caller(now)
        return self._callers[caller]

    def _check(self, caller: str, known: _Caller) -> None:
        with self._lock:
            if known.asked <= self._guesses and len(known.learned) <= self._terms:
                return
            alarmed, known.alarmed = known.alarmed, True
        if not alarmed:
            self._alarm(caller)
        wait = int(known.since + self._window - self._now()) // 60 + 1
        raise Probing(f"Too many guesses at single words. Try again in {wait} minutes.")


def _words(post: str) -> Iterator[str]:
    """What could be a sealed term in a text, in each view in which `Lexicon` looks."""
    text = fold(post).text
    kinds = character_tables()[0][code_points(text)].tobytes().translate(_KINDS).decode()
    for part in _PARTS.finditer(kinds):
        here = slice(*part.span())
        if part["run"]:
            pieces = {text[slice(*p.span())] for p in _LETTERS.finditer(kinds, *part.span())}
            if set(kinds[here]) != {"l"}:
                pieces.add(word_skeleton(text[here]))
            yield from pieces - _FUNCTION_WORDS
            continue
        joined = "".join(c for c, kind in zip(text[here], kinds[here], strict=True) if kind != "_")
        for stretch in _FUNCTION_CHARACTERS.split(joined):
            yield from (stretch[i : i + LONGEST] for i in range(0, len(stretch), LONGEST))
