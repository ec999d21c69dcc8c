"""Where a text is not shown to be words and markup.

Text is what is proven: words of a language, in the letters of one script, as often as words come
in prose, markup and code. Everything between them is counted; where it outgrows the words, no
matter in what alphabet it is spelt, it may be a picture. There is no list of spellings.

A picture that is written out in the words of a language is not seen by this.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

import numpy as np

Span = tuple[int, int]

MOST = 96.0  # unproven characters in one place
FEW = 20.0  # from here on a place is counted towards what a whole text may hold
_SMALL = 256  # characters in places above FEW that a text may hold: an address, a hash, a name
_ROW, _EVEN, _FEW_LETTERS = 400, 1.15, 10  # letters; see `_even`
_UNBROKEN = re.compile(r"""[^\s<>"'`(){}]{28,}""")
_WORDS_WEIGH = 0.75  # of a character of a word against one of no word
_PAUSE = 32.0  # so much weight of words ends a place
_LOW = "a-zß-öø-ÿĀ-ɏḀ-ỿ\u0300-\u036f"
_BLOCKS = (  # scripts written with spaces between words of a few letters
    "\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff", "\u0590-\u05ff", "\u10a0-\u10ff",
    "\u0530-\u058f", "\u1200-\u137f",
    *(f"{chr(start)}-{chr(start + 0x7F)}" for start in range(0x900, 0xE00, 0x80)),
)  # fmt: skip
_UNSPACED = ("\u0e00-\u0e7f", "\u0e80-\u0eff", "\u0f00-\u0fff", "\u1000-\u109f", "\u1780-\u17ff")
_FORBIDDEN = 8.0  # the weight of a character that is in no text
_OWN_WEIGHT = dict.fromkeys(("Cc", "Cs", "Co", "Cn"), _FORBIDDEN) | {"Cf": 1.0}
_PUNCTUATION = 0.5
# Which letters follow which in 33 languages of the Latin alphabet (CLDR's names of countries,
# languages, days and months), in English and Malay prose and in code: 360 pairs of 676.
_FOLLOWS = (  # the first letter of each group and what may come after it
    "aabcdefghijklmnopqrstuvwxyz baehiloruwy cacehiklorstu dabdehinosuyz "
    "eabcdefghijklmnoprstuvwxyz faefiloru gabeghiklnorsuvwy haeilmortu "
    "iabcdefghijklmnopqrstuvwyz jaeiosu kaehiklmorstuw labcdefgiklmopstuvy mabehilopsuy "
    "nacdefghijklmnopqstuvyz oabcdefghijklmnoprstuvwyz paeiloprstuy qau rabcdefgiklmnorstuvwy "
    "sacehijklnoprstuvwyz tacdehilmnorstuy uabcdeghijklmnoprstuvwyz vaeiou waehiory xeit "
    "yaeijkmnoprstu zaeiou "
)


@cache
def _word() -> re.Pattern[str]:
    """The shapes of words: Latin ones, camelCase, and runs of the letters of one other script."""
    low = f"[{_LOW}]"
    latin = rf"(?:[A-ZÀ-ÖØ-Þ]?{low}{{3,24}}(?:[A-ZÀ-ÖØ-Þ]{low}{{2,20}}){{0,5}}|[A-ZÀ-ÖØ-Þ]{{3,16}})"
    others = [
        "[А-ЯЀ-Џ]?[а-яѐ-ӿ]{2,24}", "[А-ЯЀ-Џ]{3,16}", "[Α-ΫΆ-Ώ]?[ά-ώ]{2,24}", "[Α-ΫΆ-Ώ]{3,16}",
        *(f"[{block}]{{2,24}}" for block in _BLOCKS),
        *(f"[{block}]{{2,160}}" for block in _UNSPACED),
    ]  # fmt: skip
    return re.compile(rf"(?:{latin}|{'|'.join(others)})(?![A-Za-z0-9{_LOW}À-Þ])|[{_common()}]+")


_RUN = re.compile(r"[A-Za-z0-9\x80-\U0010ffff]+")


def _words(text: str) -> Iterator[tuple[int, int, float]]:
    """Where the words are, in order, and what a letter of each proves."""
    inside: dict[str, Sequence[tuple[int, int, float]]] = {}  # the same runs come again and again
    for run in _RUN.finditer(text):
        said = run[0]
        spans = inside.get(said)
        if spans is None:
            spans = inside[said] = _words_in(said)
        start = run.start()
        for begin, end, proof in spans:
            yield start + begin, start + end, proof


def _words_in(run: str) -> Sequence[tuple[int, int, float]]:
    if run.isascii():
        if run.islower() and (len(run) == 1 or (len(run) == 2 and run in _follows())):
            return [(0, len(run), 0.0)]  # "a", "on", "di", and the p of <p>: proof of nothing
        proof = _proof(run) if _word().fullmatch(run) else None
        return () if proof is None else [(0, len(run), proof)]
    apart = re.compile(rf"[A-Za-z0-9{_LOW}À-Þ]{{2}}")
    found = []
    for word in _word().finditer(run):
        proof = _proof(word[0])
        if proof is not None and not (word.start() and apart.match(run, word.start() - 1)):
            found.append((*word.span(), proof))
    return found


def _proof(word: str) -> float | None:
    """What each of its letters proves: less where letters of the Latin alphabet follow one another
    as they do in none of its languages, and nothing at all (None) where they do so twice."""
    if word.isupper():
        word = word.lower()
    follows = _follows()
    odd = sum(
        "a" <= second <= "z" and first.isascii() and first.lower() + second not in follows
        for first, second in pairwise(word)
    )
    return None if odd > 1 else 0.0 if odd else _WORDS_WEIGH


