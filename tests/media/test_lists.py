"""Hash lists: what is read, what is refused, what a hit says, and what a killed import leaves."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lindung.media import ListFormatError, ListStore, StoreError
from lindung.media.lists import merging

ROWS = 30_000
MD5, MD5_B = "a" * 32, "b" * 32
SHA1, SHA256, PDQ = "1" * 40, "2" * 64, "3" * 64


@pytest.fixture
def store(tmp_path: Path) -> ListStore:
    return ListStore.open(tmp_path / "store")


def write(tmp_path: Path, text: str | bytes, name: str = "list.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_hit_says_list_entry_category_and_tier(tmp_path: Path, store: ListStore) -> None:
    path = write(tmp_path, f"id,md5,sha1,category,tier\ne1,{MD5},{SHA1},A,1\ne2,{MD5_B},,B,2\n")
    result = store.import_file(path, list_name="partner")
    assert (result.imported, result.rejected) == (2, [])
    (hit,) = store.match_digests(md5=MD5.upper(), sha1=SHA1)
    assert (hit.list_name, hit.entry_id, hit.category, hit.tier) == ("partner", "e1", "A", "1")
    assert (hit.kind, hit.distance, hit.quality, hit.transform) == ("sha1", 0, None, "")
    assert store.match_digests(md5="c" * 32, sha256=SHA256) == []
    (status,) = store.lists()
    assert (status.name, status.entries, status.signals) == ("partner", 2, {"md5": 2, "sha1": 1})


def test_a_malformed_line_is_located_and_the_rest_imports(tmp_path: Path, store: ListStore) -> None:
    lines = [
        b"id,md5,category",
        b"good1," + MD5.encode() + b",A",
        b"short,abc,A",
        b'quote,"' + MD5_B.encode() + b",A",
        b"columns," + MD5.encode(),
        b"bytes,\xff\xfe,A",
        b"none,,A",
        b"",
        b"x" * (2 << 20),
        b"good2," + MD5_B.encode() + b",A",
    ]
    result = store.import_file(write(tmp_path, b"\n".join(lines)), list_name="partner")
    assert result.imported == 2
    assert [line for line, _ in result.rejected] == [3, 4, 5, 6, 7, 9]
    assert result.rejected_count == 6
    assert "is not a md5 (32 hex digits)" in result.rejected[0][1]
    assert [h.entry_id for h in store.match_digests(md5=MD5_B)] == ["good2"]


def test_lists_of_one_digest_a_line_and_bare_digests(tmp_path: Path, store: ListStore) -> None:
    rows = [(MD5, "MD5"), (SHA1, "SHA-1"), (SHA256, "SHA256"), (PDQ, "PDQ"), (PDQ, "")]
    long = "Hash;Hash Type;Category\n" + "".join(f"{value};{kind};A\n" for value, kind in rows)
    result = store.import_file(write(tmp_path, long), list_name="long", columns="iwf")
    assert result.imported == 4
    assert [line for line, _ in result.rejected] == [6]  # 64 digits: SHA-256 or PDQ?
    result = store.import_file(write(tmp_path, f"{MD5}\n{SHA1}\n"), list_name="bare")
    assert result.imported == 2
    assert {h.list_name for h in store.match_digests(md5=MD5)} == {"long", "bare"}


def test_json_lines_and_project_vic(tmp_path: Path, store: ListStore) -> None:
    text = f'{{"id": 7, "md5": "{MD5}"}}\n{{"id": 8\n[1]\n{{"id": 9, "sha1": "{SHA1}"}}\n'
    result = store.import_file(write(tmp_path, text), list_name="lines")
    assert (result.imported, [line for line, _ in result.rejected]) == (2, [2, 3])
    vic = {
        "odata.metadata": "x",
        "value": [
            {
                "CaseID": "c",
                "Media": [
                    {"MediaID": 1, "Category": 1, "MD5": MD5, "MediaFiles": [{"FileName": "x"}]},
                    {"MediaID": 2, "Category": 2, "MediaFiles": [{"MD5": MD5_B}, {"MD5": "zz"}]},
                ],
            },
        ],
    }
    result = store.import_file(write(tmp_path, json.dumps(vic)), list_name="vic", columns="vic")
    assert (result.imported, [line for line, _ in result.rejected]) == (2, [2])
    (hit,) = store.match_digests(md5=MD5_B)
    assert (hit.list_name, hit.entry_id, hit.category) == ("vic", "2", "2")


def test_the_caller_may_name_the_columns(tmp_path: Path, store: ListStore) -> None:
    path = write(tmp_path, f"Nummer,Prüfsumme\n5,{MD5}\n")
    with pytest.raises(ListFormatError, match=r"no column holds a digest.*Nummer, Prüfsumme"):
        store.import_file(path, list_name="partner")
    store.import_file(path, list_name="partner", columns={"md5": "Prüfsumme", "entry_id": "nummer"})
    assert store.match_digests(md5=MD5)[0].entry_id == "5"
    with pytest.raises(ListFormatError, match="names colour"):
        store.import_file(path, list_name="partner", columns={"colour": "x"})
    with pytest.raises(ListFormatError, match="no column map called 'none'"):
        store.import_file(path, list_name="partner", columns="none")


@pytest.mark.parametrize("text", ["", "[1, 2", '{"value": [', "\n\n"])
def test_a_file_that_is_no_list_is_refused_in_words(
    tmp_path: Path, store: ListStore, text: str
) -> None:
    with pytest.raises(ListFormatError):
        store.import_file(write(tmp_path, text), list_name="partner")
    assert store.lists() == []


def test_updates_withdrawals_and_snapshots_are_honoured(tmp_path: Path, store: ListStore) -> None:
    store.import_file(write(tmp_path, f"id,md5,tier\n1,{MD5},old\n2,{MD5_B},x\n"), list_name="p")
    delta = f"id,md5,tier,action\n1,{MD5},new,add\n2,,,remove\n"
    result = store.import_file(write(tmp_path, delta), list_name="p")
    assert (result.imported, result.withdrawn) == (1, 1)
    assert [h.tier for h in store.match_digests(md5=MD5)] == ["new"]
    assert store.match_digests(md5=MD5_B) == []
    store.import_file(write(tmp_path, f"id,md5\n1,{'c' * 32}\n"), list_name="p")
    assert store.match_digests(md5=MD5) == []  # the entry carries another digest now
    result = store.import_file(write(tmp_path, f"id,md5\n2,{MD5_B}\n"), list_name="p", replace=True)
    assert (result.imported, result.withdrawn) == (1, 1)
    assert [h.entry_id for h in store.match_digests(md5=MD5_B)] == ["2"]
    (status,) = store.lists()
    assert (status.entries, status.withdrawn) == (1, 1)
    store.remove("p")
    assert store.lists() == []
    assert store.match_digests(md5=MD5_B) == []
    with pytest.raises(KeyError):
        store.remove("p")


def test_a_disputed_entry_still_hits_and_says_so(tmp_path: Path, store: ListStore) -> None:
    store.import_file(write(tmp_path, f"id,md5\n1,{MD5}\n"), list_name="p")
    store.dispute("p", "1", "analyst-1", "an adult, per provider")
    assert [h.disputed for h in store.match_digests(md5=MD5)] == [True]
    with pytest.raises(KeyError):
        store.dispute("p", "none", "analyst-1", "x")


def test_lists_that_disagree_are_both_named(tmp_path: Path, store: ListStore) -> None:
    for name, tier in (("one", "1"), ("two", "4")):
        store.import_file(write(tmp_path, f"md5,tier\n{MD5},{tier}\n"), list_name=name)
    assert {(h.list_name, h.tier) for h in store.match_digests(md5=MD5)} == {
        ("one", "1"),
        ("two", "4"),
    }


def test_a_failing_import_changes_nothing(
    tmp_path: Path, store: ListStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.import_file(write(tmp_path, f"id,md5\n1,{MD5}\n"), list_name="p")

    def stop(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(merging, "_withdraw_missing", stop)
    with pytest.raises(KeyboardInterrupt):
        store.import_file(write(tmp_path, f"id,md5\n2,{MD5_B}\n"), list_name="p", replace=True)
    assert store.match_digests(md5=MD5_B) == []
    assert len(store.match_digests(md5=MD5)) == 1


IMPORTER = """
import sys
from lindung.media import ListStore
store = ListStore.open(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
store.import_file(sys.argv[2], list_name="p", replace=True)
print("done", flush=True)
"""


@pytest.mark.parametrize("delay", [0.0, 0.2, 0.4, 0.7, 1.2])
def test_a_killed_import_leaves_the_old_list_or_the_new(tmp_path: Path, delay: float) -> None:
    old = write(tmp_path, f"id,md5\nold,{MD5}\n", "old.csv")
    codes = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(ROWS)]
    many = "".join(f"{n},{n:032x},{code}\n" for n, code in enumerate(codes))
    new = write(tmp_path, "id,md5,pdq\n" + many, "new.csv")
    place = tmp_path / "store"
    with ListStore.open(place) as store:
        store.import_file(old, list_name="p")
    with subprocess.Popen(
        [sys.executable, "-c", IMPORTER, place, new],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as importer:
        assert importer.stdin and importer.stdout
        importer.stdout.readline()
        importer.stdin.write("go\n")
        importer.stdin.flush()
        try:
            importer.wait(delay)
        except subprocess.TimeoutExpired:
            importer.send_signal(signal.SIGKILL)
    with ListStore.open(place) as store:
        (status,) = store.lists()
        assert (status.entries, status.withdrawn) in {(1, 0), (ROWS, 1)}
        assert len(store.match_digests(md5=MD5)) == (1 if status.entries == 1 else 0)
        seven = np.frombuffer(bytes.fromhex(codes[7]), np.uint8)[np.newaxis]
        known = [hit.entry_id for hit in store.match_pdq(seven)]
        assert known == ([] if status.entries == 1 else ["7"])
        store.import_file(new, list_name="p", replace=True)
        assert store.lists()[0].entries == ROWS
        assert [hit.entry_id for hit in store.match_pdq(seven)] == ["7"]


def test_a_reader_sees_an_import_of_another_process(tmp_path: Path) -> None:
    place = tmp_path / "store"
    reader, writer = ListStore.open(place), ListStore.open(place)
    assert reader.match_digests(md5=MD5) == []
    writer.import_file(write(tmp_path, f"md5\n{MD5}\n"), list_name="p")
    assert len(reader.match_digests(md5=MD5)) == 1


def test_a_corrupt_store_is_refused_by_name(tmp_path: Path) -> None:
    place = tmp_path / "store"
    ListStore.open(place).close()
    (place / "lists.sqlite3").write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match=r"lists\.sqlite3: this store cannot be opened"):
        ListStore.open(place)


def test_a_wrong_question_is_refused(store: ListStore) -> None:
    with pytest.raises(ValueError, match="not a md5"):
        store.match_digests(md5="abcd")


def code(*flipped: int) -> np.ndarray:
    """A PDQ with those bits turned."""
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(PDQ), np.uint8))
    bits[list(flipped)] ^= 1
    return np.packbits(bits)[np.newaxis]


def test_pictures_match_within_31_bits_and_say_how(tmp_path: Path, store: ListStore) -> None:
    text = f"id,pdq,category\n1,{PDQ},A\n2,{code(*range(40)).tobytes().hex()},B\n"
    store.import_file(write(tmp_path, text), list_name="p")
    codes = np.concatenate([code(*range(100, 150)), code(3, 200)])
    (hit,) = store.match_pdq(codes, quality=88, transforms=["", "mirrored"])
    assert (hit.entry_id, hit.kind, hit.distance, hit.quality) == ("1", "pdq", 2, 88)
    assert hit.transform == "mirrored"
    assert store.match_pdq(code(*range(100, 132))) == []
    assert [h.entry_id for h in store.match_pdq(code(*range(20)))] == ["1", "2"]
    assert store.match_pdq(code(*range(20)), radius=19) == []


def test_a_new_entry_works_at_once_in_every_process(tmp_path: Path) -> None:
    place = tmp_path / "store"
    reader, writer = ListStore.open(place), ListStore.open(place)
    assert reader.match_pdq(code()) == []
    for number in range(3):
        path = write(tmp_path, f"id,pdq\n{number},{code(number).tobytes().hex()}\n")
        writer.import_file(path, list_name="p")
        assert len(reader.match_pdq(code())) == len(writer.match_pdq(code())) == number + 1
    writer.import_file(write(tmp_path, "id,md5,action\n1,,remove\n"), list_name="p")
    assert {h.entry_id for h in reader.match_pdq(code())} == {"0", "2"}
    writer.remove("p")
    assert reader.match_pdq(code()) == []
    writer.import_file(write(tmp_path, f"id,pdq\n9,{PDQ}\n"), list_name="q")
    assert [h.entry_id for h in reader.match_pdq(code())] == ["9"]
    assert [h.entry_id for h in ListStore.open(place).match_pdq(code())] == ["9"]


def test_a_lost_picture_index_is_made_anew_and_a_corrupt_one_named(tmp_path: Path) -> None:
    place = tmp_path / "store"
    with ListStore.open(place) as store:
        store.import_file(write(tmp_path, f"pdq\n{PDQ}\n"), list_name="p")
    (base,) = (place / "pictures").glob("delta*")
    base.write_bytes(base.read_bytes()[:-1])
    with ListStore.open(place) as store, pytest.raises(StoreError, match=rf"{base.name}.*delete"):
        store.match_pdq(code())
    shutil.rmtree(place / "pictures")
    with ListStore.open(place) as store:
        assert len(store.match_pdq(code())) == 1


def test_an_exported_list_imports_as_it_was(tmp_path: Path, store: ListStore) -> None:
    frames = f"0:{PDQ} 1.5:{code(1).tobytes().hex()}"
    text = (
        "id,category,tier,md5,sha1,sha256,pdq,quality,frames\n"
        f'1,"A, ""x""",1,{MD5},{SHA1},{SHA256},{PDQ},77,\n2,B,,{MD5_B},,,,,{frames}\n'
        "3,C,,,,,,,1:zz\n"
        f'1,"A, ""x""",1,{MD5_B},,,,,\n'
    )
    result = store.import_file(write(tmp_path, text), list_name="own")
    assert [line for line, _ in result.rejected] == [4]
    assert store.export("own", tmp_path / "out.csv") == 2
    other = ListStore.open(tmp_path / "other")
    other.import_file(tmp_path / "out.csv", list_name="own")
    other.export("own", tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text() == (tmp_path / "out.csv").read_text()
    assert [h.entry_id for h in other.match_digests(md5=MD5_B)] == ["1", "2"]
    assert 'A, ""x""' in (tmp_path / "out.csv").read_text()
    (hit,) = [h for h in other.match_pdq(code(1)) if h.entry_id == "2"]
    assert (hit.distance, hit.transform) == (0, "frame at 00:01 of the clip")
    with pytest.raises(KeyError):
        store.export("none", tmp_path / "x.csv")


def test_a_reader_in_another_thread_does_not_see_half_an_import(
    tmp_path: Path, store: ListStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    merge = merging._withdraw_missing

    def look(*arguments: Any) -> int:
        seen.append(store.match_digests(md5=MD5))
        return merge(*arguments)

    monkeypatch.setattr(merging, "_withdraw_missing", look)
    store.import_file(write(tmp_path, f"md5\n{MD5}\n"), list_name="p", replace=True)
    assert seen == [[]]
    assert len(store.match_digests(md5=MD5)) == 1
