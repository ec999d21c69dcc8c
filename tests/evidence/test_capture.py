"""A capture keeps what a page shows and says what it could not."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image
from warcio.archiveiterator import ArchiveIterator

from lindung.evidence import Limits, Policy, capture
from tests.evidence.conftest import Site

PIXEL = b"data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="


def png() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((64, 64), 80).save(out, "PNG")
    return out.getvalue()


def records(directory: Path) -> list[tuple[str, str, bytes]]:
    with (directory / "archive.warc.gz").open("rb") as file:
        return [
            (r.rec_type, r.rec_headers.get_header("WARC-Target-URI"), r.raw_stream.read())
            for r in ArchiveIterator(file, no_record_parse=True)
        ]


@pytest.fixture
def market(site: Site) -> Site:
    site.page(
        "/",
        b"<title>Kedai</title><h1>RM20 membership [redacted]</h1><img src=/a.png><img src='"
        + PIXEL
        + b"'><script>fetch('/x.json',{method:'POST',body:'asked'})</script>",
    )
    site.page("/a.png", png(), "image/png")
    site.page("/x.json", '{"answer": 42}', "application/json")
    return site


def test_a_page_is_kept_whole_without_its_media(market: Site, tmp_path: Path) -> None:
    steps: list[str] = []
    taken = capture(market.url, tmp_path / "t", allow=[market.place], on_step=steps.append)
    assert (taken.outcome, taken.problem) == ("complete", None)
    assert (taken.title, taken.text) == ("Kedai", "RM20 membership [redacted]")
    assert "opening the address" in steps
    isolation = taken.facts["isolation"]
    assert isolation["renderers_sandboxed"] is True
    assert isolation["browser_uid"] != 0
    assert {p.name for p in taken.files} >= {
        "archive.warc.gz", "facts.json", "page.html", "page.txt", "screenshot.png",
    }  # fmt: skip
    kept = records(tmp_path / "t")
    assert any(k == "response" and b'{"answer": 42}' in body for k, _, body in kept)
    assert any(k == "request" and body.endswith(b"asked") for k, _, body in kept)
    assert "/a.png" not in market.asked
    assert taken.preview is not None
    everything = b"".join(body for *_, body in kept) + (tmp_path / "t/page.html").read_bytes()
    assert b"iVBORw0KGgo" not in everything.replace(b"PNG", b"")


HIDDEN_PLACES = """<title>Red</title><p>words</p>
<img src='{red}'><iframe srcdoc="<img src='{red}'>"></iframe>
<div style="width:99px;height:99px;background:url({red})"></div><canvas id=c></canvas>
<div id=open></div><div id=closed></div><script>
for (const mode of ['open', 'closed'])
  document.getElementById(mode).attachShadow({{mode}}).innerHTML = "<img src='{red}'>";
