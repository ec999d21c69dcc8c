"""The words that a page shows: of its document, every frame, every shadow tree, closed ones too."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import BrowserContext, CDPSession, Page
from playwright.async_api import Error as PlaywrightError

_EACH = 5.0  # seconds that one tree may take
_MOST_TREES = 3000
_ERROR_PAGE = "chrome-error:"
# A tree's own words: a document's body, or the children of a shadow root, as they are rendered.
_WORDS = """function () {
  const of = n => n.nodeType === 3 ? n.data
    : n.nodeType !== 1 || /^(style|script|link|template|noscript|meta|title)$/i.test(n.localName)
      || n.checkVisibility && !n.checkVisibility() && getComputedStyle(n).display !== 'contents'
    ? '' : n.innerText ?? n.textContent ?? '';
  if (this.nodeType === 9) {
    const top = this.body ?? this.documentElement;
    return [this.URL, top ? top.innerText ?? top.textContent ?? '' : ''];
  }
  return ['', [...this.childNodes].map(of).filter(t => t.trim()).join('\\n')]; }"""


@dataclass
class Words:
    """`text`: every tree's words, the document's first. `not_got`: sentences."""

    text: str = ""
    not_got: list[str] = field(default_factory=list)


async def words(context: BrowserContext, page: Page, seen: Iterable[str] = ()) -> Words:
    """Read every tree; `seen` are lines that were shown before and may be gone by now.

    Raises `playwright.Error` where not even the document could be read.
    """
    found = Words()
    parts = await _of_session(await context.new_cdp_session(page), found)
    for frame in page.frames:
        if frame is page.main_frame:
            continue
        try:
            session = await context.new_cdp_session(frame)
        except PlaywrightError:  # a frame in the page's own process, read with the page
            continue
        try:
            parts += await _of_session(session, found)
        except (PlaywrightError, TimeoutError):
            found.not_got.append(f"the words of the frame {frame.url[:200]}")
    whole = "\n\n".join(part.strip("\n") for part in parts if part.strip())
    there = set(whole.splitlines())
    gone = [line for line in seen if line not in there]
    found.text = "\n\n".join(filter(None, [whole, "\n".join(gone)]))
    return found


async def _of_session(session: CDPSession, found: Words) -> list[str]:
    """The words of the trees of one process, in the order of the document."""
    parts: list[str] = []
    try:
        async with asyncio.timeout(_EACH * 2):
            document = await session.send("DOM.getDocument", {"depth": -1, "pierce": True})
        trees = list(_trees(document["root"]))
        for number, tree in enumerate(trees):
            if number >= _MOST_TREES:
                found.not_got.append(f"the words of {len(trees) - number} more frames and parts")
                break
            try:
                async with asyncio.timeout(_EACH):
                    address, text = await _read(session, tree)
            except (PlaywrightError, TimeoutError):
                if not parts:
                    raise
                found.not_got.append("the words of a frame or a part of the page")
                continue
            if address.startswith(_ERROR_PAGE):
                found.not_got.append("a frame that could not be loaded")
            else:
                parts.append(text)
    finally:
        with contextlib.suppress(PlaywrightError):
            await session.detach()
    return parts


async def _read(session: CDPSession, tree: int) -> tuple[str, str]:
    node = await session.send("DOM.resolveNode", {"backendNodeId": tree})
    call = {
        "objectId": node["object"]["objectId"],
        "functionDeclaration": _WORDS,
        "returnByValue": True,
    }
    done = await session.send("Runtime.callFunctionOn", call)
    if "exceptionDetails" in done:
        raise PlaywrightError("the words could not be read")
    address, text = done["result"]["value"]
    return str(address), str(text)


def _trees(root: dict[str, Any]) -> Iterator[int]:
    """The documents and the authors' shadow roots below a node, in order, by their identifiers."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node["nodeName"] == "#document" or node.get("shadowRootType") in ("open", "closed"):
            yield int(node["backendNodeId"])
        inner = node.get("contentDocument")
        below = [*node.get("shadowRoots", ()), *([inner] if inner else ())]
        waiting += reversed([*below, *node.get("children", ())])
