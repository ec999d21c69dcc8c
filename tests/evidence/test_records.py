"""Records hold everything a rich page asked for, byte for byte, and whole."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from warcio.archiveiterator import ArchiveIterator

from lindung.evidence import Capture, Policy, capture
from tests.evidence.rich import ASKED, MEDIA, RichSite

Record = tuple[str, str, str, bytes]


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Capture]:
    site = RichSite()
    into = tmp_path_factory.mktemp("rich") / "taken"
    yield capture(site.url, into, policy=Policy.FULL, authority="Order 1/2026", allow=[site.place])
    site.close()


@pytest.fixture(scope="module")
def kept(taken: Capture) -> list[Record]:
    with (taken.directory / "archive.warc.gz").open("rb") as file:
        return [
            (
                record.rec_type,
                urlsplit(record.rec_headers.get_header("WARC-Target-URI") or "").path,
                record.rec_headers.get_header("Lindung-Record") or "",
                record.raw_stream.read(),
            )
            for record in ArchiveIterator(file, no_record_parse=True)
        ]


def test_everything_that_was_asked_is_kept(taken: Capture, kept: list[Record]) -> None:
    assert (taken.outcome, taken.problem) == ("complete", None)
    assert len(ASKED) >= 25
    for kind in ("request", "response"):
        have = {path for record, path, *_ in kept if record == kind}
        assert set(ASKED) - have == set()


def body(kept: list[Record], kind: str, path: str, label: str = "") -> bytes:
    return next(d for k, p, name, d in kept if (k, p, name) == (kind, path, label))


def test_bodies_streams_and_frames_are_there(kept: list[Record]) -> None:
    assert body(kept, "request", "/post.json").endswith(b"the body asked")
    assert b"location: /here" in body(kept, "response", "/there").lower()
    assert body(kept, "response", "/stream").endswith(b"third\r\n0\r\n\r\n")
    frames = body(kept, "resource", "/socket", "websocket-frames")
    assert b'"spoken"' in frames
    assert b'"answered"' in frames


def test_what_a_service_worker_made_up_is_labelled(taken: Capture, kept: list[Record]) -> None:
    made = body(kept, "resource", "/made-up", "synthesised-by-service-worker")
    assert made == b"synthesised words"
    assert "/made-up" not in {path for kind, path, *_ in kept if kind == "response"}
    assert taken.facts["synthesised_by_service_worker"][0]["url"].endswith("/made-up")


def test_the_file_is_a_sound_warc(taken: Capture) -> None:
    warcio = str(Path(sys.executable).with_name("warcio"))
    path = str(taken.directory / "archive.warc.gz")
    done = subprocess.run([warcio, "check", "-v", path], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()
    assert b"fail" not in done.stdout
    assert b"not checked" not in done.stdout


def test_no_media_of_a_rich_page_is_kept_by_default(tmp_path: Path) -> None:
    site = RichSite()
    try:
        plain = capture(site.url, tmp_path / "t", allow=[site.place])
    finally:
        site.close()
    assert plain.outcome == "complete"
    blocked = {urlsplit(r["url"]).path for r in plain.facts["requests"] if "blocked" in r}
    assert blocked >= MEDIA - {"/dense.png", "/icon.ico"}
    with (tmp_path / "t/archive.warc.gz").open("rb") as file:
        for record in ArchiveIterator(file, no_record_parse=True):
            data = record.raw_stream.read()
            if not (record.rec_headers.get_header("WARC-Target-URI") or "").startswith("urn:"):
                assert b"PNG" not in data