const pen = c.getContext('2d'); pen.fillStyle = 'red'; pen.fillRect(0, 0, 99, 99);</script>"""


STRICT = {
    "Content-Security-Policy": "default-src 'none'; img-src data:; script-src 'unsafe-inline'"
}


@pytest.mark.parametrize("headers", [{}, STRICT])
def test_the_picture_shows_no_media_wherever_the_page_hides_it(
    headers: dict[str, str], site: Site, tmp_path: Path
) -> None:
    out = io.BytesIO()
    Image.new("RGB", (99, 99), (255, 0, 0)).save(out, "PNG")
    red = "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
    headers = headers | {"Content-Type": "text/html"}
    site.pages["/"] = (200, headers, HIDDEN_PLACES.format(red=red).encode())
    taken = capture(site.url, tmp_path / "t", allow=[site.place])
    assert (taken.outcome, taken.text) == ("complete", "words")
    with Image.open(tmp_path / "t/screenshot.png") as picture:
        red_part, green_part, _ = picture.convert("RGB").split()
        seen = zip(red_part.tobytes(), green_part.tobytes(), strict=True)
        assert not any(red > 200 and green < 60 for red, green in seen)


def test_text_that_no_file_could_hold_is_made_storable(site: Site, tmp_path: Path) -> None:
    site.page("/", "<script>document.title='a\\ud800b';alert('\\ud800');"
              "onload=()=>document.body.append('x\\0y\\udfffz')</script><body>")  # fmt: skip
    taken = capture(site.url, tmp_path / "t", allow=[site.place])
    assert taken.outcome == "complete"
    assert taken.title == "a?b"
    assert taken.text.encode()
    assert "\0" not in taken.text


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_media_inside_packed_text_is_not_kept(coding: str, site: Site, tmp_path: Path) -> None:
    page = b"<title>Packed</title><p>words</p><img src='" + PIXEL + b"'>"
    headers = {"Content-Type": "text/html", "Content-Encoding": coding}
    site.pages["/"] = (200, headers, gzip.compress(page))  # under br it is no text at all
    limits = Limits(total_seconds=20, step_seconds=4)
    taken = capture(site.url, tmp_path / "t", allow=[site.place], limits=limits)
    everything = b"".join(body for *_, body in records(tmp_path / "t"))
    assert gzip.compress(page)[10:] not in everything
    assert PIXEL[25:] not in everything
    if coding == "gzip":
        assert taken.outcome == "complete"
        digest = hashlib.sha256(base64.b64decode(PIXEL.partition(b",")[2])).hexdigest().encode()
        mark = b"[not-kept:image/png:16-bytes:sha256:" + digest + b"]"
        assert b"<p>words</p><img src='data:image/png;base64," + mark + b"'>" in everything


def test_a_reported_picture_is_not_kept_but_its_answer_is(site: Site, tmp_path: Path) -> None:
    site.page("/a.png", png(), "image/png")
    taken = capture(site.url + "a.png", tmp_path / "t", allow=[site.place])
    assert taken.outcome == "partial"
    assert "image/png is not kept" in str(taken.problem)
    kept = records(tmp_path / "t")
    assert "response" not in {kind for kind, *_ in kept}
    assert any(kind == "metadata" and b"Content-Type: image/png" in body for kind, _, body in kept)


def test_media_is_kept_only_under_a_named_authority(market: Site, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="legal authority"):
        capture(market.url, tmp_path / "no", policy=Policy.FULL)
    taken = capture(
        market.url,
        tmp_path / "t",
        policy=Policy.FULL,
        authority="Order 1/2026",
        allow=[market.place],
    )
    assert any(body.endswith(png()[-12:]) for *_, body in records(tmp_path / "t"))
    assert taken.preview is not None
    with Image.open(io.BytesIO(taken.preview)) as preview:
        assert preview.mode == "L"
        assert max(preview.size) <= 24


def test_metadata_only_keeps_no_content(market: Site, tmp_path: Path) -> None:
    taken = capture(market.url, tmp_path / "t", policy=Policy.METADATA_ONLY, allow=[market.place])
    assert taken.outcome == "complete"
    assert market.asked == ["/"]
    assert taken.text == ""
    assert {p.name for p in taken.files} == {"archive.warc.gz", "facts.json"}
    assert not any(b"membership" in body for *_, body in records(tmp_path / "t"))


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/",
        "javascript:alert(1)",
        "",
        "http://",
        "http://a:b",
    ],
)
def test_what_is_no_web_address_is_unreachable(url: str, tmp_path: Path) -> None:
    taken = capture(url, tmp_path / "t")
    assert taken.outcome == "unreachable"
    assert taken.problem


def test_an_internal_address_is_refused_and_said_so(market: Site, tmp_path: Path) -> None:
    taken = capture(market.url, tmp_path / "t")
    assert taken.outcome == "unreachable"
    assert "not a public address" in str(taken.problem)
    assert market.asked == []


def test_a_page_that_never_ends_its_script_is_partial_and_in_time(
    site: Site, tmp_path: Path
) -> None:
    site.page("/", "<title>Busy</title><p>seen</p><script>while(1){}</script>")
    limits = Limits(total_seconds=12, step_seconds=3)
    taken = capture(site.url, tmp_path / "t", allow=[site.place], limits=limits)
    assert taken.outcome == "partial"
    assert any(k == "response" and b"while(1)" in body for k, _, body in records(tmp_path / "t"))