@cache
def _follows() -> frozenset[str]:
    return frozenset(group[0] + letter for group in _FOLLOWS.split() for letter in group[1:])


def _common() -> str:
    """The characters of daily use in Chinese, Japanese and Korean, by the oldest standards."""
    found = {chr(c) for c in range(0x3041, 0x3100)}
    for codec, leads, trails in (
        ("gb2312", range(0xB0, 0xD8), range(0xA1, 0xFF)),  # level 1 of GB 2312
        ("big5", range(0xA4, 0xC7), (*range(0x40, 0x7F), *range(0xA1, 0xFF))),  # and of Big5
        ("euc_jp", range(0xB0, 0xD0), range(0xA1, 0xFF)),  # of JIS X 0208
        ("euc_kr", range(0xB0, 0xC9), range(0xA1, 0xFF)),  # the syllables of KS X 1001
    ):
        pairs = (bytes((lead, trail)).decode(codec, "ignore") for lead in leads for trail in trails)
        found.update(c for c in pairs if len(c) == 1 and c.isalpha())
    return "".join(sorted(found))


def unproven(text: str) -> list[Span]:
    """The places, in order, that are not shown to be words; small ones only if they are many.

    `text` has its escapes undone (`spelling.read`).
    """
    large, small = _places(text)
    # Of what is written without a blank less is taken on trust than of many short odd words.
    unbroken = [place for place in small if _UNBROKEN.search(text, *place)]
    broken = [place for place in small if place not in set(unbroken)]
    for places, most in ((unbroken, _SMALL), (broken, max(_SMALL, len(text) // 8))):
        if sum(end - start for start, end in places) > most:
            large += places
    return sorted(large + _even(text))


def _even(text: str) -> list[Span]:
    """Rows of Latin words whose letters are all used as often: no language does that.

    Measured by the chance that two letters are the same, times the letters in use: 1.0 for noise
    over any alphabet (at most 1.06 in 400 letters), at least 1.25 in 33 languages and in code.
    """
    even: list[Span] = []
    row: list[tuple[int, int]] = []
    length = 0
    for start, end, _ in _words(text):
        if end - start < 3 or not text[start].isascii():
            continue
        row.append((start, end))
        length += end - start
        if length >= _ROW:
            letters = "".join(text[first:last] for first, last in row).lower()
            used = Counter(letters).values()
            same = sum(times * (times - 1) for times in used) / (length * (length - 1))
            if len(used) > _FEW_LETTERS and same * len(used) < _EVEN:
                even.append((row[0][0], row[-1][1]))
            row, length = [], 0
    return even


def doubt(text: str) -> float:
    """How much of a text is no words: 0 for prose, 1 for noise. For comparing readings of it."""
    weights = _weights(text)
    wrong = float(weights.sum())
    right = sum(end - start for start, end, _ in _words(text))
    return wrong / (wrong + right) if wrong else 0.0


def is_noise(text: str) -> bool:
    """Whether more characters that no text has are in it than a slip of the pen explains."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kinds, counts = np.unique(points, return_counts=True)
    forbidden = sum(
        int(count)
        for point, count in zip(kinds.tolist(), counts.tolist(), strict=True)
        if _weight(chr(point)) >= _FORBIDDEN
    )
    return forbidden > 2 + len(text) // 500


def _weights(text: str) -> np.ndarray:
    """What each character weighs where it is in no word (float32)."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    weights = _ascii_weights()[np.minimum(points, 128)]
    beyond = points >= 128
    if beyond.any():
        kinds, which = np.unique(points[beyond], return_inverse=True)
        own = np.array([_weight(chr(point)) for point in kinds], dtype=np.float32)
        weights[beyond] = own[which]
    weights[1:][points[1:] == points[:-1]] = 0  # a line of dashes says nothing
    return weights


@cache
def _ascii_weights() -> np.ndarray:
    return np.array([*(_weight(chr(point)) for point in range(128)), 1.0], dtype=np.float32)


def _weight(character: str) -> float:
    if character.isspace():
        return 0.25 if character in "\t\v\f" or character > "\x7f" else 0.0
    if character == "\ufffd":
        return _FORBIDDEN
    kind = unicodedata.category(character)
    if kind in _OWN_WEIGHT:
        return _OWN_WEIGHT[kind]
    return _PUNCTUATION if kind[0] == "P" or (character.isascii() and kind[0] == "S") else 1.0


def _places(text: str) -> tuple[list[Span], list[Span]]:
    """The places above MOST, and those above FEW, outside which words outweigh all else."""
    total = np.zeros(len(text) + 1, dtype=np.float64)
    np.cumsum(_weights(text), out=total[1:])
    words = [*_words(text), (len(text), len(text), 0.0)]
    level = peak = 0.0
    start = peak_at = at = 0
    sums = total.tolist()
    large: list[Span] = []
    small: list[Span] = []
    for word, after, proof in words:
        level += sums[word] - sums[at]
        at = after
        if level > peak:
            peak, peak_at = level, word
        level -= (after - word) * proof
        if level <= 0.0 or peak - level >= _PAUSE:
            if peak >= FEW:
                (large if peak >= MOST else small).append((start, peak_at))
            level = peak = 0.0
            start = after
    if peak >= FEW:
        (large if peak >= MOST else small).append((start, peak_at))
    return large, small


def outside(spans: Sequence[Span], text: str) -> str:
    """`text` with `spans` blanked, character for character."""
    pieces: list[str] = []
    at = 0
    for start, end in spans:
        pieces += (text[at:start], " " * (end - start))
        at = end
    return "".join((*pieces, text[at:]))
