"""Source-artefact probes: text that cannot carry the meaning, for the same learner.

Where such text ranks nearly as well as the whole, a model has learned where posts came from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from lindung.text.language import FUNCTION_WORDS
from lindung.text.learning.figures import Indices, Interval, Scores, ranking, with_interval

NEARLY = 0.9  # a probe with this share of the model's ranking power equals it
_WORDS = frozenset(word for words in FUNCTION_WORDS.values() for word in words.split())


@dataclass(frozen=True, slots=True)
class Probe:
    """How a probe ranks the posts of a language (or `all`) where the model ranks `model`.

    `margin` is what the model has over the probe: (model - 0.5) * NEARLY - (probe - 0.5), with
    the interval of resamples that draw both together. Where it reaches 0 the probe is as good.
    """

    name: str
    language: str
    ranking: float
    model: float
    margin: Interval

    @property
    def equals(self) -> bool:
        return self.margin[1] <= 0


def function_words_only(text: str) -> str:
    """The probe view that keeps only words that say nothing of the topic."""
    return " ".join(word for word in re.findall(r"\w+", text.casefold()) if word in _WORDS)


def punctuation_only(text: str) -> str:
    """The probe view that keeps shape: letters become a, digits 0, runs shortened.

    Vowel signs go with their letters and emoji go altogether, as both say something.
    """
    bare = "".join(
        c
        for c in text
        if unicodedata.category(c) not in ("Mn", "Mc", "Me", "So", "Cf", "Cn", "Co", "Cs")
        and not 0x1F3FB <= ord(c) <= 0x1F3FF
    )
    shape = re.sub(r"[^\W\d_]+", "a", bare)
    return re.sub(r"\d+", "0", shape)


FUNCTION_WORDS_ONLY = "function words only"
PROBES: dict[str, Callable[[str], str]] = {
    FUNCTION_WORDS_ONLY: function_words_only,
    "punctuation shape only": punctuation_only,
}


def compare(
    name: str, language: str, probe: Scores, model: Scores, truth: Indices, units: Indices
) -> Probe:
    """A probe beside the model, on the same posts."""

    def margin(part: Indices, _: Indices) -> dict[str, float | str]:
        of_model = ranking(model[part], truth[part])
        of_probe = ranking(probe[part], truth[part])
        return {"margin": (of_model - 0.5) * NEARLY - (of_probe - 0.5)}

    measured, _ = with_interval(margin, truth, units)
    return Probe(name, language, ranking(probe, truth), ranking(model, truth), measured["margin"])
