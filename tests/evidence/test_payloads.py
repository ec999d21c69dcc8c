"""Which files of a capture are taken for pictures and videos, whatever the site says they are."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lindung.evidence import Capture, Payload, Policy, media_payloads
from lindung.evidence.capture import payloads
from lindung.evidence.capture.records import Warc

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'
PAGE = b"<!doctype html><p>words</p>"


def pattern(kind: str = "PNG", seed: int = 1) -> bytes:
    """A benign picture: random blocks of colour."""
    few = np.random.default_rng(seed).integers(0, 255, (9, 12, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(few).resize((120, 90)).save(out, kind)
    return out.getvalue()


PNG = pattern()


class Site:
    """Writes the archive of a made-up capture, record by record, as the guard does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.path = folder / "page.warc.gz"
        self.warc = Warc(self.path, {"software": "test"})

    def answer(self, body: bytes, *headers: tuple[str, str], url: str = "a") -> None:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        block = io.BytesIO(f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode() + body)
        kind = "application/http; msgtype=response"
        self.warc._put("response", f"https://example.com/{url}", block, kind, {})

    def resource(self, body: bytes, kind: str, label: str) -> None:
        self.warc.resource("https://example.com/r", body, kind, {"Lindung-Record": label})

    def read(self) -> list[tuple[Payload, bytes]]:
        self.warc.close()
        capture = Capture(
            "https://example.com", Policy.FULL, "complete", None, "", "", "", self.folder,
            tuple(self.folder.iterdir()), {},
        )  # fmt: skip
        into = self.folder.with_name("into")
        return [(p, p.path.read_bytes() if p.path else b"") for p in media_payloads(capture, into)]

    def contents(self) -> list[bytes]:
        return [content for _, content in self.read()]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "taken")


@pytest.mark.parametrize(
    "label",
    ["image/png", "application/octet-stream", "text/plain", "image/svg+xml", "font/woff2", None],
)
def test_a_picture_is_found_whatever_it_is_called(site: Site, label: str | None) -> None:
    site.answer(PNG, *([("Content-Type", label)] if label else []))
    assert site.contents() == [PNG]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "ICO"])
def test_every_kind_of_picture_is_found(site: Site, kind: str) -> None:
    site.answer(pattern(kind), ("Content-Type", "text/html"))
    assert site.contents() == [pattern(kind)]


def test_text_fonts_and_code_are_left_out(site: Site) -> None:
    site.answer(SVG, ("Content-Type", "image/svg+xml"))
    site.answer(PAGE, ("Content-Type", "text/html"))
    site.answer("Kanak-kanak, 孩子, குழந்தை".encode(), ("Content-Type", "image/png"))
    site.answer(b"wOF2\0\1\0\0" + bytes(40), ("Content-Type", "image/png"))
    site.answer(b"\0asm\1\0\0\0", ("Content-Type", "application/wasm"))
    site.answer(b"", ("Content-Type", "image/png"))
    assert site.contents() == []


def test_unknown_bytes_are_in_doubt(site: Site) -> None:
    blob = np.random.default_rng(1).bytes(500)
    site.answer(blob, ("Content-Type", "application/octet-stream"))
    assert site.contents() == [blob]


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
        ("deflate, GZIP", lambda data: gzip.compress(zlib.compress(data))),
    ],
)
def test_codings_are_undone(site: Site, coding: str, pack: Callable[[bytes], bytes]) -> None:
    site.answer(pack(PNG), ("Content-Encoding", coding), ("Content-Type", "image/png"))
    body = pack(PNG)
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    site.answer(chunked, ("Content-Encoding", coding), ("Transfer-Encoding", "Chunked"))
    assert site.contents() == [PNG, PNG]


def test_what_cannot_be_undone_is_told(site: Site) -> None:
    site.answer(PNG, ("Content-Encoding", "br"), ("Content-Type", "text/css"))
    site.answer(PNG, ("Content-Encoding", "gzip"))
    assert [(p.path, bool(p.problem)) for p, _ in site.read()] == [(None, True)] * 2


def test_a_bomb_is_told_and_not_unpacked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payloads, "_MOST", 1 << 16)
    packed = gzip.compress(bytes(1 << 20))
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed)
    site.answer(chunked, ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked"))
    ((payload, _),) = site.read()
    assert "unpacks to more" in payload.problem


def test_pictures_inside_a_text_are_found_once(site: Site) -> None:
    inside = b"data:image/png;base64," + base64.b64encode(PNG)
    other = base64.b64encode(pattern(seed=2)).replace(b"/", b"\\/")
    site.answer(b"<img src='%s'><img src='%s'>" % (inside, inside), ("Content-Type", "text/html"))
    site.answer(b'{"p": "data:application/x;base64,%s"}' % other)
    site.answer(b"<img src='data:image/svg+xml,%3Csvg/%3E'>")
    site.resource(b"<img src='%s'>" % inside, "text/html", "rendering")
    assert site.contents() == [PNG, pattern(seed=2)]


def test_what_a_service_worker_or_a_socket_brought_is_found(site: Site) -> None:
    messages = [{"opcode": 2, "data": base64.b64encode(PNG).decode()}, {"opcode": 1, "text": "x"}]
    site.resource(pattern(seed=2), "text/html", "synthesised-by-service-worker")
    site.resource(json.dumps(messages).encode(), "application/json", "websocket-frames")
    assert site.contents() == [pattern(seed=2), PNG]


def test_our_own_picture_of_the_page_is_no_media_of_the_site(site: Site) -> None:
    site.resource(PNG, "image/png", "rendering")
    assert site.contents() == []


@pytest.mark.parametrize("left", [0.3, 0.5, 0.8, 0.97, 0.999])
def test_a_truncated_archive_is_told(site: Site, left: float) -> None:
    site.answer(np.random.default_rng(1).bytes(90_000), ("Content-Type", "image/png"))
    whole = site.path.read_bytes()
    site.path.write_bytes(whole[: int(len(whole) * left)])
    problems = [payload.problem for payload, _ in site.read() if payload.path is None]
    assert len(problems) == 1 and "damaged" in problems[0]


def test_a_garbled_archive_is_told_and_the_next_is_read(site: Site) -> None:
    (site.folder / "other.warc.gz").write_bytes(np.random.default_rng(1).bytes(5000))
    site.answer(PNG)
    found = site.read()
    assert PNG in [content for _, content in found]
    assert [p.url for p, _ in found if p.problem] == ["other.warc.gz"]
