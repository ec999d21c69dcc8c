"""`lists` and `match` where there is no store, or a damaged one, or what cannot be taken."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from lindung.media import ListStore
from tests.media.test_media_commands import in_words, lindung

MD5 = "a" * 32


@pytest.fixture
def place(tmp_path: Path) -> Path:
    with ListStore.open(tmp_path / "lists") as store:
        (tmp_path / "l.csv").write_text(f"md5\n{MD5}\n")
        store.import_file(tmp_path / "l.csv", "p")
    return tmp_path / "lists"


def test_only_adding_makes_a_store(tmp_path: Path) -> None:
    none = tmp_path / "none"
    file = tmp_path / "file"
    file.write_text("x")
    for words in (
        ("match", file),
        ("lists", "status"),
        ("lists", "sync"),
        ("lists", "remove", "p"),
        ("lists", "export", "p", "--out", tmp_path / "out"),
        ("lists", "dispute", "p", "1", "--by", "a", "--why", "b"),
    ):
        assert "holds no hash lists" in in_words(lindung(*words, "--lists", none), 1)
        assert "holds no hash lists" in in_words(lindung(*words, "--lists", tmp_path), 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_matching_with_nothing_is_no_success(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "l.csv"
    assert lindung("match", file, "--lists", place).exit_code == 0
    file.write_text(f"md5,action\n{MD5},remove\n")
    with ListStore.open(place) as store:
        assert store.import_file(file, "p").withdrawn == 1
    run = lindung("match", file, "--lists", place)
    assert "nothing can match" in in_words(run, 1)
    assert run.stdout == ""


def test_what_lists_add_cannot_take_is_said(place: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for file, words in (
        (tmp_path / "pipe", "pipe: it is a named pipe, not a regular file"),
        (tmp_path, "it is a folder, not a regular file"),
        (Path("/dev/zero"), "it is a device, not a regular file"),
    ):
        run = lindung("lists", "add", "new", "--lists", place, "--file", file)
        assert words in in_words(run, 1)
    add = ("lists", "add", "new", "--lists", place)
    exchange = (*add, "--exchange", "ncmec", "--credentials", tmp_path / "pipe")
    for settings in ("[1]", "5", "{", "[" * 100_000):
        assert "--settings" in in_words(lindung(*exchange, "--settings", settings), 2)
    table = (*add, "--file", tmp_path / "l.csv")
    for columns in (("md5",), ("md5=",), ("md5=a", "--column", "md5=b")):
        assert "column" in in_words(lindung(*table, "--column", *columns), 2)
    assert "no column called nope" in in_words(lindung(*table, "--column", "sha1=nope"), 1)


def test_the_name_of_the_hotlines_own_list_is_refused(place: Path, tmp_path: Path) -> None:
    file = ("--file", tmp_path / "l.csv")
    exchange = ("--exchange", "ncmec", "--credentials", tmp_path / "l.csv")
    for source in (file, exchange):
        run = lindung("lists", "add", "own", "--lists", place, *source)
        assert "Give this list another name" in in_words(run, 1)
    with ListStore.open(place) as store:
        assert [one.name for one in store.lists()] == ["p"]


def test_a_failed_sync_names_its_list_and_status_shows_it(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.csv"
    file.write_text(f"md5\n{'b' * 32}\n")
    assert lindung("lists", "add", "[/b]", "--lists", place, "--file", file).exit_code == 0
    again = lindung("lists", "add", "[/b]", "--lists", place, "--file", tmp_path / "l.csv")
    assert "one source" in in_words(again, 1)
    file.write_text("md5\n")
    assert "[/b]: It names no entry" in in_words(lindung("lists", "sync", "--lists", place), 1)
    assert "[/b]" in lindung("lists", "status", "--lists", place).stdout


def test_a_damaged_store_is_named_by_every_command(place: Path, tmp_path: Path) -> None:
    file = place / "lists.sqlite3"
    data = file.read_bytes()
    file.write_bytes(data[:4096] + b"\xaa" * (len(data) - 4096))
    for words in (
        ("match", file),
        ("lists", "status"),
        ("lists", "sync"),
        ("lists", "sync", "p"),
        ("lists", "remove", "p"),
        ("lists", "export", "p", "--out", tmp_path / "out"),
        ("lists", "add", "p", "--file", tmp_path / "l.csv"),
        ("lists", "dispute", "p", "1", "--by", "a", "--why", "b"),
    ):
        run = lindung(*words, "--lists", place)
        assert "lists.sqlite3: " in in_words(run, 1)
        assert "Restore it from a backup" in in_words(run, 1)


def test_a_disputed_entry_goes_on_matching_and_is_counted(place: Path, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"text")
    md5 = hashlib.md5(b"text", usedforsecurity=False).hexdigest()
    with ListStore.open(place) as store:
        (tmp_path / "l.csv").write_text(f"id,md5\nP-1,{md5}\n")
        store.import_file(tmp_path / "l.csv", "p")
    ask = ("lists", "dispute", "p", "P-1", "--lists", place, "--by", "Example")
    for why in ("a landscape", "a landscape, as the sender says"):
        assert lindung(*ask, "--why", why).exit_code == 0
    (hit,) = json.loads(lindung("match", tmp_path / "f", "--lists", place).stdout)["hits"]
    assert (hit["entry_id"], hit["disputed"]) == ("P-1", True)
    row = lindung("lists", "status", "--lists", place).stdout.split("\n")[3]
    assert [cell.strip() for cell in row.split("│")[1:5]] == ["p", "2", "0", "1"]


def test_what_cannot_be_disputed_is_said(place: Path) -> None:
    entry = f"md5:{MD5}"
    said = ("--lists", place, "--by", "Example", "--why", "wrong")
    for name, number, words in (
        ("q", entry, "There is no list called 'q'."),
        ("p", "P-9", "The list 'p' has no entry 'P-9'."),
        ("p", "\x1b[2J", r"The list 'p' has no entry '\x1b[2J'."),
        ("\udcff", entry, r"'\udcff' is no text."),
        ("p", "\udcff", r"'\udcff' is no text."),
    ):
        assert in_words(lindung("lists", "dispute", name, number, *said), 1) == words
    for option in ("--by", "--why"):
        for text in ("", " ", "a\x1b[2J", "two\nlines", "\udcff", "long" * 300):
            run = lindung("lists", "dispute", "p", entry, *said, option, text)
            assert "give 1 to 1000 characters and no control characters" in in_words(run, 1)
    with ListStore.open(place) as store:
        assert store.lists()[0].disputed == 0
