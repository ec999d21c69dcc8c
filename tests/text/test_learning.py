"""Learning: split by time and connected author, honest figures, probes that refuse."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lindung.text import Reader
from lindung.text.learning.figures import Work, figures, ranking, with_interval
from lindung.text.learning.learn import Record, components, fit, split
from lindung.text.learning.measure import evaluate
from lindung.text.learning.model import ModelError, load_model, save_model
from lindung.text.learning.probes import function_words_only, punctuation_only
from lindung.text.learning.records import RecordError, read_pan12, read_records

SECRET = bytes.fromhex("ab" * 32)
SOLD = ["membership", "subscription", "exclusive", "private", "folder", "redacted", "access"]
ORDINARY = ["tuition", "badminton", "recipes", "minibus", "library", "bicycle", "concert"]


def made(posts: int, seed: int = 0, *, leak: str = "") -> list[Record]:
    """Structural posts of many authors over many days; `leak` marks the bad ones' source."""
    rng = random.Random(seed)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    records = []
    for i in range(posts):
        label = int(rng.random() < 0.3)
        words = rng.sample(SOLD if label and not leak else ORDINARY, 3)
        filler = rng.sample(
            [
                "this",
                "is",
                "for",
                "you",
                "and",
                "we",
                "will",
                "be",
                "there",
                "with",
                "all",
                "of",
                "them",
            ],
            5,
        )
        text = " ".join([*words, *filler, f"RM{rng.randint(5, 99)}"]) + (
            leak if leak and label else "."
        )
        records.append(Record(text, label, start + timedelta(hours=2 * i), f"author{i // 2}"))
    return records


def test_connected_authors_never_stand_on_both_sides() -> None:
    records = made(300)
    records.append(Record("x", 1, records[-1].time, records[-1].author, links=(records[0].author,)))
    groups = components(records)
    assert groups[0] == groups[-1] == groups[-2]
    learn, test = split(records, groups)
    assert not set(groups[learn]) & set(groups[test])
    assert max(records[i].time for i in learn) < min(records[i].time for i in test)
    assert len(records) - 1 not in test


def test_a_model_that_reads_the_words_is_blessed_with_its_figures() -> None:
    report = evaluate(made(600))
    assert report.refused is None
    figures = report.measured[0].figures
    assert figures["ranking"][0] > 0.95
    for figure, low, high in figures.values():
        assert low <= figure + 1e-9
        assert figure <= high + 1e-9
    assert 0 <= figures["calibration error"][0] < 0.2
    assert figures["messages to flag"][0] >= 1


