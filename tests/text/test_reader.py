"""Readings: additive, explained by spans on the original, quiet without a basis."""

from __future__ import annotations

import itertools
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lindung.text import Reader, Reading
from lindung.text.rules.look import Batch, Tables

POST = "RM20 membership, join private group, ages 13-15 [redacted], DM @example"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load()


def cuts(post: str, reading: Reading) -> set[str]:
    return {post[span.start : span.end] for signal in reading.signals for span in signal.spans}


def test_a_priced_access_post_is_explained(reader: Reader) -> None:
    (reading,) = reader.read([POST])
    assert reading.score >= reader.policy.review_line
    assert reading.score == sum(signal.weight for signal in reading.signals)
    assert "an offer about somebody under 18" in {signal.title for signal in reading.signals}
    assert {"RM20", "private group", "ages 13-15"} <= cuts(POST, reading)
    assert reading.language == "en"
    assert reading.abstained is None


@pytest.mark.parametrize(
    ("post", "seen"),
    [
        (
            "ＲＭ２０ membership, ｐｒｉｖａｔｅ group, ages 13-15 [redacted]",
            "ｐｒｉｖａｔｅ group",
        ),
        ("RM20 membership, pr1v4te gr0up, ages 13-15 [redacted]", "pr1v4te gr0up"),
        (
            "RM20 membership, p r i v a t e g r o u p, ages 13-15 [redacted]",
            "p r i v a t e g r o u p",
        ),
        ("RM20 membership, p.r.i.v.a.t.e group, ages 13-15 [redacted]", "p.r.i.v.a.t.e group"),
        ("RM20, pr1vate g r o u p, ages 13-15 [redacted]", "pr1vate g r o u p"),
        ("RM20, p r 1 v a t e g r o u p, ages 13-15 [redacted]", "p r 1 v a t e g r o u p"),
        ("RM20, priiivate grooup, ages 13-15 [redacted]", "priiivate grooup"),
        ("RM20, v.i.p group, ages 13-15 [redacted]", "v.i.p group"),
        ("RM20, private....group, ages 13-15 [redacted]", "private....group"),
        ("RM20, prɨvaŧe group, ages 13-15 [redacted]", "prɨvaŧe group"),
        ("RM20 membership, рrіvаtе grоuр, ages 13-15 [redacted]", "рrіvаtе grоuр"),
        (
            "RM20 membership, pri\u200bvate gro\u00adup, ages 13-15 [redacted]",
            "pri\u200bvate gro\u00adup",
        ),
        ("RM20 membership, prívàte grõup, ages 13-15 [redacted]", "prívàte grõup"),
        ("RM20 membership, privvvvate groooup, ages 13-15 [redacted]", "privvvvate groooup"),
        ("RM20, join private😀 group, ages 13-15 [redacted]", "private😀 group"),
        ("RM20, join private 🔥🔥 group, ages 13-15 [redacted]", "private 🔥🔥 group"),
        ("RM20, join pr1vate👍🏽group, ages 13-15 [redacted]", "pr1vate👍🏽group"),
        (
            "RM20, join p r i v a t e 😀 g r o u p, ages 13-15 [redacted]",
            "p r i v a t e 😀 g r o u p",
        ),
        ("RM20, join p r 1 v 4 t 3 g r 0 u p, ages 13-15 [redacted]", "p r 1 v 4 t 3 g r 0 u p"),
        ("RM20 membership, 🅿🆁🅸🆅🅰🆃🅴 group, ages 13-15 [redacted]", "🅿🆁🅸🆅🅰🆃🅴 group"),
    ],
)
def test_obfuscated_words_are_seen_where_they_stand(reader: Reader, post: str, seen: str) -> None:
    (reading,) = reader.read([post])
    assert seen in cuts(post, reading)


def test_an_emoji_or_one_ordinary_word_takes_no_offer_off_the_line(reader: Reader) -> None:
    offer = "RM20 join private group, ages 13-15 [redacted], videos inside, DM @example"
    for more in ("", " 🎻", " 🚨 fast 🚨", " club", " no police", " 老师", " hilang"):
        (reading,) = reader.read([offer + more])
        assert reading.score >= reader.policy.review_line, more


def test_posts_do_not_bleed_into_each_other(reader: Reader) -> None:
    """An emoji that is repeated is spelled out once, but not across posts."""
    posts = ["🥰🥰", "🥰 RM20", "🥰"]
    batch = Batch(posts, Tables(reader.policy, "MY").vocabulary, ())
    texts = [
        "".join(map(chr, batch.folded[a:b])) for a, b in itertools.pairwise(batch.folded_starts)
    ]
    assert texts[0] == texts[2]
    assert texts[1].startswith(texts[0])


def test_a_single_thing_never_scores(reader: Reader) -> None:
    alone = ["RM20", "private group", "ages 13-15", "join private group", "@example_a", "VIP"]
    assert {reading.score for reading in reader.read(alone)} == {0.0}


def test_posts_with_nothing_to_say_share_one_reading(reader: Reader) -> None:
    first, second = reader.read(["we are going to the park", "this is what you want"])
    assert first is second


def test_it_abstains_and_says_why(reader: Reader) -> None:
    readings = reader.read(["Сегодня мы идём гулять в парк", "วันนี้เราไปเดินเล่นที่สวน", "hello"])
    assert [bool(reading.abstained) for reading in readings] == [True, True, False]
    assert "another script" in (readings[0].abstained or "")


@pytest.mark.parametrize(
    ("post", "language"),
    [
        ("we are going to the park", "en"),
        ("saya nak pergi ke taman dengan dia", "ms"),
        ("我们去公园", "zh"),
        ("நாங்கள் பூங்காவிற்கு செல்கிறோம்", "ta"),
        ("saya nak pergi with you to the park", "en+ms"),
        ("today 我们 go to the park", "en+zh"),
        ("12345 !!!", "und"),
    ],
)
def test_languages_are_told_by_token(reader: Reader, post: str, language: str) -> None:
    assert reader.read([post])[0].language == language


def test_a_pickled_reader_reads_the_same(reader: Reader) -> None:
    again = pickle.loads(pickle.dumps(reader))  # noqa: S301
    assert again.read([POST, "hello"]) == reader.read([POST, "hello"])


def test_nothing_gives_nothing(reader: Reader) -> None:
    assert reader.read([]) == []
    assert reader.read([""])[0].score == 0


@given(st.lists(st.text(max_size=30) | st.just(POST), max_size=6))
def test_a_post_reads_the_same_in_any_company(reader: Reader, posts: list[str]) -> None:
    assert reader.read(posts) == [reader.read([post])[0] for post in posts]


@given(st.text(max_size=20).map(lambda around: around + " " + POST + " " + around))
def test_spans_stay_inside_the_post(reader: Reader, post: str) -> None:
    for signal in reader.read([post])[0].signals:
        assert all(0 <= span.start < span.end <= len(post) for span in signal.spans)
