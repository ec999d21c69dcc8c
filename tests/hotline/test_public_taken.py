"""Somebody has taken the public process over: its user, its environment, its code."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest

from .ground import Ground

SECRET = "example-mail-password"


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    place = Ground()
    place.environ |= {
        "LINDUNG_SMTP_URL": f"smtp://desk:{SECRET}@127.0.0.1:2525",
        "LINDUNG_THREADS": "2",
        "EXAMPLE_TOKEN": SECRET,
    }
    place.up()
    yield place
    place.close()


def test_it_finds_no_key_no_password_and_no_other_parts_address(ground: Ground) -> None:
    files = [str(path) for path in ground.home.rglob("*") if path.is_file()]
    assert any(path.endswith("keys/report.key") for path in files)
    asked = [("file", path) for path in files if "/postgres/server-" not in path]
    asked += [("folder", str(ground.home / name)) for name in ("keys", "run", "log", ".")]
    asked += [("folder", "/tmp"), ("folder", "/root"), ("folder", "/home"), ("folder", "/var/log")]
    # In pieces: a request line has an end.
    found: dict[str, list[str]] = {"files": [], "others": [], "folders": []}
    for piece in range(0, len(asked), 20):
        query = urlencode(asked[piece : piece + 20])
        with urllib.request.urlopen(f"http://127.0.0.1:{ground.public}/taken?{query}") as answer:
            said = json.loads(answer.read())
        for kind in found:
            found[kind] += said[kind]
    public = str(ground.parts()["public"]["pid"])
    assert found["files"] == found["folders"] == []
    assert set(found["others"]) <= {public}
    assert said["runs"] is None
    assert SECRET not in json.dumps(said["environ"])
    assert not [name for name in said["environ"] if "CONSOLE" in name or "SMTP" in name]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a part a user of its own")
def test_nor_does_its_user(ground: Ground) -> None:
    process = psutil.Process(ground.parts()["public"]["pid"])
    assert 0 not in (*process.uids(), *process.gids())
    status = Path(f"/proc/{process.pid}/status").read_text()
    for line in ("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1"):
        assert line in status
    keys = [*(ground.home / "keys").rglob("*.key"), *(ground.home / "run").glob("*.url")]
    assert keys
    done = subprocess.run(
        ["cat", *keys], user=process.uids().real, group=process.gids().real, extra_groups=[],
        capture_output=True,
    )  # fmt: skip
    assert done.stdout == b""


def test_the_console_knows_no_mail_password(ground: Ground) -> None:
    for part in ("public", "console"):
        environ = psutil.Process(ground.parts()[part]["pid"]).environ()
        assert SECRET not in "".join(environ.values()), part


def test_slow_connections_cost_nobody_else_time(ground: Ground) -> None:
    """Heads and bodies that never end; two threads serve the others."""
    beginnings = (
        b"GET /who HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        b"POST /who HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000\r\n\r\nwords=",
        b"POST /who HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nff\r\na",
        b"",
    )
    with ExitStack() as held:
        for number in range(64):
            slow = held.enter_context(socket.create_connection(("127.0.0.1", ground.public)))
            slow.sendall(beginnings[number % len(beginnings)])
        for _ in range(5):
            assert ground.who(ground.public).startswith("lindung_public ")


@pytest.mark.parametrize(
    "request_",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nwords\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"\x16\x03\x01\x02\x00\r\n\r\n",
    ],
)
def test_what_is_no_proper_http_is_refused_in_words(ground: Ground, request_: bytes) -> None:
    with socket.create_connection(("127.0.0.1", ground.public), timeout=20) as connection:
        connection.sendall(request_)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 400 ") or answer.startswith(b"HTTP/1.0 400 ")
    assert b"text/html" in answer and b"waitress" not in answer.lower()


@pytest.mark.parametrize("part", ["public", "console", "worker"])
@pytest.mark.parametrize("role", ["owner", "superuser"])
def test_no_part_works_with_the_owners_powers(ground: Ground, part: str, role: str) -> None:
    password = (ground.home / "keys" / f"db-{role}.key").read_text()
    user = {"owner": "lindung_owner", "superuser": "postgres"}[role]
    socket_folder = ground.home / "postgres" / "socket"
    done = ground.run(
        part,
        LINDUNG_DATABASE_URL=f"postgresql://{user}:{password}@/lindung?host={socket_folder}",
    )
    assert done.returncode == 2
    assert f"the powers of {user}" in done.stderr and f"lindung_{part}" in done.stderr
    assert password not in done.stderr + done.stdout
