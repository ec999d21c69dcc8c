"""Slots weigh together; an ordinary context lowers what it stands beside and vetoes nothing."""

from __future__ import annotations

import pytest

from lindung.text import PolicyError, Reader, parse_policy

READER = Reader.load()
LINE = READER.policy.review_line


def score(post: str) -> float:
    return READER.read([post])[0].score


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "RM20 private group, umur 13 [redacted], pm",
            "Rp20.000 grup privat, kelas 7 [redacted], pm",
        ),
        ("付费频道，20元，13岁[redacted]，私信", "付費頻道，20元，13歲[redacted]，私訊"),
        (
            "private group RM20, ages 13-15 [redacted]",
            "private group RM20, a g e s 13-15 [redacted]",
        ),
        ("private group RM20, ages 13-15 [redacted]", "private group RM20, 4ges 13-15 [redacted]"),
        ("RM20 private group, 13yo [redacted]", "RM20 private group, 13yo [redacted]. Tuition"),
        ("RM20 group, 13yo [redacted] @example", "RM20 group, 13yo [redacted] @example_tuition"),
    ],
)
def test_the_same_offer_written_otherwise_scores_alike(one: str, other: str) -> None:
    assert score(one) == score(other) >= LINE


@pytest.mark.parametrize("word", ["tuition", "league", "clinic", "vaccination", "ticket", "police"])
def test_one_ordinary_word_takes_no_offer_off_the_line(word: str) -> None:
    assert score(f"{word} RM20 join private group, ages 13-15 [redacted], DM @example") >= LINE


@pytest.mark.parametrize(
    "post",
    [
        "Group VIP saham, RM99 untuk akses 1 tahun, pm saya",
        "Private channel, 2 yrs of notes, RM99",
        "VIP群，99元，收益高一倍",
        "Cat rescue: 1 yr old tabby, adoption fee RM50, shelter membership RM10, pics, dm me",
        "Storage server from year 2, RM300, private server at home, photos dm",
        "Buka 9 pm, RM20, umur 12 ke bawah percuma, gambar, memberikan hadiah",
        "U16 futsal jersey RM45, private group for team orders, dm",
        "வாழ்க 13 வயது @example_a",
    ],
)
def test_an_advert_that_shares_the_words_stays_below(post: str) -> None:
    assert score(post) < LINE


POLICY = """
policy: probe
version: 1
review_line: 1
sets: {{first: {{en: [apple]}}, second: {{en: [pear]}}, other: {{en: [plum]}}}}
rules:
  - id: probe
    title: probe
    version: 1
    weight: 2
    slots:
      one: {{adds: 1, signs: [{{terms: first}}]}}
      two: {{adds: 1, signs: [{{terms: second}}]}}
    {more}
    examples: {{hit: [apple pear], miss: [plum]}}
"""


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("from: 1", "single thing"),
        ("from: 2\n    needs: [three]", "no slot called three"),
        ("from: 2\n    contexts: [{terms: other, explains: [one], takes: 1}]", "never vetoes"),
        ("from: 2\n    all: [{terms: other}]", "all does not belong beside slots"),
    ],
)
def test_slots_that_cannot_be_meant_are_refused(more: str, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        parse_policy(POLICY.format(more=more))


def test_a_context_lowers_and_the_nearest_window_counts() -> None:
    more = """from: 1
    takes: 0.5
    within: 40
    contexts: [{terms: other, explains: [one], takes: 0.9}]"""
    reader = Reader(parse_policy(POLICY.format(more=more)))
    plain, beside, behind, far = reader.read(
        ["apple pear", "plum apple pear", "plum. apple pear", "apple " + "x " * 60 + "pear"]
    )
    assert plain.score == behind.score == 1.5
    assert 1 <= beside.score < plain.score
    assert far.score == 0
