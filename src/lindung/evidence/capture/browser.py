"""The browser's side of a capture: it runs inside the jail and reports over a pipe.

Every step is told before it begins and has its own time; what a step made is on disk or in the
pipe before the next begins, so that a page that hangs the browser loses only what comes after.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from playwright.async_api import (
    BrowserContext,
    Dialog,
    Download,
    Page,
    Response,
    async_playwright,
)
from playwright.async_api import Error as PlaywrightError

from lindung.evidence.capture.charsets import declared_utf8
from lindung.evidence.capture.covering import cover
from lindung.evidence.capture.hiding import hide_media, trees_of
from lindung.evidence.capture.policy import Isolation, Limits, Policy
from lindung.evidence.capture.redaction import redacted
from lindung.evidence.capture.shown import words
from lindung.evidence.capture.starting import WIDTH, CannotStart, Launch, said, start
from lindung.evidence.capture.unrolling import Unrolled, open_boxes, unroll

T = TypeVar("T")

OPENING = "opening the address"  # the step with which a capture's time begins
_LONGEST_SCROLL = 40.0  # seconds
_LONGEST_REFRESH = 15.0
_MOST_LISTED = 50
_MOST_SYNTHESISED = 4 << 20
_HEIGHT = "() => Math.max(document.documentElement.scrollHeight, document.body?.scrollHeight ?? 0)"
# After how many seconds the page goes elsewhere by itself, or nothing.
_REFRESH = """() => { const meta = document.querySelector('meta[http-equiv=refresh i]');
  const found = /^\\s*(\\d+(?:\\.\\d+)?)\\s*[;,]?\\s*(.*)$/.exec(meta?.content ?? '');
  return found ? Math.max(0.1, Number(found[1])) : 0; }"""


@dataclass(frozen=True)
class Task:
    """What the browser is to do, and where it may write."""

    url: str
    policy: Policy
    limits: Limits
    into: Path
    profile: Path
    user: int  # whom the browser runs as
    spki: str
    version: str  # Chromium's
    isolation: Isolation
    report: int  # a pipe's descriptor: one JSON object per line


@dataclass
class _Seen:
    redirects: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    downloads: list[str] = field(default_factory=list)
    popups: list[str] = field(default_factory=list)
    unfinished: dict[str, str] = field(default_factory=dict)  # step -> why
    went_on: list[str] = field(default_factory=list)  # where the page went by itself
    not_got: list[str] = field(default_factory=list)  # what the page has and the capture has not


def run(task: Task, port: int) -> None:
    """Do the whole task; never raises for what the site does."""
    visit = _Visit(task, port)
    try:
        asyncio.run(visit.run())
    except CannotStart as refused:
        visit.tell(cannot_start=str(refused))
    except (PlaywrightError, OSError) as error:
        words = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
        visit.tell(broken=f"the browser failed: {words}")
        raise


class _Visit:
    def __init__(self, task: Task, port: int) -> None:
        self.task, self.port = task, port
        self.seen = _Seen()
        self.end = 0.0
        self.before: list[str] = []  # the words of pages that went on by themselves
        self.arrived = self.reading = False
        self.beside: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        async with async_playwright() as playwright:
            self.tell(step="starting the browser")
            started = await start(playwright, self._launch())
            context = started.context
            self.tell(holding=started.holding, sent=await said(context))
            self.end = asyncio.get_running_loop().time() + self.task.limits.total_seconds
            version = context.browser.version if context.browser else ""
            self.tell(browser=f"Chromium {version}" if version else "Chromium")
            await self._visit(context)
            self.tell(seen=self.seen.__dict__, done=True)
            self.tell(step="closing the browser")

    def _launch(self) -> Launch:
        task = self.task
        return Launch(
            profile=task.profile,
            user=task.user,
            port=self.port,
            spki=task.spki,
            version=task.version,
            isolation=task.isolation,
            scripts=task.policy is not Policy.METADATA_ONLY,
            seconds=task.limits.start_seconds * 0.8,
        )

    async def _visit(self, context: BrowserContext) -> None:
        page = context.pages[0] if context.pages else await context.new_page()
        self._listen(context, page)
        if not await self._go(page):
            return
        await self.step("waiting for the page to settle", self._settle(page))
        self.tell(final_url=page.url)
        title = await self.step("reading the title", page.title())
        self.tell(title=title or "")
        if self.task.policy is Policy.METADATA_ONLY:
            return
        layer = await self.step("looking for a layer over the page", cover(page))
        if layer:
            self.not_got(f"what lies under a layer that covers the page ({layer})")
        if refresh := await self.step("looking for a refresh", page.evaluate(_REFRESH)):
            await self._follow_refresh(context, page, float(refresh))
        self.reading = True
        unrolled = await self._unroll(page)
        text = await self.step("reading the text", words(context, page, unrolled.lines))
        if text is not None:
            self.not_got(*text.not_got)
            self.write_text("page.txt", "\n\n".join([*self.before, text.text]))
        html = await self.step("keeping the final document", page.content())
        if html is not None:
            self.write_text("page.html", declared_utf8(html))
        self.tell(final_url=page.url)
        await self.step("opening what scrolls", open_boxes(unrolled))
        self.not_got(*unrolled.not_got)
        await self._pictures(context, page)
        if self.task.policy is Policy.FULL:
            archive = await self.step("keeping an MHTML copy", self._mhtml(context, page))
            if archive is not None:
                self.write("page.mhtml", archive)

    def _listen(self, context: BrowserContext, page: Page) -> None:
        def dialog(it: Dialog) -> None:
            if len(self.seen.dialogs) < _MOST_LISTED:
                self.seen.dialogs.append(f"{it.type}: {it.message[:500]}")
            self._aside(_quietly(it.dismiss()))

        def download(it: Download) -> None:
            if len(self.seen.downloads) < _MOST_LISTED:
                self.seen.downloads.append(it.url[:2000])
            self._aside(_quietly(it.cancel()))

        def popup(it: Page) -> None:
            if len(self.seen.popups) < _MOST_LISTED:
                self.seen.popups.append(it.url[:2000])
            it.on("dialog", dialog)
            it.on("download", download)
            if len(self.seen.popups) > 5:
                self._aside(_quietly(it.close()))

        def response(it: Response) -> None:
            if it.from_service_worker and self.task.policy is not Policy.METADATA_ONLY:
                self._aside(self._synthesised(it))

        def moved(it: Page) -> None:
            if self.arrived and len(self.seen.went_on) < _MOST_LISTED:
                self.seen.went_on.append(it.url[:2000])
                if self.reading:
                    self.not_got(f"the whole of a page that went on by itself to {it.url[:200]}")

        page.on("domcontentloaded", moved)
        context.on("response", response)
        page.on("dialog", dialog)
        page.on("download", download)
        context.on("page", popup)

    async def _synthesised(self, response: Response) -> None:
        """What a service worker answered: it may never have been on the wire."""
        with contextlib.suppress(PlaywrightError):
            kind = (await response.header_value("content-type")) or ""
            body = await response.body()
            self.tell(
                synthesised={
                    "url": response.url,
                    "status": response.status,
                    "kind": kind,
                    "body": base64.b64encode(body[:_MOST_SYNTHESISED]).decode(),
                }
            )

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self.beside.add(task)
        task.add_done_callback(self.beside.discard)

    async def _go(self, page: Page) -> bool:
        """Open the address; False when nothing of it could be shown."""
        seconds = min(self.task.limits.step_seconds, self.left())
        self.tell(step=OPENING)
        try:
            response = await page.goto(
                self.task.url, wait_until="domcontentloaded", timeout=seconds * 1000
            )
        except PlaywrightError as error:
            message = error.message.splitlines()[0]
            if "Download is starting" in message:
                self.seen.unfinished[OPENING] = "it is a download, not a page"
            elif "Timeout" in message:
                self.seen.unfinished[OPENING] = f"it was not ready after {seconds:.0f} seconds"
                return page.url not in ("about:blank", "", ":")
            else:
                self.tell(goto_error=message.partition("net::")[2].split(" ")[0] or message[:300])
            return False
        request = response.request if response else None
        chain = []
        while request is not None:
            chain.append(request.url)
            request = request.redirected_from
        self.seen.redirects = chain[:0:-1]
        self.arrived = True
        return True

    async def _follow_refresh(self, context: BrowserContext, page: Page, seconds: float) -> None:
        """Wait for a page that goes elsewhere after some seconds; its own words are kept first."""
        before = await self.step("reading the text", words(context, page))
        if seconds > _LONGEST_REFRESH or seconds > self.left() / 2:
            self.not_got(f"the page that this one goes on to after {seconds:.0f} seconds")
            return
        with contextlib.suppress(PlaywrightError):
            await page.wait_for_event("framenavigated", timeout=(seconds + 3) * 1000)
            if before is not None:
                self.before.append(before.text)
            self.not_got("the picture of a page that went on by itself")
            await self.step("waiting for the page to settle", self._settle(page))

    async def _unroll(self, page: Page) -> Unrolled:
        """Scroll through everything, for at most half of the time that is left."""
        loop, done = asyncio.get_running_loop(), Unrolled()
        seconds = min(self.left() / 2, _LONGEST_SCROLL)
        until = loop.time() + seconds
        work = unroll(page, lambda: until - loop.time(), done)
        if not await self.step("scrolling", work, seconds=seconds + 3):
            done.not_got.append("what the page shows further down")
        await self.step("waiting for what scrolling brought", self._settle(page))
        return done

    async def _settle(self, page: Page) -> None:
        """Wait for the load event, and a little longer for the network to fall quiet."""
        await page.wait_for_load_state("load")
        try:
            await page.wait_for_load_state("networkidle", timeout=4000)
        except PlaywrightError:
            self.seen.unfinished.setdefault(
                "waiting for the page to settle", "the network never fell quiet"
            )

    async def _pictures(self, context: BrowserContext, page: Page) -> None:
        """The whole page as PNG files, each of a height that Chromium can draw.

        Unless the policy is full, with all media hidden: where that failed no picture is taken.
        """
        name, begin, height = "taking the picture", 0, 1
        most, whole = self.task.limits.screenshot_pixels, self.task.limits.screenshots
        trees: list[int] = []
        if self.task.policy is not Policy.FULL:
            hidden = await self.step("hiding media", hide_media(context, page))
            if hidden is None:
                return
            trees = hidden
        while begin < height and begin < most * whole:
            height = max(1, int(await self.step(name, page.evaluate(_HEIGHT)) or height))
            tall = min(height - begin, most)
            picture = await self.step(name, self._picture(context, page, begin, tall, trees))
            if picture is None:
                break
            number = begin // most + 1
            self.write("screenshot.png" if number == 1 else f"screenshot-{number}.png", picture)
            begin += tall
        if 0 < begin < height:
            self.not_got(f"the picture of the page below {begin} of {height} pixels")

    async def _picture(
        self, context: BrowserContext, page: Page, begin: int, tall: int, trees: list[int]
    ) -> bytes:
        picture = await page.screenshot(
            type="png", full_page=True, animations="disabled",
            clip={"x": 0, "y": begin, "width": WIDTH, "height": tall},
            timeout=self.task.limits.step_seconds * 1000,
        )  # fmt: skip
        if trees and not set(await trees_of(context, page)) <= set(trees):
            raise PlaywrightError("the page changed while its picture was taken")
        return picture

    async def _mhtml(self, context: BrowserContext, page: Page) -> bytes:
        session = await context.new_cdp_session(page)
        return str((await session.send("Page.captureSnapshot"))["data"]).encode()

    def not_got(self, *sentences: str) -> None:
        """Note what the capture lacks."""
        room = max(0, _MOST_LISTED - len(self.seen.not_got))
        self.seen.not_got += [one for one in sentences if one not in self.seen.not_got][:room]

    async def step(self, name: str, work: Awaitable[T], seconds: float = 0) -> T | None:
        """Do one step in its time; what does not succeed is noted and None."""
        self.tell(step=name)
        seconds = seconds or self.task.limits.step_seconds
        try:
            async with asyncio.timeout(max(0.1, min(seconds, self.left()))):
                return await work
        except TimeoutError:
            self.seen.unfinished[name] = "it took too long"
        except PlaywrightError as error:
            self.seen.unfinished[name] = error.message.splitlines()[0][:300]
        self.tell(seen=self.seen.__dict__)
        return None

    def left(self) -> float:
        return self.end - asyncio.get_running_loop().time()

    def tell(self, **facts: object) -> None:
        os.write(self.task.report, json.dumps(facts).encode() + b"\n")

    def write_text(self, name: str, text: str) -> None:
        """Write what of a text may be kept, in UTF-8."""
        if self.task.policy is not Policy.FULL:
            text, not_kept = redacted(text)
            self.tell(
                **{f"not_kept_of_{name.partition('.')[2]}": len(not_kept)} if not_kept else {}
            )
        self.write(name, text.encode("utf-8", "replace"))

    def write(self, name: str, data: bytes) -> None:
        (self.task.into / name).write_bytes(data)


async def _quietly(work: Awaitable[None]) -> None:
    with contextlib.suppress(PlaywrightError):
        await work
