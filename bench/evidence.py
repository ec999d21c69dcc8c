"""Capture, seal, verify and the custody log, beside sha256sum and age in the same run."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.async_api import async_playwright
from tests.evidence import deep
from tests.evidence.rich import ASKED, RichSite

import bench
from lindung.evidence import (
    Capture,
    FileLog,
    Keys,
    Policy,
    capture,
    find_chromium,
    keygen,
    open_bundle,
    seal,
    verify,
)
from lindung.evidence.capture.unrolling import Unrolled, unroll
from lindung.evidence.log.tree import consistency, inclusion, node_hash

_MB = 256


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-evidence-") as name:
        room = Path(name)
        keys = keygen(room / "keys", "bench.example")
        _capture(room)
        _deep(room)
        _seal_and_verify(room, keys)
        _log(room)


def _timed(work: Callable[[], object], times: int = 3) -> float:
    """The best of a few runs, seconds."""
    best = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def _capture(room: Path) -> None:
    site, rows = RichSite(), []
    for policy in (Policy.FULL, Policy.NO_MEDIA):
        for namespaces in (True, False):
            into = room / f"rich-{policy}-{namespaces}"
            started = time.perf_counter()
            taken = capture(
                site.url, into, policy=policy, authority="a benchmark", allow=[site.place],
                namespaces=namespaces,
            )  # fmt: skip
            seconds = time.perf_counter() - started
            kept = {urlsplit(r["url"]).path for r in taken.facts["requests"]
                    if "status" in r and "blocked" not in r}  # fmt: skip
            found = len(kept & set(ASKED))
            rows.append([policy, "jail" if namespaces else "guard only", taken.outcome,
                         f"{found} of {len(ASKED)}", seconds])  # fmt: skip
    site.close()
    header = ["policy", "isolation", "outcome", "answers kept", "seconds"]
    bench.show("Capture of a rich page", header, rows)


def _deep(room: Path) -> None:
    """A page whose posts hide, beside plain Playwright that scrolls it just as patiently."""
    with deep.DeepServer() as site:
        started = time.perf_counter()
        found = asyncio.run(_plain(site.url + "/"))
        plain = time.perf_counter() - started
        started = time.perf_counter()
        taken = capture(
            site.url + "/", room / "deep", policy=Policy.FULL, authority="a benchmark",
            allow=site.places,
        )  # fmt: skip
        seconds = time.perf_counter() - started
        site.shutdown()
    posts = deep.posts()
    ours = len(posts & set(taken.text.splitlines()))
    header = ["what", "posts in text", "seconds", "times its time"]
    bench.show("A page with frames, shadow trees, late pictures and boxes that scroll", header, [
        ["capture", f"{ours} of {len(posts)}", seconds, seconds / plain],
        ["plain Playwright", f"{len(posts & found)} of {len(posts)}", plain, 1.0],
    ])  # fmt: skip


async def _plain(url: str) -> set[str]:
    """The lines that plain Playwright sees in the document, with a picture of the whole page."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_chromium(), chromium_sandbox=False
        )
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        await page.goto(url)
        await page.wait_for_load_state("networkidle")
        await unroll(page, lambda: 60.0, Unrolled())
        await page.wait_for_load_state("networkidle")
        text = await page.inner_text("body")
        await page.content()
        await page.screenshot(full_page=True)
        await browser.close()
    return set(text.splitlines())


def _seal_and_verify(room: Path, keys: Keys) -> None:
    directory = room / "big"
    directory.mkdir()
    for number in range(4):
        (directory / f"{number}.bin").write_bytes(os.urandom((_MB // 4) << 20))
    files = tuple(sorted(directory.iterdir()))
    taken = Capture("https://example.com/", Policy.NO_MEDIA, "complete", None,
                    "https://example.com/", "", "", directory, files, {})  # fmt: skip
    bundle, log, trust = room / "b.tar", keys.file_log(), keys.trust()
    sealing = _timed(lambda: seal(taken, bundle, keys=keys, log=log, operator="bench"))
    verifying = _timed(lambda: verify(bundle, trust))
    assert verify(bundle, trust).status == 0
    open_bundle(bundle, keys.directory / "offline/identity-1.txt", room / "opened", trust)
    opened = sorted((room / "opened").iterdir())
    sums = _timed(lambda: subprocess.run(["sha256sum", *opened], check=True, capture_output=True))
    rows: list[list[object]] = [
        ["verify", _MB / verifying, "sha256sum", _MB / sums, verifying / sums],
    ]
    if age := shutil.which("age"):
        to = [part for one in keys.recipients for part in ("-r", one)]

        def peer() -> None:
            for path in files:
                out = room / f"{path.name}.age"
                subprocess.run([age, *to, "-o", str(out), str(path)], check=True)
                with out.open("rb") as file:  # a seal is on the disk when it is done
                    os.fsync(file.fileno())

        aged = _timed(peer)
        rows.append(["seal", _MB / sealing, "age", _MB / aged, sealing / aged])
    else:
        rows.append(["seal", _MB / sealing, "age is not installed (apt-get install age)", "-", "-"])
    bench.show(f"{_MB} MB in four files", ["what", "MB/s", "peer", "MB/s", "times its time"], rows)


def _log(room: Path, leaves: int = 1_000_000) -> None:
    directory = room / "log"
    directory.mkdir()
    level = [sha256(number.to_bytes(4, "big")).digest() for number in range(leaves)]
    for height in range(leaves.bit_length()):
        (directory / f"level-{height}").write_bytes(b"".join(level))
        level = [node_hash(*pair) for pair in zip(level[::2], level[1::2], strict=False)]
    log = FileLog(directory, "bench.example", Ed25519PrivateKey.generate())
    size, count = log.store.size(), 2000
    steps = range(0, size, size // count)
    proving = _timed(lambda: [inclusion(log.store, index, size) for index in steps])
    linking = _timed(lambda: [consistency(log.store, old + 1, size) for old in steps])
    entry = {"kind": "bench", "n": 1}
    appending = _timed(lambda: [log.append(entry) for _ in range(200)], 2)
    bench.show(f"Custody log of {size:,} leaves, in files", ["what", "a second"], [
        ["durable appends, each with proof and signed head", 200 / appending],
        ["inclusion proofs", len(steps) / proving],
        ["consistency proofs", len(steps) / linking],
    ])  # fmt: skip
