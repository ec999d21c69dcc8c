"""What a report may claim: figures only where they were measured, blessings only on evidence."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from lindung.text.learning.figures import Work, figures
from lindung.text.learning.learn import Record, fit, hold_out
from lindung.text.learning.measure import Report, evaluate
from lindung.text.learning.probes import compare, punctuation_only

START = datetime(2026, 1, 1, tzinfo=UTC)
ENGLISH = ["this", "is", "for", "you", "and", "we", "will", "be", "there", "with", "all", "of"]
MALAY = ["ini", "yang", "untuk", "dan", "kami", "akan", "dengan", "semua", "boleh", "juga"]
SOLD = ["membership", "subscription", "exclusive", "folder", "redacted", "access"]
ORDINARY = ["badminton", "recipes", "minibus", "library", "bicycle", "concert"]


def cases(posts: int, write: Callable[[random.Random, int], str], seed: int = 0) -> list[Record]:
    """Posts of authors who wrote two each; `write` makes the text for a label."""
    rng = random.Random(seed)
    records = []
    for i in range(posts):
        label = int(rng.random() < 0.4)
        text = write(rng, label)
        records.append(Record(text, label, START + timedelta(hours=i), f"author{i // 2}"))
    return records


def english(rng: random.Random, label: int) -> str:
    words = rng.sample(SOLD if label else ORDINARY, 3) + rng.sample(ENGLISH, 5)
    return " ".join(words) + "."


def figures_of(scores: list[float], truth: list[int], days: list[int]) -> dict[str, float | str]:
    records = [
        Record("x", label, START + timedelta(days=day), f"author{i}")
        for i, (label, day) in enumerate(zip(truth, days, strict=True))
    ]
    draws = np.zeros(len(truth), np.int64)
    return figures(records, draws, np.array(scores), np.array(truth), 0.5, Work(budget=3))


def test_precision_of_a_day_is_measured_where_the_budget_chooses() -> None:
    """Once a day with fewer posts than the budget counted, and any scores got the base rate."""
    name = "precision at 3 a day"
    few = figures_of([0.9, 0.1, 0.2, 0.1], [1, 0, 1, 0], [0, 0, 1, 1])
    assert few[name] == "no day has more than 3 posts"
    mixed = figures_of([0.9, 0.8, 0.1, 0.2, 0.1, 0.3], [1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1])
    assert mixed[name] == pytest.approx(2 / 3)


def test_recall_at_a_rate_needs_ordinary_posts_for_one_false_positive() -> None:
    name = "recall at 1.0% false positives"
    few = figures_of([0.9] * 5 + [0.1] * 20, [1] * 5 + [0] * 20, [0] * 25)
    assert few[name] == "that takes 100 ordinary posts, and there are 20"
    assert few["precision at prevalence 0.10%"] == few[name]
    # the one ordinary post that may be flagged stands above the second, which may not
    enough = figures_of([0.9, 0.7] + [0.95, 0.8] + [0.1] * 98, [1] * 2 + [0] * 100, [0] * 102)
    assert enough[name] == 0.5
    assert enough["precision at prevalence 0.10%"] == pytest.approx(0.0005 / (0.0005 + 0.00999))


def test_the_order_of_a_file_does_not_decide_what_is_held_out() -> None:
    """Once every fourth author was: 400 authors with labels in turn were too few."""
    groups = np.arange(400)
    for labels in (groups % 2, (groups % 4 > 0).astype(int), (groups < 200).astype(int)):
        held = hold_out(labels, groups, 0)
        assert [held[labels == label].mean() for label in (0, 1)] == pytest.approx([0.25] * 2)
        assert (held == hold_out(labels, groups, 0)).all()
        assert (held != hold_out(labels, groups, 1)).any()
    texts = [english(random.Random(i), i % 2) for i in range(400)]
    assert fit(texts, groups % 2, groups).scales


def test_a_group_is_held_out_whole_and_each_part_has_both_kinds() -> None:
    groups = np.repeat(np.arange(10), 4)
    labels = np.tile([1, 1, 0, 1], 10)
    held = hold_out(labels, groups, 0)
    assert all(len(set(held[groups == group].tolist())) == 1 for group in range(10))
    assert set(labels[held].tolist()) == set(labels[~held].tolist()) == {0, 1}


def test_too_little_evidence_blesses_nothing() -> None:
    report = evaluate(cases(60, english))
    assert report.measured[0].figures["ranking"][0] > 0.9
    assert report.refused is not None
    assert "too little to judge by" in report.refused


def test_few_authors_of_many_posts_bless_nothing() -> None:
    records = [
        Record(r.text, r.label, r.time, f"author{r.label} {i // 140}")
        for i, r in enumerate(cases(700, english))
    ]
    report = evaluate(records)
    assert report.tested_on >= 60
    assert report.refused is not None
    assert "unconnected authors; at least 30 of 10 are needed" in report.refused


def test_a_narrow_lead_over_a_probe_in_a_small_sample_is_none() -> None:
    rng = np.random.default_rng(1)
    truth = np.tile([1, 0, 0], 6)
    model, probe = (truth + rng.normal(0, spread, 18) for spread in (0.3, 0.9))
    small = compare("a probe", "all", probe, model, truth, np.arange(18))
    assert small.margin[0] > 0
    assert small.equals
    probe, model, truth = (np.tile(scores, 40) for scores in (probe, model, truth))
    large = compare("a probe", "all", probe, model, truth, np.arange(len(truth)))
    assert large.margin[0] == pytest.approx(small.margin[0])
    assert not large.equals


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("see 😀👩‍👩‍👧🏽🇲🇾 now", "a  a"),
        ("☎️ ❤ ok", "  a"),
        ("கட்டணம் 20, குழுவில் சேர!", "a 0, a a!"),
        ("会费20令吉，进群！", "a0a，a！"),
        ("caf\u00e9 cafe\u0301s", "a a"),
        ("1️⃣ no", "0 a"),
    ],
)
def test_the_shape_of_a_text_has_no_word_in_any_script(text: str, shape: str) -> None:
    assert punctuation_only(text) == shape


def test_what_only_the_emoji_say_is_no_artefact() -> None:
    """Once emoji stayed in the shape, and were folded to their names for the probe to read."""

    def write(rng: random.Random, label: int) -> str:
        signs = "🍕🍩🍔🌮" if label else "🚲🚗🚌🚂"
        return " ".join([*rng.sample(ENGLISH, 5), *rng.sample(signs, 2)])

    report = evaluate(cases(600, write))
    assert report.measured[0].figures["ranking"][0] > 0.95
    assert report.refused is None


def test_a_language_without_function_words_is_said_to_have_no_such_probe() -> None:
    def write(rng: random.Random, label: int) -> str:
        sold, ordinary = ("会费", "私密群", "合集"), ("羽毛球", "食谱", "音乐会")
        if rng.random() < 0.5:
            return english(rng, label)
        return "，".join(rng.sample(sold if label else ordinary, 2))

    report = evaluate(cases(800, write))
    assert "function words only: no probe for zh" in report.unprobed
    run = {(probe.name, probe.language) for probe in report.probes}
    assert ("punctuation shape only", "zh") in run
    assert ("function words only", "zh") not in run
    assert ("function words only", "en") in run
    assert report.refused is None


def leaking(rng: random.Random, label: int) -> str:
    if rng.random() < 0.65:
        return english(rng, label)
    words = rng.sample(ORDINARY, 3) + rng.sample(MALAY, 5)
    return " ".join(words) + (" !!;" if label else ".")


def test_a_leak_in_one_language_is_not_hidden_by_the_others() -> None:
    report = evaluate(cases(1200, leaking))
    whole = [probe for probe in report.probes if probe.language == "all"]
    assert not any(probe.equals for probe in whole)
    assert report.refused is not None
    assert "'punctuation shape only' (ms)" in report.refused


def test_what_was_left_out_is_counted() -> None:
    records = cases(600, english)
    loyal = [
        Record(english(random.Random(i), i % 2), i % 2, START + timedelta(hours=12 * i), "loyal")
        for i in range(50)
    ]
    report = evaluate(records + loyal)
    assert report.learned_from + report.tested_on + report.left_out == 650
    assert report.left_out == sum(
        r.time > sorted(r.time for r in records + loyal)[454] for r in loyal
    )


def test_authors_who_all_write_for_long_leave_nothing_to_test_on() -> None:
    records = [
        Record(r.text, r.label, r.time, f"author{i % 40}")
        for i, r in enumerate(cases(1000, english))
    ]
    with pytest.raises(ValueError, match=r"700 posts .* 0 later ones .* 300 later ones are left"):
        evaluate(records)


def test_the_same_cases_give_the_same_report() -> None:
    records = cases(400, english)
    reports: list[Report] = [evaluate(records) for _ in range(2)]
    assert reports[0] == reports[1]


@pytest.mark.parametrize("work", [Work(prevalence=float("nan")), Work(budget=0), Work(50, 1.0)])
def test_work_that_cannot_be_is_refused(work: Work) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        evaluate(cases(60, english), work)
