"""Many spellings of a picture on one page, through a real Chromium."""

from __future__ import annotations

import json
from pathlib import Path

from lindung.evidence import Capture, Policy, capture, media_payloads
from tests.evidence.conftest import Site
from tests.evidence.spellings import WORDS, held, picture, spellings
from tests.evidence.test_capture import records
from tests.evidence.test_screenshot import RED, reds

PICTURE = picture(size=24)
SPELT = [one for one in spellings(PICTURE) if one.name.partition(" ")[0] != "letters-by-six"]
ADDRESSES = [one for one in SPELT if one.body.startswith(b"<!doctype") and b"data:" in one.body]


def members(taken: Capture) -> dict[str, bytes]:
    """All that a capture kept, the records one by one; not its own picture."""
    kept = {path.name: path.read_bytes() for path in taken.files if path.suffix != ".gz"}
    kept.pop("screenshot.png", None)
    every = {f"{n} {kind} {url}": body
             for n, (kind, url, body) in enumerate(records(taken.directory))
             if not str(url).startswith("urn:lindung:screenshot")}  # fmt: skip
    return kept | every


def together(site: Site, chosen: list[bytes]) -> None:
    inner = b"".join(
        body.partition(b"</p>")[2].replace(b"<script>", b"<script>;") for body in chosen
    )
    site.page("/", b"<!doctype html><title>Kedai</title><p>" + WORDS.encode() + b"</p>" + inner
              + f"<script>fetch('/said',{{method:'POST',body:'{RED}'}})</script>".encode()
              + f"<img src='{RED}' style='visibility:visible!important'>".encode())  # fmt: skip
    site.page("/said", json.dumps({"said": RED, "words": WORDS}), "application/json")


def test_no_byte_of_a_picture_is_in_anything_that_is_kept(site: Site, tmp_path: Path) -> None:
    chosen = [*ADDRESSES[::2], *(one for one in SPELT if " in hidden" in one.name)]
    together(site, [one.body for one in chosen])
    taken = capture(site.url, tmp_path / "t", allow=[site.place])
    kept = members(taken)
    assert {"page.html", "page.txt", "facts.json"} <= set(kept)
    lost = [
        f"{name}: {one.name}: {left}"
        for name, content in kept.items()
        for one in chosen
        if (left := held(content, one))
    ]
    assert lost == []
    assert not any(RED[40:80].encode() in content for content in kept.values())
    assert taken.text.startswith(WORDS) and WORDS.encode() in kept["page.html"]
    assert reds(tmp_path / "t/screenshot.png") == 0
    print(f"{len(chosen)} spellings on one page, {len(kept)} members: 0 bytes kept, 0 red pixels")


def test_the_full_policy_finds_the_picture_whole(site: Site, tmp_path: Path) -> None:
    together(site, [one.body for one in ADDRESSES[:8]])
    taken = capture(site.url, tmp_path / "t", policy=Policy.FULL, authority="Order 1/2026",
                    allow=[site.place])  # fmt: skip
    found = [p.path.read_bytes() for p in media_payloads(taken, tmp_path / "media") if p.path]
    assert PICTURE in found
