"""The words of status: what is known is taken by its meaning, and nobody is flagged by the rest."""

from __future__ import annotations

import datetime as dt
import itertools
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lindung.media import ListFormatError, sync
from lindung.media.lists import words
from lindung.media.lists.words import State
from tests.media.formats.sheet import A, B, C, imported, live

CASES = Path(__file__).parents[4] / "shared/cases/media"
LIVE = ["active", "Active", "MALICIOUS", "add", "UPDATED", "valid", "aktif", "gültig", "有效", ""]
GONE = ["Removed", "REVOKED", "expired", "rejected", "disabled", "deprecated", "unlisted", "del"]
GONE += ["deleted", "should_delete", "Should Delete", "Withdrawn", "zurückgezogen", "SUPPRIMÉ"]
GONE += ["ditarik balik", "已删除", "in-active", "eliminado"]
HARMLESS = ["NON_MALICIOUS", "false positive", "false_positive", "FALSE-POSITIVE", "not blocked"]
HARMLESS += ["cleared", "Not Illegal", "Fehlalarm", "faux positif", "benign", "positif palsu"]
DISPUTED = ["disputed", "SUSPICIOUS", "Under Review", "contesté", "umstritten"]
UNKNOWN = ["D", "R", "-1", "+1", "1", "0", "zorblat", "active?no", "not active", "???", "unknown"]


@pytest.mark.parametrize(
    ("said", "state"),
    [(word, State.LIVE) for word in LIVE]
    + [(word, State.WITHDRAWN) for word in GONE]
    + [(word, State.HARMLESS) for word in HARMLESS]
    + [(word, State.DISPUTED) for word in DISPUTED],
)
def test_a_known_word_means_what_it_says(said: str, state: State) -> None:
    assert words.state({"action": said}) is state


@pytest.mark.parametrize("word", UNKNOWN)
def test_an_unknown_word_is_refused_with_its_place(tmp_path: Path, word: str) -> None:
    store, result = imported(tmp_path, f"id,md5,Status\n1,{A},active\n2,{B},{word}\n")
    ((line, why),) = result.rejected
    assert (line, list(live(store))) == (3, ["1"])
    assert why.startswith(f"column Status: {word!r} is no word of status that we know")


@given(st.text(min_size=1))
def test_any_other_word_flags_nobody(word: str) -> None:
    """Only what stands in words.yaml is ever live."""
    key = words.plain(word)
    try:
        state = words.state({"action": word})
    except words.UnknownWordError:
        return
    assert state is not State.LIVE or not word.strip() or key in words._known("any")


@pytest.mark.parametrize("section", ["any", "stopncii", "threatexchange"])
def test_no_word_means_two_things(section: str) -> None:
    text = files("lindung.media.lists").joinpath("words.yaml").read_text("utf-8")
    table: dict[str, Any] = yaml.safe_load(text)
    meant: dict[str, str] = {}
    for state, lines in table[section].items():
        for word in itertools.chain.from_iterable(lines):
            assert isinstance(word, str), word
            assert meant.setdefault(words.plain(word), state) == state, word


@pytest.mark.parametrize(
    ("column", "said", "kept"),
    [
        ("deleted", "true", False),
        ("should_delete", "True", False),
        ("Is Deleted", "0", True),
        ("deleted", "", True),
        ("false_positive", "yes", False),
        ("is_active", "false", False),
        ("active", "1", True),
        ("deleted_at", "2020-01-01", False),
        ("deleted_at", "", True),
        ("expired_on", "0", True),
        ("expires", "1500000000", False),
        ("expires", "9000000000", True),
        ("hashStatus", "Withdrawn", False),
    ],
)
def test_a_column_that_asks_is_answered(tmp_path: Path, column: str, said: str, kept: bool) -> None:
    store, result = imported(tmp_path, f"id,md5,{column}\n1,{A},{said}\n2,{B},\n")
    assert result.rejected == []
    assert list(live(store)) == (["1", "2"] if kept else ["2"])


@pytest.mark.parametrize("column", ["deleted", "active", "expires", "false_positive"])
def test_an_answer_that_is_none_is_refused(tmp_path: Path, column: str) -> None:
    store, result = imported(tmp_path, f"id,md5,{column}\n1,{A},perhaps\n2,{B},\n")
    assert ([line for line, _ in result.rejected], list(live(store))) == ([2], ["2"])


def test_the_weightiest_word_counts(tmp_path: Path) -> None:
    text = f"id,md5,status,deleted\n1,{A},MALICIOUS,true\n2,{B},NON_MALICIOUS,\n3,{C},disputed,no\n"
    store, _ = imported(tmp_path, text)
    assert live(store) == {"3": ["disputed", "md5"]}


def test_a_map_of_ones_own_does_not_hide_the_status(tmp_path: Path) -> None:
    store, _ = imported(tmp_path, f"id,md5\n9,{C}\n")
    path = tmp_path / "list"
    path.write_text(f"Nummer,Summe,Status\n1,{A},gelöscht\n2,{B},aktiv\n")
    store.import_file(path, "q", {"md5": "Summe", "entry_id": "Nummer"})
    assert sorted(live(store)) == ["2", "9"]


def test_a_snapshot_with_an_unknown_word_changes_nothing(tmp_path: Path) -> None:
    store, _ = imported(tmp_path, f"id,md5\n1,{A}\n")
    path = tmp_path / "q"
    path.write_text(f"id,md5,status\n1,{A},active\n")
    store.import_file(path, "q", remember=True)
    path.write_text(f"id,md5,status\n1,{A},quimfle\n2,{B},active\n")
    with pytest.raises(ListFormatError, match=r"line 2: column status: 'quimfle'"):
        sync(store, "q")
    assert store.lists()[1].entries == 1


def test_a_time_to_come_is_live_until_then() -> None:
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert words.state({"ended": "2026-01-02"}, now=now) is State.LIVE
    assert words.state({"ended": "2025-12-31T23:59:59Z"}, now=now) is State.WITHDRAWN


@pytest.mark.skipif(not CASES.exists(), reason="the shared cases are not here")
def test_the_lists_from_outside(tmp_path: Path) -> None:
    store, result = imported(tmp_path, CASES / "status-values.csv")
    assert (list(live(store)), [line for line, _ in result.rejected]) == (["0"], [16, 17, 18])
    (tmp_path / "te").mkdir()
    assert live(imported(tmp_path / "te", CASES / "te.csv")[0]) == {}
    (tmp_path / "pdq").mkdir()
    store, _ = imported(tmp_path / "pdq", CASES / "pdq-photo-hasher.csv")
    assert store.lists()[0].signals == {"pdq": 4}