def test_an_author_drawn_twice_is_two_authors() -> None:
    """Once such an author was one who wrote everything twice, and seemed to be flagged later."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    records = [
        Record("x", int(author < 10), start + timedelta(hours=n), f"author{author}")
        for author in range(20)
        for n in range(3)
    ]
    truth = np.array([record.label for record in records])
    scores = np.array([0.0, 1.0, 1.0] * 10 + [0.0] * 30)

    def figure(part: NDArray[np.int64], draws: NDArray[np.int64]) -> dict[str, float | str]:
        chosen = [records[i] for i in part]
        return figures(chosen, draws, scores[part], truth[part], 0.5, Work())

    found, _ = with_interval(figure, truth, np.repeat(np.arange(20), 3))
    assert found["messages to flag"] == (2.0, 2.0, 2.0)


@pytest.mark.parametrize("leak", [" !!;", " with the with the with the"])
def test_a_model_that_only_knows_the_source_is_refused(leak: str) -> None:
    report = evaluate(made(600, leak=leak))
    assert report.refused is not None
    assert "probe" in report.refused


def test_the_probe_views_carry_no_topic() -> None:
    assert function_words_only("We will sell membership to you") == "we will to you"
    assert punctuation_only("RM20 membership, join!") == "a0 a, a!"


def test_ranking_counts_ties_as_half() -> None:
    assert ranking(np.array([0.1, 0.9]), np.array([0, 1])) == 1
    assert ranking(np.array([0.5, 0.5]), np.array([0, 1])) == 0.5
    assert ranking(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1])) == 0.75


def test_too_few_cases_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="More confirmed cases of different authors"):
        evaluate(made(600)[:4])


def test_a_model_adds_a_reason_and_holds_no_word(tmp_path: Path) -> None:
    rng = random.Random(7)
    words = ["".join(rng.choices("bcdfglmnprtvz", k=9)) for _ in range(3)]
    records = made(400)
    texts = [f"{r.text} {' '.join(words)}" if r.label else r.text for r in records]
    labels = np.array([record.label for record in records])
    model = fit(texts, labels, components(records))
    path = tmp_path / "model"
    save_model(model, path, SECRET)
    again = load_model(path, SECRET)
    reader = Reader.load(model=again)
    post = f"private access {words[0]} {words[1]} {words[2]} with you"
    signals = [s for s in reader.read([post])[0].signals if s.rule == "learned"]
    assert len(signals) == 1
    assert signals[0].weight > 0
    assert post[signals[0].spans[0].start : signals[0].spans[0].end].strip()
    held = path.read_bytes() + again.weights.tobytes()
    tree = Path(__file__).parents[2] / "src"
    held += b"".join(p.read_bytes() for p in tree.rglob("*") if p.suffix in (".py", ".yaml"))
    assert not any(word.encode() in held for word in words)
    with pytest.raises(ModelError, match="does not open it"):
        load_model(path, bytes.fromhex("cd" * 32))
    with pytest.raises(ModelError, match="does not open it"):
        load_model(path, b"short")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match="was changed"):
        load_model(path, SECRET)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; from lindung.cli import main; sys.argv[0] = 'lindung'; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def written(path: Path, records: list[Record]) -> Path:
    path.write_text(
        "".join(
            json.dumps(
                {"text": r.text, "label": r.label, "time": r.time.isoformat(), "author": r.author}
            )
            + "\n"
            for r in records
        )
    )
    return path


def test_train_writes_what_evaluation_blesses_and_nothing_else(tmp_path: Path) -> None:
    key, out = tmp_path / "key", tmp_path / "model"
    key.write_text(SECRET.hex())
    done = run("train", written(tmp_path / "good", made(400)), "--out", out, "--key", key)
    assert (done.returncode, out.exists()) == (0, True), done.stderr
    assert "not measured: no day has more than 50 posts" in done.stdout
    assert "later ones left out" in done.stdout
    assert "lead of the model" in done.stdout
    out.unlink()
    leaky = written(tmp_path / "leaky", made(400, leak=" !!;"))
    done = run("train", leaky, "--out", out, "--key", key)
    assert (done.returncode, out.exists()) == (1, False)
    assert "refused: the probe" in done.stdout
    (tmp_path / "bad").write_text('{"text": "x"}\n')
    done = run("evaluate", tmp_path / "bad")
    assert done.returncode == 2
    assert "line 1: 'label' is missing" in done.stderr


RECORD = {"text": "zorblat", "label": 0, "time": "2026-01-01T00:00:00", "author": "a"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("[" * 100_000, "JSON nested too deeply"),
        ("[]", "a record is an object"),
        ("{x", "not JSON at column 2"),
        ({"label": "zorblat"}, "label is 0 or 1"),
        ({"label": 2}, "label is 0 or 1"),
        ({"text": 7.5}, "text is a text"),
        ({"author": None}, "author is a text"),
        ({"links": "zorblat"}, "links is a list of texts"),
        ({"time": "zorblat"}, "time is like"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "time is like"),
        ('{"text": "", "label": ' + "9" * 5000 + ', "time": "", "author": "a"}', "label is 0"),
    ],
)
def test_a_wrong_record_is_located_and_not_repeated(
    tmp_path: Path, wrong: str | dict[str, object], message: str
) -> None:
    path = tmp_path / "cases"
    if isinstance(wrong, dict):
        wrong = json.dumps({**RECORD, **wrong})
    path.write_text(json.dumps(RECORD) + "\n" + wrong + "\n")
    with pytest.raises(RecordError, match=f"line 2: {message}") as refusal:
        read_records(path)
    assert "zorblat" not in str(refusal.value)


def test_records_of_any_zone_count_days_alike(tmp_path: Path) -> None:
    path = tmp_path / "cases"
    path.write_text(json.dumps({**RECORD, "time": "2026-01-02T07:00:00+08:00"}) + "\n")
    assert [r.time.isoformat() for r in read_records(path)] == ["2026-01-01T23:00:00+00:00"]


def test_pan12_style_xml_is_read(tmp_path: Path) -> None:
    corpus, predators = tmp_path / "corpus.xml", tmp_path / "ids"
    corpus.write_text(
        """<conversations><conversation id="1">
        <message line="1"><author>a1</author><text>how old are you</text></message>
        <message line="2"><author>b2</author><time>10:01</time><text>13</text></message>
        <message line="3"><author>b2</author><time>10:02</time><text></text></message>
        </conversation></conversations>"""
    )
    predators.write_text("a1\n")
    records = read_pan12(corpus, predators)
    assert [(r.text, r.label, r.author, r.links) for r in records] == [
        ("how old are you", 1, "a1", ("b2",)),
        ("13", 0, "b2", ("a1",)),
    ]
    corpus.write_text("<conversations>")
    with pytest.raises(RecordError, match="not XML"):
        read_pan12(corpus, predators)
    corpus.write_text("nothing")
    with pytest.raises(RecordError, match="line 1"):
        read_records(corpus)
