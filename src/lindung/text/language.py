"""Which of our languages a text is in, by token, so that code-mixed text keeps all of them."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from lindung.text.loops import HAN, LATIN, OTHER, TAMIL
from lindung.text.scan import Vocabulary

# Words that hold sentences together; none says what a text is about.
FUNCTION_WORDS = {
    "en": """
        a an and are as at be been but by can could did do does for from had has have he
        her him his how i if in into is it its just me my no not of on or our out she
        should so than that the their them then there these they this to up us was we were
        what when where which who why will with would you your am about all after any
        because before more now only some too very here want
    """,
    "ms": """
        ada adalah aku anda apa atas atau awak bagi bahawa banyak belum berapa boleh bukan
        dah dalam dan dapat dari daripada dengan dia di hanya ialah ini itu jadi jangan
        juga kalau kami kamu ke kena kepada kerana kita la lagi lah mahu mana masih mereka
        nak nya oleh orang pada perlu pun saja sahaja saya sebab sebagai sedang semua sini
        siapa sudah tak tapi telah tetapi tiada tidak untuk yang ya yg utk dgn gak nggak
        aja bisa sudah buat sila hari saat sama lebih akan
    """,
}  # fmt: skip
_LEAST_LETTERS = 12
_NAMES = {"en": "English", "ms": "Malay or Indonesian", "zh": "Chinese", "ta": "Tamil"}


def languages(
    scripts: NDArray[np.int32], function_words: NDArray[np.int32]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """For each post a bit mask (en 1, ms 2, zh 4, ta 8) and whether there is no basis to read it.

    `scripts` counts letters per script, `function_words` columns en and ms. A post whose letters
    are mostly of another script, or a Latin one of some length without one function word we know,
    has no basis. A short one without words has nothing to be wrong about.
    """
    total = scripts.sum(axis=1)
    latin = scripts[:, LATIN]
    mask = np.zeros(len(scripts), np.uint8)
    mask |= np.where(function_words[:, 0] > 0, 1, 0).astype(np.uint8)
    mask |= np.where(function_words[:, 1] > 0, 2, 0).astype(np.uint8)
    mask |= np.where(scripts[:, HAN] > 0, 4, 0).astype(np.uint8)
    mask |= np.where(scripts[:, TAMIL] > 0, 8, 0).astype(np.uint8)
    foreign = (scripts[:, OTHER] * 2 > total) & (total >= _LEAST_LETTERS)
    unheard = (latin * 2 > total) & (latin >= 4 * _LEAST_LETTERS) & ((mask & 3) == 0)
    return mask, foreign | unheard


@functools.cache
def _vocabulary() -> Vocabulary:
    return Vocabulary([word for words in FUNCTION_WORDS.values() for word in words.split()])


def function_words(folded: NDArray[np.uint32], starts: NDArray[np.int64]) -> NDArray[np.int32]:
    """How many function words each folded post has: columns en and ms."""
    hits = _vocabulary().scan(folded, starts)
    english = hits.term < len(FUNCTION_WORDS["en"].split())
    posts = len(starts) - 1
    columns = [np.bincount(hits.post[part], minlength=posts) for part in (english, ~english)]
    return np.stack(columns, axis=1).astype(np.int32)


def language_name(mask: int) -> str:
    """`en`, `ms+zh`, … or `und` where nothing tells."""
    return "+".join(code for bit, code in enumerate(_NAMES) if mask >> bit & 1) or "und"
