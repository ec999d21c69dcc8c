"""Lists kept by Meta's threatexchange library: fetched, matched, exported, and fetched again."""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lindung.media import ExchangeError, ListStore, Sandbox, examine, sync
from lindung.media.lists.syncing import exchange_rows
from tests.media.pictures import SHARED, encoded, landscape

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pytest.importorskip("threatexchange.signal_type.pdq.signal")
    from threatexchange.exchanges.clients.ncmec import hash_api
    from threatexchange.exchanges.fetch_state import SignalOpinionCategory
    from threatexchange.exchanges.impl.fb_threatexchange_api import (
        FBThreatExchangeIndicatorRecord,
        FBThreatExchangeOpinion,
    )
    from threatexchange.exchanges.impl.file_api import (
        FileCollaborationConfig,
        LocalFileSignalExchangeAPI,
    )
    from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_file
    from threatexchange.signal_type.pdq.pdq_index import PDQIndex

MD5, SHA1, PDQ = "a" * 32, "1" * 40, "3" * 64


@pytest.fixture
def store(tmp_path: Path) -> ListStore:
    return ListStore.open(tmp_path / "store")


def pictures(tmp_path: Path) -> list[Path]:
    if SHARED.exists():
        return sorted(SHARED.glob("*/*.jpg"))
    paths = []
    for seed in range(4):
        for size in ((640, 480), (320, 240)):
            paths.append(tmp_path / f"{seed}-{size[0]}.jpg")
            paths[-1].write_bytes(encoded(landscape(640, 480, seed).resize(size), "JPEG"))
    return paths


def test_a_library_list_round_trips_and_its_matches_are_among_ours(
    tmp_path: Path, store: ListStore
) -> None:
    paths = pictures(tmp_path)
    hashes = {path: pdq_from_file(path)[0] for path in paths}
    kept = tmp_path / "kept.txt"
    kept.write_text("".join(f"pdq {hashes[path]}\n" for path in paths[::3]))
    store.import_file(kept, "peer")

    library = PDQIndex([(hashes[path], path.name) for path in paths[::3]])
    ours: dict[Path, set[str]] = {}
    with Sandbox() as sandbox:
        for path in paths:
            hits = examine(path, store, sandbox).hits
            ours[path] = {hit.entry_id.removeprefix("pdq:") for hit in hits}
    by_name = {path.name: hashes[path] for path in paths[::3]}
    found = 0
    for path in paths:
        theirs = {by_name[match.metadata] for match in library.query(hashes[path])}
        assert theirs <= ours[path], path.name
        found += len(theirs)
    assert found >= len(paths[::3])

    store.export("peer", tmp_path / "out.csv")
    again = ListStore.open(tmp_path / "again")
    again.import_file(tmp_path / "out.csv", "peer")
    config = FileCollaborationConfig(name="x", filename=str(kept))
    (delta,) = LocalFileSignalExchangeAPI(config).fetch_iter([], None)
    direct = ListStore.open(tmp_path / "direct")
    direct.import_rows(exchange_rows(delta.updates), "peer")
    for other in (again, direct):
        assert other.lists()[0].signals == store.lists()[0].signals


def test_ncmec_entries_keep_their_md5_and_sha1(store: ListStore) -> None:
    def entry(number: str, deleted: bool = False, **prints: str) -> Any:
        kind = hash_api.NCMECEntryType.image
        return hash_api.NCMECEntryUpdate(number, 7, kind, deleted, "A1", prints, {})

    updates = {"7-1": entry("1", md5=MD5, sha1=SHA1, pdna="x"), "7-2": entry("2", pdna="x")}
    result = store.import_rows(exchange_rows(updates), "ncmec")
    assert (result.imported, result.rejected_count) == (1, 1)
    (hit,) = store.match_digests(md5=MD5)
    assert (hit.entry_id, hit.category) == ("7-1", "A1")
    assert len(store.match_digests(sha1=SHA1)) == 1
    store.import_rows(exchange_rows({"7-1": entry("1", deleted=True)}), "ncmec")
    assert store.match_digests(md5=MD5) == []


def test_a_record_that_cannot_be_taken_stops_no_snapshot(store: ListStore) -> None:
    def entry(number: str, words: str, deleted: bool = False, **prints: str) -> Any:
        kind = hash_api.NCMECEntryType.image
        return hash_api.NCMECEntryUpdate(number, 7, kind, deleted, words, prints, {})

    old = {"7-0": entry("0", "A1", sha1=SHA1), "7-4": entry("4", "A1", sha1="4" * 40)}
    store.import_rows(exchange_rows(old), "ncmec")
    updates = {
        "7-1": entry("1", "A1", md5=MD5),
        "7-2": entry("2", "A\x001", md5=MD5),
        "7-3": entry("3", "A1", md5="zz", photodna="x"),
        "7-4": entry("4", "A1", deleted=True, md5="zz"),
    }
    result = store.import_rows(exchange_rows(updates), "ncmec", replace=True)
    assert (result.imported, result.withdrawn, result.rejected_count) == (1, 2, 2)
    assert [line for line, _ in result.rejected] == [2, 3]
    assert [hit.entry_id for hit in store.match_digests(md5=MD5)] == ["7-1"]


