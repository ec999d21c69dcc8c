"""Whatever a site does, a capture ends in time, says what happened, and leaves nothing running."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lindung.evidence import Capture, Keys, Limits, capture, seal, verify
from tests.evidence.hostile import (
    ODD,
    Hostile,
    bad_headers,
    bomb,
    endless,
    huge,
    raw,
    self_signed,
    silent,
)
from tests.evidence.test_capture import records

LIMITS = Limits(
    total_seconds=10, step_seconds=3, connect_seconds=3, response_bytes=4 << 20,
    total_bytes=24 << 20, memory_bytes=1500 << 20,
)  # fmt: skip


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    site = Hostile()
    yield site
    site.close()


def take(site: Hostile, path: str, into: Path, **more: Any) -> Capture:
    """Capture within its time, and check that nothing is left running."""
    started = time.monotonic()
    taken = capture(site.url + path, into, allow=[site.place], **{"limits": LIMITS} | more)
    assert time.monotonic() - started < LIMITS.total_seconds + 12
    assert not left_running()
    return taken


@pytest.fixture(autouse=True)
def own_room(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A directory for temporary files of its own, by which its processes are known."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as room:
        Path(room).chmod(0o711)
        monkeypatch.setenv("TMPDIR", room)
        yield


def left_running() -> list[str]:
    """Processes that a capture of this test left behind: those with its TMPDIR."""
    mark = b"TMPDIR=" + os.environ["TMPDIR"].encode() + b"\0"
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                known = mark in (entry / "environ").read_bytes() or os.environ["TMPDIR"] in line
            except OSError:
                continue
            if known and entry.name != str(os.getpid()) and ") Z " not in stat:
                found.append(line[:200])
    return found


def kept(into: Path, part: bytes) -> bool:
    return any(kind == "response" and part in body for kind, _, body in records(into))


def test_an_endless_page_is_cut(hostile: Hostile, tmp_path: Path) -> None:
    hostile.answers["/"] = endless
    taken = take(hostile, "/", tmp_path / "t")
    assert taken.outcome == "partial"
    assert kept(tmp_path / "t", b"begun")


def test_a_page_of_300_mb_is_cut_at_its_limit(hostile: Hostile, tmp_path: Path) -> None:
    hostile.answers["/"] = huge
    taken = take(hostile, "/", tmp_path / "t")
    assert taken.outcome == "partial"
    assert kept(tmp_path / "t", b"<title>Huge")
    assert sum(p.stat().st_size for p in taken.files) < 40 << 20
    assert taken.facts["requests"][0]["truncated"] == "length"


def test_a_gzip_bomb_stays_small_here_and_within_memory(hostile: Hostile, tmp_path: Path) -> None:
    hostile.answers["/"] = bomb()
    taken = take(hostile, "/", tmp_path / "t")
    assert taken.outcome in ("partial", "complete", "unreachable")
    assert taken.outcome == "complete" or taken.problem
    assert sum(p.stat().st_size for p in taken.files) < 64 << 20


def test_dialogs_are_dismissed_and_listed(hostile: Hostile, tmp_path: Path) -> None:
    page = b"<title>Asks</title><p>seen</p><script>for(i=0;i<5;i++)alert('hello '+i)</script>"
    hostile.answers["/"] = raw("200 OK", page)
    taken = take(hostile, "/", tmp_path / "t")
    assert taken.text == "seen"
    assert taken.facts["seen"]["dialogs"][0] == "alert: hello 0"


def test_a_download_is_no_page(hostile: Hostile, tmp_path: Path) -> None:
    hostile.answers["/"] = raw(
        "200 OK",
        b"RM20 membership, join private group [redacted]. " * 9,
        "Content-Disposition: attachment; filename=x.txt",
        kind="text/plain",
    )
    taken = take(hostile, "/", tmp_path / "t")
    assert taken.outcome == "partial"
    assert "download" in str(taken.problem)
    assert kept(tmp_path / "t", b"RM20 membership, join private group [redacted]. RM20")


def test_endless_redirects_end(hostile: Hostile, tmp_path: Path) -> None:
    hostile.answers["/"] = raw("302 Found", b"", "Location: /")
    taken = take(hostile, "/", tmp_path / "t")
    assert taken.outcome == "partial"
    assert "REDIRECT" in str(taken.problem)
    assert 5 < hostile.requests < 100


def test_ten_thousand_requests_end(hostile: Hostile, tmp_path: Path) -> None:
    hostile.answers["/"] = raw(
        "200 OK", b"<title>Many</title><script>for(i=0;i<10000;i++)fetch('/n?'+i)</script>"
    )
    hostile.answers["/n"] = raw("200 OK", b"{}", kind="application/json")
    limits = Limits(total_seconds=10, step_seconds=3, requests=300)
    taken = take(hostile, "/", tmp_path / "t", limits=limits)
    assert taken.outcome == "partial"
    assert hostile.requests <= 302


def test_a_bad_certificate_is_a_finding_and_not_passed_over(tmp_path: Path) -> None:
    site = Hostile(self_signed(tmp_path))
    site.answers["/"] = raw("200 OK", b"<title>secret</title>")
    try:
        taken = take(site, "/", tmp_path / "t")
    finally:
        site.close()
    assert taken.outcome == "unreachable"
    assert "certificate" in str(taken.problem)
    assert site.requests == 0
    host = taken.facts["hosts"][site.place]
    assert host["tls_problem"]
    assert len(host["tls_chain"]) == 1
    assert "BEGIN CERTIFICATE" in (tmp_path / "t/certificates.pem").read_text()


def test_a_site_with_a_good_certificate_is_captured_over_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Hostile(self_signed(tmp_path))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "self-signed.pem"))
    site.answers["/"] = raw("200 OK", b"<title>Safe</title><script>fetch('/more')</script>")
    site.answers["/more"] = raw("200 OK", b"more words", kind="text/plain")
    try:
        taken = take(site, "/", tmp_path / "t")
    finally:
        site.close()
    assert (taken.outcome, taken.title) == ("complete", "Safe")
    assert kept(tmp_path / "t", b"more words")
    host = taken.facts["hosts"][site.place]
    assert host["tls_version"] in ("TLSv1.2", "TLSv1.3")
    assert "BEGIN CERTIFICATE" in (tmp_path / "t/certificates.pem").read_text()


def test_a_port_that_never_answers_is_unreachable(hostile: Hostile, tmp_path: Path) -> None:
    hostile.answers["/"] = silent
    taken = take(hostile, "/", tmp_path / "t")
    assert taken.outcome == "unreachable"
    assert taken.problem


def test_a_port_that_nobody_listens_on_is_unreachable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"127.0.0.1:{server.getsockname()[1]}"
    taken = capture(f"http://{place}/", tmp_path / "t", allow=[place], limits=LIMITS)
    assert taken.outcome == "unreachable"


def test_headers_that_are_no_text_are_kept_as_they_came(hostile: Hostile, tmp_path: Path) -> None:
    hostile.answers["/"] = bad_headers
    taken = take(hostile, "/", tmp_path / "t")
    assert taken.title == "Odd"
    assert kept(tmp_path / "t", ODD)


@pytest.mark.parametrize(
    "answer", [b"", b"\x00\x01garbage\r\n\r\n",
               b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf",
               b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nx\r\n0\r\n\r\n",
               b"HTTP/1.1 200 OK\r\nContent-Length: 1e9\r\n\r\nx"],
)  # fmt: skip
def test_what_is_no_http_is_not_complete(hostile: Hostile, answer: bytes, tmp_path: Path) -> None:
    hostile.answers["/"] = lambda client: client.sendall(answer)
    taken = take(hostile, "/", tmp_path / "t")
    assert taken.outcome in ("partial", "unreachable")
    assert taken.problem


def test_a_page_that_eats_memory_is_stopped(hostile: Hostile, tmp_path: Path) -> None:
    page = (
        b"<title>Eats</title><script>a=[];"
        b"setInterval(()=>{b=new Uint8Array(5e7);b.fill(7);a.push(b)},1)</script>"
    )
    hostile.answers["/"] = raw("200 OK", page)
    taken = take(hostile, "/", tmp_path / "t", limits=Limits(
        total_seconds=10, step_seconds=4, memory_bytes=900 << 20))  # fmt: skip
    assert taken.outcome == "partial"
    assert taken.facts["memory_peak"] < 1800 << 20


def test_a_partial_capture_is_sealed_and_verifies(
    hostile: Hostile, keys: Keys, tmp_path: Path
) -> None:
    hostile.answers["/"] = endless
    taken = take(hostile, "/", tmp_path / "t")
    bundle = tmp_path / "b.tar"
    sealed = seal(taken, bundle, keys=keys, log=keys.file_log(), operator="Example Hotline")
    assert sealed.manifest["outcome"] == "partial"
    assert sealed.manifest["completeness"]["truncated"]
    assert verify(bundle, keys.trust()).status == 0


@pytest.mark.parametrize("namespaces", [True, False])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_a_killed_caller(
    hostile: Hostile, number: signal.Signals, namespaces: bool, tmp_path: Path
) -> None:
    hostile.answers["/"] = endless
    script = (
        "import sys, threading; from pathlib import Path; from lindung.evidence import capture\n"
        "t = threading.Thread(target=lambda: capture(sys.argv[1], Path(sys.argv[2]), "
        f"allow=[sys.argv[3]], namespaces={namespaces}, on_step=lambda s: print(s, flush=True)))\n"
        "t.start(); t.join()"
    )
    caller = subprocess.Popen(
        [sys.executable, "-c", script, hostile.url + "/", str(tmp_path / "t"), hostile.place],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert caller.stdout
    while "opening the address" not in caller.stdout.readline():
        assert caller.poll() is None
    time.sleep(1)
    assert any("chromium" in line for line in left_running())
    os.kill(caller.pid, number)
    caller.wait()
    caller.stdout.close()
    for _ in range(50):
        if not left_running():
            break
        time.sleep(0.1)
    assert not left_running()
