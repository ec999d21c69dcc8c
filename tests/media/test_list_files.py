"""Hash-list files as they should not be: read as far as they are sound, or refused in words."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from lindung.media import ListFormatError, ListStore

MD5, MD5_B = "a" * 32, "b" * 32
SHA1 = "1" * 40


@pytest.fixture
def store(tmp_path: Path) -> ListStore:
    return ListStore.open(tmp_path / "store")


def write(tmp_path: Path, text: str | bytes, name: str = "list") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("column", ["id", "category", "tier", "first_seen", "last_seen", "action"])
@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "a\x1b[1mb", "a\x7fb", "a\x85b", "a\u2028b"])
def test_a_control_character_in_any_field_is_a_line_not_taken(
    tmp_path: Path, store: ListStore, column: str, text: str
) -> None:
    rows = [{"md5": MD5, column: text}, {"md5": MD5_B, column: "active"}]
    file = write(tmp_path, "".join(json.dumps(row) + "\n" for row in rows))
    result = store.import_file(file, "p")
    ((line, why),) = result.rejected
    assert (result.imported, line) == (1, 1)
    assert "control character" in why
    assert why.isprintable()


def test_half_a_character_is_a_line_not_taken(tmp_path: Path, store: ListStore) -> None:
    lines = f'{{"id": "\\ud800", "md5": "{MD5}"}}\n{{"id": "\\ud83d\\ude00", "md5": "{MD5_B}"}}\n'
    result = store.import_file(write(tmp_path, lines), "p")
    assert [line for line, _ in result.rejected] == [1]
    assert [hit.entry_id for hit in store.match_digests(md5=MD5_B)] == ["\U0001f600"]


def test_a_nul_in_a_table_is_a_line_not_taken(tmp_path: Path, store: ListStore) -> None:
    result = store.import_file(write(tmp_path, f"id,md5\n1\0x,{MD5}\n2,{MD5_B}\n"), "p")
    assert (result.imported, [line for line, _ in result.rejected]) == (1, [2])


def test_json_lines_may_have_a_column_called_value(tmp_path: Path, store: ListStore) -> None:
    one = f'{{"type": "md5", "value": "{MD5}"}}\n'
    assert store.import_file(write(tmp_path, one), "one").imported == 1
    two = one + f'{{"type": "sha1", "value": "{SHA1}"}}\n'
    assert store.import_file(write(tmp_path, two), "two").imported == 2
    assert len(store.match_digests(md5=MD5, sha1=SHA1)) == 3


@pytest.mark.parametrize("first", ["{", '{"id": 1, "md5":', "[1]", '{"md5": 1}}', '{"value": ['])
def test_a_malformed_first_json_line_costs_that_line(
    tmp_path: Path, store: ListStore, first: str
) -> None:
    text = f'\n{first}\n{{"md5": "{MD5}"}}\n{{"md5": "{MD5_B}"}}\n'
    result = store.import_file(write(tmp_path, text), "p")
    assert (result.imported, [line for line, _ in result.rejected]) == (2, [2])


@pytest.mark.parametrize(
    "text",
    [
        f'{{"value": [\n{{"md5": "{MD5}"}}\n]}}',
        f'{{\n"Media": [\n{{"md5": "{MD5}"}}]\n}}\n',
        f'[\n{{"md5": "{MD5}"}}\n]\n',
        f'{{"value": [{{"Media": [{{"md5": "{MD5}"}}]}}]}}\n\n',
        f'\ufeff{{"md5": "{MD5}"}}',
    ],
)
def test_a_json_document_is_one_however_it_is_broken_into_lines(
    tmp_path: Path, store: ListStore, text: str
) -> None:
    result = store.import_file(write(tmp_path, text), "p")
    assert (result.imported, result.rejected) == (1, [])


@pytest.mark.parametrize(
    "text",
    [
        '[{"MediaFiles": 5}]',
        '[{"MediaFiles": [5, {"md5": "zz"}]}]',
        '{"value": 5}',
        "[" * 900 + "]" * 900,
        '{"md5": ' + "[" * 900 + "]" * 900 + "}",
    ],
)
def test_json_of_odd_shapes_is_not_taken(tmp_path: Path, store: ListStore, text: str) -> None:
    result = store.import_file(write(tmp_path, text), "p")
    assert (result.imported, result.rejected_count) == (0, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"md5\r{MD5}\r{MD5_B}\r", "A line ends with a line feed"),
        ("x" * 200_000, "no column holds a digest"),
        ("x" * (2 << 20), "the first line is not text"),
        ('{"value": ' * 100_000, "begins like JSON"),
        (f"md5,MD5\n{MD5},{MD5_B}\n", "Several columns say what md5 is: md5, MD5"),
        (f"md5,hash_md5\n{MD5},{MD5_B}\n", "Several columns say what md5 is: md5, hash_md5"),
        (f"md5,status,action\n{MD5},active,remove\n", "what action is: action, status"),
        (f"md5,Category,category\n{MD5},a,b\n", "what category is: Category, category"),
    ],
)
def test_a_file_that_cannot_be_read_as_it_stands_is_refused_in_words(
    tmp_path: Path, store: ListStore, text: str, words: str
) -> None:
    with pytest.raises(ListFormatError, match=words):
        store.import_file(write(tmp_path, text), "p")
    assert store.lists() == []


def test_of_several_descriptions_the_first_known_name_wins(
    tmp_path: Path, store: ListStore
) -> None:
    store.import_file(write(tmp_path, f"uuid,tags,category,id,md5\nu,t,c,i,{MD5}\n"), "p")
    (hit,) = store.match_digests(md5=MD5)
    assert (hit.entry_id, hit.category) == ("i", "c")


def test_a_json_object_that_says_a_digest_twice_is_not_taken(
    tmp_path: Path, store: ListStore
) -> None:
    text = f'{{"md5": "{MD5}", "MD5": "{MD5_B}"}}\n{{"md5": "{MD5}"}}\n'
    result = store.import_file(write(tmp_path, text), "p")
    assert (result.imported, [line for line, _ in result.rejected]) == (1, [1])
    media = {"md5": MD5, "MediaFiles": [{"MD5": MD5_B}]}  # of a file, it is the file's
    store.import_file(write(tmp_path, json.dumps([media])), "vic")
    assert len(store.match_digests(md5=MD5_B)) == 1


@pytest.mark.parametrize("text", [f"md5\n{MD5}\n", f'{{"md5": "{MD5}"}}\n', f"{MD5}\n"])
def test_a_column_that_was_named_must_be_there(tmp_path: Path, store: ListStore, text: str) -> None:
    with pytest.raises(ListFormatError, match=r"no column called .*nope"):
        store.import_file(write(tmp_path, text), "p", {"md5": "md5", "sha1": "nope"})
    assert store.lists() == []


def test_only_regular_files_are_read(tmp_path: Path, store: ListStore) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for path, what in (
            (tmp_path / "pipe", "a named pipe"),
            (tmp_path / "socket", "a socket"),
            (tmp_path, "a folder"),
            (Path("/dev/zero"), "a device"),
        ):
            with pytest.raises(OSError, match=f"{what}, not a regular file"):
                store.import_file(path, "p")
    with pytest.raises(OSError, match="NUL"):
        store.import_file("a\0b", "p")