def test_a_negative_opinion_is_a_dispute_and_a_deletion_a_withdrawal(store: ListStore) -> None:
    opinions = [
        FBThreatExchangeOpinion(False, SignalOpinionCategory.POSITIVE_CLASS, {"tag"}, 1, 2),
        FBThreatExchangeOpinion(False, SignalOpinionCategory.NEGATIVE_CLASS, set(), 9, 3),
    ]
    key = ("HASH_MD5", MD5)
    store.import_rows(exchange_rows({key: FBThreatExchangeIndicatorRecord(opinions)}), "te")
    (hit,) = store.match_digests(md5=MD5)
    assert (hit.category, hit.disputed) == ("tag", True)
    rows = list(exchange_rows({key: None, ("URI", "x"): None, ("HASH_PDQ", "zz"): None}))
    result = store.import_rows(rows, "te")
    assert (result.withdrawn, result.rejected_count) == (1, 2)
    assert store.match_digests(md5=MD5) == []


@contextmanager
def far_side(answers: dict[int, Any]) -> Iterator[tuple[str, list[str]]]:
    """A server on loopback that speaks StopNCII's paged answers, by start time."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps(answers[len(asked) - 1]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def page(value: str, until: int, status: str = "Active") -> dict[str, Any]:
    record = {
        "lastModtimestamp": until,
        "hashValue": value,
        "hashStatus": status,
        "signalType": "ImagePDQ",
        "CSPFeedbacks": [{"feedbackValue": "NotBlocked", "tags": ["t"], "source": "other"}],
        "caseNumbers": {},
    }
    return {
        "count": 1,
        "nextPageToken": None,
        "nextSetTimestamp": until,
        "hasMoreRecords": False,
        "hashRecords": [record],
    }


def test_an_exchange_is_fetched_by_its_deltas(tmp_path: Path, store: ListStore) -> None:
    (tmp_path / "secret").write_text("function-key,subscription-key")
    source = {"kind": "exchange", "exchange": "stopncii", "credentials": str(tmp_path / "secret")}
    store.set_source("ncii", source)
    answers = {0: page(PDQ, 1700000000), 1: page(PDQ, 1700000100, "Withdrawn")}
    with far_side(answers) as (address, asked):
        (tmp_path / "secret").write_text(f"function-key,subscription-key,{address}")
        assert sync(store, "ncii").imported == 1
        assert store.source("ncii")[1]["update_time"] == 1700000000
        assert (store.lists()[0].entries, store.lists()[0].disputed) == (1, 1)
        assert sync(store, "ncii").withdrawn == 1
    assert "1700000000" in asked[1]
    assert store.lists()[0].entries == 0


def test_what_went_wrong_is_said_and_kept(tmp_path: Path, store: ListStore) -> None:
    (tmp_path / "secret").write_text("one-part")
    source = {"kind": "exchange", "exchange": "stopncii", "credentials": str(tmp_path / "secret")}
    store.set_source("ncii", source)
    with pytest.raises(ExchangeError, match="settings of the exchange"):
        sync(store, "ncii")
    assert "settings of the exchange" in store.lists()[0].problem
    (tmp_path / "secret").write_text("a,b,http://127.0.0.1:1")
    with pytest.raises(ExchangeError, match="could not be read"):
        sync(store, "ncii")
    store.set_source("none", {})
    with pytest.raises(ExchangeError, match="has no source"):
        sync(store, "none")


@pytest.mark.parametrize("answer", [[], {"hashRecords": 5}, "no", page(PDQ, 1) | {"count": None}])
def test_an_answer_of_another_shape_is_said_in_words(
    tmp_path: Path, store: ListStore, answer: Any
) -> None:
    (tmp_path / "secret").write_text("a,b")
    source = {"kind": "exchange", "exchange": "stopncii", "credentials": str(tmp_path / "secret")}
    store.set_source("ncii", source)
    with far_side({0: answer}) as (address, _):
        (tmp_path / "secret").write_text(f"a,b,{address}")
        with pytest.raises(ExchangeError, match="could not be read"):
            sync(store, "ncii")
    assert "could not be read" in store.lists()[0].problem
    store.set_source("ncii", source | {"credentials": str(tmp_path)})
    with pytest.raises(OSError, match="a folder, not a regular file"):
        sync(store, "ncii")
