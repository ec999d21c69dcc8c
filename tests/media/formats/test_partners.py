"""The shapes of known partners: ThreatExchange, StopNCII, NCMEC, Project VIC."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lindung.media import ListFormatError
from tests.media.formats.sheet import PDQ, A, example, imported, live


def edited(name: str, **changes: Any) -> dict[str, Any]:
    """An example's first record, changed."""
    document = json.loads(example(name).read_text())
    records = next(each for each in document.values() if isinstance(each, list))
    return {**records[0], **changes}


def test_objects(tmp_path: Path) -> None:
    assert live(imported(tmp_path, example("objects"))[0]) == {"1": ["md5"]}


def test_threatexchange(tmp_path: Path) -> None:
    store, result = imported(tmp_path, example("graph"))
    assert live(store) == {f"pdq:{PDQ}": ["pdq"], f"md5:{'b' * 32}": ["disputed", "md5"]}
    assert [line for line, _ in result.rejected] == [5]  # an address
    assert store.match_digests(md5="b" * 32)[0].disputed
    (hit,) = store.match_pdq(_code(PDQ))
    assert (hit.category, hit.disputed) == ("example_tag", False)


def _code(text: str) -> Any:
    import numpy as np

    return np.frombuffer(bytes.fromhex(text), np.uint8)[np.newaxis]


def descriptor(status: Any, **more: Any) -> dict[str, Any]:
    return {"id": "1", "owner": {"id": "7"}, "status": status, **more}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([descriptor("UNKNOWN")], None),
        ([descriptor("quimfle")], None),
        ([descriptor(None)], None),
        ([descriptor("NON_MALICIOUS")], []),
        ([descriptor("SUSPICIOUS")], ["disputed", "pdq"]),
        ([descriptor("MALICIOUS", expired_on="1500000000")], []),
        ([descriptor("MALICIOUS", expired_on=0)], ["pdq"]),
        (
            [descriptor("MALICIOUS", reactions=[{"key": "DISAGREE_WITH_TAGS", "value": "8,9"}])],
            ["disputed", "pdq"],
        ),
        ([5], None),
    ],
)
def test_what_nobody_calls_malicious_flags_nobody(
    tmp_path: Path, said: list[Any], expected: list[str] | None
) -> None:
    record = edited("graph", descriptors={"data": said})
    store, result = imported(tmp_path, json.dumps({"data": [record]}))
    assert result.rejected_count == (expected is None)
    assert list(live(store).values()) == ([expected] if expected else [])


def test_a_descriptor_by_itself(tmp_path: Path) -> None:
    one = {"raw_indicator": A, "type": "HASH_MD5", **descriptor("MALICIOUS"), "tags": None}
    two = {"indicator": {"id": "2", "indicator": "b" * 32, "type": "HASH_MD5"}}
    store, _ = imported(tmp_path, json.dumps({"data": [one, two | descriptor("MALICIOUS")]}))
    assert list(live(store)) == [f"md5:{A}", f"md5:{'b' * 32}"]


def test_stopncii(tmp_path: Path) -> None:
    store, result = imported(tmp_path, example("stopncii"))
    assert result.rejected == []
    found = live(store)
    assert found[f"pdq:{PDQ}"] == ["pdq"]
    assert sorted(map(len, found.values())) == [1, 2]  # the second is disputed


@pytest.mark.parametrize("status", ["Unknown", "", None, "Pending"])
def test_a_case_of_no_known_state_flags_nobody(tmp_path: Path, status: str | None) -> None:
    record = edited("stopncii", hashStatus=status)
    store, result = imported(tmp_path, json.dumps({"hashRecords": [record]}))
    assert (live(store), result.rejected_count) == ({}, 1)
    assert "column hashStatus" in result.rejected[0][1]


def test_stopncii_takes_back_what_it_gave(tmp_path: Path) -> None:
    store, _ = imported(tmp_path, json.dumps({"hashRecords": [edited("stopncii")]}))
    assert len(live(store)) == 1
    path = tmp_path / "delta"
    path.write_text(json.dumps({"hashRecords": [edited("stopncii", hashStatus="Deleted")]}))
    assert store.import_file(path, "p").withdrawn == 1
    assert live(store) == {}


def test_ncmec(tmp_path: Path) -> None:
    store, result = imported(tmp_path, example("ncmec"))
    assert live(store) == {"42-image1": ["md5", "pdq"], "43-image3": ["disputed", "md5"]}
    assert result.rejected == []
    text = example("ncmec").read_text().replace("image1", "image9").replace("image2", "image1")
    path = tmp_path / "delta.xml"
    path.write_text(text.replace("image9", "image8"))
    assert store.import_file(path, "p").withdrawn == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('<!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>', "document type"),
        ("<images><image>", "is not"),
        ("<html></html>", "no entry"),
    ],
)
def test_xml_that_is_no_list_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ListFormatError, match=words):
        imported(tmp_path, text)


def test_project_vic_flags_nobody_for_what_is_not_pertinent(tmp_path: Path) -> None:
    store, result = imported(tmp_path, example("vic"))
    assert list(live(store)) == ["1", "3"]
    assert "not of illegal material" in result.rejected[0][1]
