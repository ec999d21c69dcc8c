"""Languages are told by token and by evidence; what has no basis is not read, and says why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lindung.text import Reader, parse_policy
from lindung.text.language import ABSTENTIONS, ELSEWHERE_ONLY
from lindung.text.normal.fold import code_points
from lindung.text.rules.look import Batch, Tables
from lindung.text.rules.scanning import Vocabulary

_SAMPLES = yaml.safe_load(Path(__file__).with_name("languages.yaml").read_text("utf-8"))
READER = Reader.load()
OFFER = "RM20 membership, join private group, ages 13-15 [redacted], DM @example"
_FOREIGN = [sentence for sentences in _SAMPLES["not_read"].values() for sentence in sentences]


@pytest.mark.parametrize("language", _SAMPLES["read"])
def test_what_is_supported_is_told_and_read(language: str) -> None:
    for reading in READER.read(_SAMPLES["read"][language]):
        assert (reading.language, reading.abstained) == (language, None)


@pytest.mark.parametrize("language", _SAMPLES["not_read"])
def test_no_other_language_is_taken_for_one_of_ours(language: str) -> None:
    for sentence, reading in zip(
        _SAMPLES["not_read"][language], READER.read(_SAMPLES["not_read"][language]), strict=True
    ):
        assert reading.language == "und", sentence
        assert reading.abstained in ABSTENTIONS


def test_nearly_all_of_them_are_abstained_from() -> None:
    abstained = [reading.abstained for reading in READER.read(_FOREIGN)]
    assert sum(map(bool, abstained)) >= 0.9 * len(_FOREIGN)
    assert set(ABSTENTIONS) >= set(abstained) > {None}


@pytest.mark.parametrize(
    ("post", "why"),
    [
        ("Сегодня мы идём гулять в парк", "another script"),
        ("Mi hermano quiere vender su bicicleta antes de las vacaciones", "small words"),
        ("xelqua dorvimat zesk plonart vequim strobbel gandifex turmolin wasp", "hardly a word"),
    ],
)
def test_abstaining_says_why(post: str, why: str) -> None:
    assert why in (READER.read([post])[0].abstained or "")


@pytest.mark.parametrize(
    "post",
    [
        OFFER,
        "RM20 per orang, join group rahsia, umur 13-15 [redacted]",
        "no telefon example je, tu pun sama",
        "la, tu je dia nak",
        "a lot on tonight, es and pies for sale at the pub",
        "DM @example_bike",
        "we are going home with you".replace(" ", "  ").replace("", " "),
        "".join(c + "\u0301\u0302\u0335" for c in "we are going home with you"),
        "".join(c + "\u0301\u0302\u0335" for c in OFFER),
        " ".join(OFFER),
    ],
)
def test_a_short_or_disguised_post_is_not_abstained_from(post: str) -> None:
    assert READER.read([post])[0].abstained is None


_RULE = """
policy: one
version: 1
review_line: 1
sets:
  a: {{en: [private group]}}
rules:
  - id: r
    title: t
    version: 1
    weight: 2
    languages: [{language}]
    all: [{{terms: a}}, {{entity: price}}]
    examples: {{hit: [RM20 for the private group], miss: [RM20]}}
"""
_READERS = [Reader(READER.policy), *(Reader(parse_policy(_RULE.format(language="en"))),)]


@given(st.lists(st.sampled_from(_FOREIGN), max_size=3), st.sampled_from(_READERS))
def test_foreign_company_turns_no_signal_off(company: list[str], reader: Reader) -> None:
    alone = {signal.rule for signal in reader.read([OFFER])[0].signals}
    together = {signal.rule for signal in reader.read([" ".join([*company, OFFER])])[0].signals}
    assert alone
    assert alone <= together


def test_words_of_other_languages_hide_no_term_in_letters_pulled_apart() -> None:
    """Letters are cut into the longest known words: those that only tell a language are none."""
    folded = code_points(" ".join("vimprivategroup"))
    starts = np.array([0, len(folded)])
    found = Vocabulary(["private group", "vimpr"], {"vimpr"}).scan(
        folded, starts, np.arange(len(folded), dtype=np.int32)
    )
    assert found.term.tolist() == [0]
    tables = Tables(READER.policy, "MY")
    apart = " ".join("dengan" + "nhung" + "vooreen")
    hits = Batch([apart], tables.vocabulary, ()).hits
    assert not (tables.kinds[hits.term] == ELSEWHERE_ONLY).any()
