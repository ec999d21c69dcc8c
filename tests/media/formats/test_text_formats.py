"""Lists that are text: tables, bare digests, PDQ as its tools print it, kinds and values, vPDQ."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

import numpy as np
import pytest

from lindung.media import ListFormatError
from tests.media.formats.sheet import PDQ, A, B, example, imported, live

SHA256 = "2" * 64


def test_a_table(tmp_path: Path) -> None:
    store, result = imported(tmp_path, example("table"))
    assert live(store) == {"1": ["md5"], "3": ["disputed", "md5"]}
    assert result.rejected == []


@pytest.mark.parametrize(
    ("column", "kind"),
    [("video_sha256", "sha256"), ("Video MD5", "md5"), ("sha-256", "sha256"), ("ImagePDQ", "pdq")],
)
def test_a_column_names_its_kind_in_its_own_way(tmp_path: Path, column: str, kind: str) -> None:
    value = A if kind == "md5" else SHA256
    store, _ = imported(tmp_path, f"id,{column}\n1,{value}\n")
    assert store.lists()[0].signals == {kind: 1}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("HASH_PDQ", "pdq"),
        ("HASH_VIDEO_MD5", "md5"),
        ("VideoSHA256", "sha256"),
        ("video_sha256", "sha256"),
        ("ImagePDQ", "pdq"),
        ("SHA-1", "sha1"),
        ("PDQHash", "pdq"),
        ("HASH_PDQ_OCR", ""),
        ("video_pdq", ""),
        ("HASH_TMK", ""),
        ("PhotoDNA", ""),
    ],
)
def test_a_kind_is_known_by_its_names(tmp_path: Path, name: str, kind: str) -> None:
    value = {"md5": A, "sha1": "1" * 40}.get(kind, SHA256)
    text = f"id,type,indicator\n1,{name},{value}\n2,md5,{B}\n"
    store, result = imported(tmp_path, text)
    assert list(live(store)) == (["1", "2"] if kind else ["2"])
    assert result.rejected_count == (0 if kind else 1)


def test_bare_digests_of_64_digits_are_looked_up_as_both(tmp_path: Path) -> None:
    """A headerless list of PDQ was refused, since its length does not tell."""
    store, result = imported(tmp_path, example("bare"))
    assert store.lists()[0].signals == {"md5": 1, "sha1": 1, "sha256": 1, "pdq": 1}
    assert result.rejected == []
    code = np.frombuffer(bytes.fromhex(PDQ), np.uint8)[np.newaxis]
    assert len(store.match_pdq(code)) == 1
    assert len(store.match_digests(sha256=PDQ)) == 1
    store.export("p", tmp_path / "out.csv")
    store.import_file(tmp_path / "out.csv", "again")
    assert store.lists()[0].signals == store.lists()[1].signals


@pytest.mark.parametrize("joint", [",", ", ", "\t", " ", ";"])
def test_what_pdq_photo_hasher_prints(tmp_path: Path, joint: str) -> None:
    lines = example("pdq_text").read_text().splitlines()
    text = "\n".join(joint.join(line.split(",")) for line in lines) + "\n"
    store, result = imported(tmp_path, text + "zz,100,x.jpg\n" + f"{PDQ[:-1]}1,100,a,b.jpg\n")
    assert store.lists()[0].signals == {"pdq": 5}
    assert [line for line, _ in result.rejected] == [5]


def test_what_pdq_photo_hasher_prints_with_details(tmp_path: Path) -> None:
    line = f"hash={PDQ},norm=128,delta=0,quality=100,filename=bridge.jpg\n"
    store, _ = imported(tmp_path, line)
    assert store.lists()[0].signals == {"pdq": 1}


def test_a_typed_list_of_mixed_kinds(tmp_path: Path) -> None:
    """Its first line, of a kind that is not matched, made it a table without digests."""
    store, result = imported(tmp_path, example("typed"))
    assert store.lists()[0].signals == {"pdq": 1, "md5": 1, "sha256": 1}
    assert [line for line, _ in result.rejected] == [1]
    frames = json.dumps([f"{PDQ},100,0.000", f"{PDQ[:-1]}4,90,1.000"])
    store.import_file(_put(tmp_path, f"vpdq {frames}\nraw_text a b c\nmd5 {A}\n"), "q")
    assert store.lists()[1].signals == {"frame": 2, "md5": 1}


def _put(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "more"
    path.write_text(text)
    return path


def test_vpdq_is_one_clip_without_its_plain_frames(tmp_path: Path) -> None:
    store, result = imported(tmp_path, example("vpdq"))
    assert live(store) == {"example": ["frame", "frame", "frame"]}
    assert result.rejected == []


@pytest.mark.parametrize(
    "text",
    [
        f"0,{PDQ},100,0\n1,{PDQ[:-1]}4,98,1\n",  # as the package's README prints it
        json.dumps([f"{PDQ},100,0.000", f"{PDQ[:-1]}4,98,1.000"]),
        json.dumps([f"{PDQ},100,0.000", f"{PDQ[:-1]}4,98,1.000"], indent=1),
    ],
)
def test_vpdq_in_its_other_forms(tmp_path: Path, text: str) -> None:
    store, result = imported(tmp_path, text)
    assert (list(live(store).values()), result.rejected) == ([["frame", "frame"]], [])


def test_vpdq_that_is_damaged_is_located(tmp_path: Path) -> None:
    store, result = imported(tmp_path, f"0,100,{PDQ},0.000\n1,100,zz,1.000\n2,9,{PDQ},2.000\n")
    assert ([line for line, _ in result.rejected], live(store)) == ([2], {"list": ["frame"]})
    (tmp_path / "b").mkdir()
    store, result = imported(tmp_path / "b", f"0,10,{PDQ},0.000\n")
    assert "no frame of quality" in result.rejected[0][1]


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_its_mark_and_without(tmp_path: Path, encoding: str, marked: bool) -> None:
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}[encoding]
    text = f"id,md5,category\r\n1,{A},Prüfung\r\n2,{B},\ud800\r\n3,{'c' * 32},有效\r\n"
    raw = text.encode(encoding, "surrogatepass")
    store, result = imported(tmp_path, (mark if marked else b"") + raw)
    assert ([line for line, _ in result.rejected], list(live(store))) == ([3], ["1", "3"])
    assert store.match_digests(md5=A)[0].category == "Prüfung"
    (tmp_path / "odd").mkdir()
    _, result = imported(tmp_path / "odd", mark + raw + b"\n")
    assert [line for line, _ in result.rejected] == [3, 5]


def test_utf_16_json(tmp_path: Path) -> None:
    store, _ = imported(tmp_path, json.dumps([{"id": "1", "md5": A}]).encode("utf-16"))
    assert list(live(store)) == ["1"]


def test_text_that_is_no_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ListFormatError):
        imported(tmp_path, "a picture of a bridge\nand of a hill\n")
