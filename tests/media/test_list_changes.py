"""What changes a list: withdrawals by id and by digest, snapshots, sources."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lindung.media import OWN_LIST, ExchangeError, ListFormatError, ListStore, sync
from lindung.media.lists import reading
from lindung.media.lists.database import change
from lindung.media.lists.reading import Bad, Row

MD5, MD5_B, MD5_C = "a" * 32, "b" * 32, "c" * 32
SHA1 = "1" * 40


@pytest.fixture
def store(tmp_path: Path) -> ListStore:
    return ListStore.open(tmp_path / "store")


def write(tmp_path: Path, text: str, name: str = "list.csv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def entries(store: ListStore) -> int:
    return sum(status.entries for status in store.lists())


@pytest.mark.parametrize(
    "text",
    [
        "id,md5\n" + "garbage\n" * 1000,
        f"id,md5\n1,{MD5}\n2,{MD5_B}\n3,cut off he",
        "id,md5\n",
        "id,md5,action\n1,,remove\n2,,remove\n",
    ],
)
def test_a_damaged_or_empty_file_replaces_nothing(
    tmp_path: Path, store: ListStore, text: str
) -> None:
    file = write(tmp_path, f"id,md5\n1,{MD5}\n2,{MD5_B}\n3,{MD5_C}\n")
    store.import_file(file, "p", remember=True)
    file.write_text(text)
    with pytest.raises(ListFormatError, match="Nothing was changed"):
        sync(store, "p")
    (status,) = store.lists()
    assert (status.entries, status.withdrawn) == (3, 0)
    assert "Nothing was changed" in status.problem


def test_lines_of_a_kind_we_do_not_match_stop_no_snapshot(tmp_path: Path, store: ListStore) -> None:
    text = f"type,value\nmd5,{MD5}\nmd5,{MD5_B}\n"
    file = write(tmp_path, text)
    store.import_file(file, "p", remember=True)
    file.write_text(f"type,value\nmd5,{MD5}\nphotodna,00\n")
    result = sync(store, "p")
    assert (result.imported, result.withdrawn, result.rejected_count) == (1, 1, 1)


def test_a_list_has_one_source(tmp_path: Path, store: ListStore) -> None:
    a = write(tmp_path, f"id,md5\n1,{MD5}\n", "a.csv")
    b = write(tmp_path, f"id,md5\n2,{MD5_B}\n", "b.csv")
    exchange = {"kind": "exchange", "exchange": "ncmec", "settings": {}, "credentials": "x"}
    store.import_file(a, "p", remember=True)
    with pytest.raises(ValueError, match=r"are from .*a\.csv, and a list has one source"):
        store.import_file(b, "p", remember=True)
    with pytest.raises(ValueError, match="one source"):
        store.set_source("p", exchange)
    assert store.import_file(a, "p", remember=True).imported == 1  # the same again
    sync(store, "p")
    assert entries(store) == 1

    store.import_file(b, "q")  # from nowhere
    with pytest.raises(ValueError, match="no file or exchange"):
        store.import_file(a, "q", remember=True)

    store.set_source("e", exchange)  # nothing came of it yet, so it may be another
    store.set_source("e", exchange | {"credentials": "y"})
    store.import_file(a, "e", remember=True)
    assert store.source("e") == ({"kind": "file", "path": str(a), "columns": None}, {})


def test_the_hotlines_own_list_has_no_source(tmp_path: Path, store: ListStore) -> None:
    a = write(tmp_path, f"id,md5\n1,{MD5}\n", "a.csv")
    exchange = {"kind": "exchange", "exchange": "ncmec", "settings": {}, "credentials": "x"}
    with pytest.raises(ValueError, match="kept for the hotline's own list"):
        store.import_file(a, OWN_LIST, remember=True)
    with pytest.raises(ValueError, match="kept for the hotline's own list"):
        store.set_source(OWN_LIST, exchange)
    assert store.lists() == []

    store.import_file(a, OWN_LIST)  # what two people confirmed
    source = json.dumps({"kind": "file", "path": str(a)})  # as before the name was kept
    with change(store.directory) as db:
        db.execute("UPDATE list SET source = ?", (source,))
    a.write_text(f"id,md5\n2,{MD5_B}\n")
    with pytest.raises(ExchangeError, match="no sync does"):
        sync(store, OWN_LIST)
    assert [hit.entry_id for hit in store.match_digests(md5=MD5)] == ["1"]


def test_a_withdrawal_by_digest_is_of_what_carries_it(tmp_path: Path, store: ListStore) -> None:
    text = f"id,md5,sha1\n1,{MD5},{SHA1}\n2,{MD5_B},{SHA1}\n3,{MD5_C},\n"
    store.import_file(write(tmp_path, text), "p")
    store.import_file(write(tmp_path, text), "q")
    ask = f"md5,sha1,action\n,{SHA1},remove\n{MD5},,remove\n{'d' * 32},,remove\n"
    result = store.import_file(write(tmp_path, ask), "p")
    assert (result.imported, result.withdrawn) == (0, 2)
    assert {hit.list_name for hit in store.match_digests(sha1=SHA1)} == {"q"}
    assert len(store.match_digests(md5=MD5_C)) == 2
    assert store.lists()[0].withdrawn == 2


def test_only_what_was_live_counts_as_withdrawn(tmp_path: Path, store: ListStore) -> None:
    store.import_file(write(tmp_path, f"id,md5\n1,{MD5}\n"), "p")
    remove = write(tmp_path, "id,md5,action\n1,,remove\nunknown,,remove\n1,,remove\n")
    assert store.import_file(remove, "p").withdrawn == 1
    assert store.import_file(remove, "p").withdrawn == 0
    assert store.lists()[0].withdrawn == 1


def test_of_lines_that_disagree_the_last_one_counts(tmp_path: Path, store: ListStore) -> None:
    text = (
        "id,md5,action\n"
        f"1,{MD5},\n1,,remove\n"  # by id, afterwards
        f"2,,remove\n2,{MD5_B},\n"  # by id, before
        f",{MD5_C},remove\n3,{MD5_C},\n"  # by digest, before
        f"4,{'d' * 32},\n,{'d' * 32},remove\n"  # by digest, afterwards
    )
    result = store.import_file(write(tmp_path, text), "p")
    assert (result.imported, result.withdrawn) == (4, 2)
    live = [store.match_digests(md5=each) for each in (MD5, MD5_B, MD5_C, "d" * 32)]
    assert [len(hits) for hits in live] == [0, 1, 1, 0]


def test_a_row_needs_a_digest_and_a_withdrawal_an_id_or_one() -> None:
    assert isinstance(reading.row(1, {"entry_id": "1"}), Bad)
    assert isinstance(reading.row(1, {"action": "remove"}), Bad)
    by_digest = reading.row(1, {"action": "remove", "md5": MD5})
    assert isinstance(by_digest, Row)
    assert (by_digest.entry_id, by_digest.withdrawn) == ("", True)
