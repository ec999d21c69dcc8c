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
from lindung.evidence.capture.hiding import hide_media, trees_of
from lindung.evidence.capture.policy import Isolation, Limits, Policy
from lindung.evidence.capture.redaction import redacted
from lindung.evidence.capture.starting import CannotStart, Launch, said, start

T = TypeVar("T")

OPENING = "opening the address"  # the step with which a capture's time begins
_MOST_LISTED = 50
_MOST_SYNTHESISED = 4 << 20
_SCROLL = """async () => { const step = innerHeight || 800;
  for (let y = 0, n = 0; y < document.documentElement.scrollHeight && n < 25; y += step, n++) {
    scrollTo(0, y); await new Promise(r => setTimeout(r, 80)); }
  scrollTo(0, 0); }"""
_TEXT = "() => document.body ? document.body.innerText : ''"


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
        await self.step("scrolling", page.evaluate(_SCROLL))
        await self.step("waiting for what scrolling brought", self._settle(page))
        text = await self.step("reading the text", page.evaluate(_TEXT))
        if isinstance(text, str):
            self.write_text("page.txt", text)
        html = await self.step("keeping the final document", page.content())
        if html is not None:
            self.write_text("page.html", declared_utf8(html))
        self.tell(final_url=page.url)
        picture = await self.step("taking the picture", self._picture(context, page))
        if picture is not None:
            self.write("screenshot.png", picture)
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
        return True

    async def _settle(self, page: Page) -> None:
        """Wait for the load event, and a little longer for the network to fall quiet."""
        await page.wait_for_load_state("load")
        try:
            await page.wait_for_load_state("networkidle", timeout=4000)
        except PlaywrightError:
            self.seen.unfinished.setdefault(
                "waiting for the page to settle", "the network never fell quiet"
            )

    async def _picture(self, context: BrowserContext, page: Page) -> bytes:
        """The whole page as PNG; unless the policy is full, with all media hidden."""
        trees = await hide_media(context, page) if self.task.policy is not Policy.FULL else []
        height = await page.evaluate("() => document.documentElement.scrollHeight")
        height = max(1, min(int(height or 1), self.task.limits.screenshot_pixels))
        picture = await page.screenshot(
            type="png", full_page=True, clip={"x": 0, "y": 0, "width": 1280, "height": height},
            animations="disabled", timeout=self.task.limits.step_seconds * 1000,
        )  # fmt: skip
        if trees and not set(await trees_of(context, page)) <= set(trees):
            raise PlaywrightError("the page changed while its picture was taken")
        return picture

    async def _mhtml(self, context: BrowserContext, page: Page) -> bytes:
        session = await context.new_cdp_session(page)
        return str((await session.send("Page.captureSnapshot"))["data"]).encode()

    async def step(self, name: str, work: Awaitable[T]) -> T | None:
        """Do one step in its time; what does not succeed is noted and None."""
        self.tell(step=name)
        try:
            async with asyncio.timeout(max(0.1, min(self.task.limits.step_seconds, self.left()))):
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
