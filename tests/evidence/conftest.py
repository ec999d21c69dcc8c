"""A real site on loopback, keys, and captures made without a browser."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lindung.evidence import Capture, Keys, Policy, keygen
from tests.evidence.authority import TimeAuthority

Answer = tuple[int, dict[str, str], bytes]


class Site:
    """A site whose pages are a dict of path -> (status, headers, body)."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.posted: list[bytes] = []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                length = int(self.headers.get("content-length") or 0)
                if length:
                    site.posted.append(self.rfile.read(length))
                status, headers, body = site.pages.get(self.path, (404, {}, b"nothing here"))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.place = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.place}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def page(self, path: str, body: str | bytes, kind: str = "text/html; charset=utf-8") -> None:
        data = body.encode() if isinstance(body, str) else body
        self.pages[path] = (200, {"Content-Type": kind}, data)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return keygen(tmp_path_factory.mktemp("keys"), "hotline.example")


@pytest.fixture
def made_up(tmp_path: Path) -> Callable[..., Capture]:
    """Makes a capture without a browser, from files given by name."""

    def make(files: dict[str, bytes] | None = None, name: str = "taken") -> Capture:
        directory = tmp_path / name
        directory.mkdir()
        files = files or {"page.txt": b"RM20 membership [redacted]", "facts.json": b"{}"}
        for file, data in files.items():
            (directory / file).write_bytes(data)
        return Capture(
            url="https://example.com/post/1",
            policy=Policy.NO_MEDIA,
            outcome="complete",
            problem=None,
            final_url="https://example.com/post/1",
            title="a post",
            text="RM20 membership [redacted]",
            directory=directory,
            files=tuple(sorted(directory.iterdir())),
            facts={
                "started": "2026-01-01T00:00:00Z",
                "ended": "2026-01-01T00:00:09Z",
                "hosts": {"example.com:443": {"addresses": ["192.0.2.1"]}},
                "requests": [{"url": "https://example.com/post/1", "status": 200}],
            },
        )

    return make


@pytest.fixture(scope="session")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[TimeAuthority]]:
    room = tmp_path_factory.mktemp("authorities")
    both = [TimeAuthority(room / name, f"{name} authority") for name in ("first", "second")]
    yield both
    for one in both:
        one.close()


def trusting(keys: Keys, authorities: list[TimeAuthority], **require: int) -> Path:
    """A trust file for `keys` that also knows the authorities' roots."""
    trust = json.loads((keys.directory / "trust.json").read_text())
    trust["time_authorities"] = [
        {"name": one.name, "certificate": (one.room / "root.pem").read_text()}
        for one in authorities
    ]
    trust["require"] |= require
    path = keys.directory / f"trust-{len(authorities)}-{sum(require.values())}.json"
    path.write_text(json.dumps(trust))
    return path
