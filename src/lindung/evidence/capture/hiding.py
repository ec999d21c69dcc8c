"""Hide every picture, film and drawing of a page before its own picture is taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playwright.async_api import BrowserContext, CDPSession, Page
from playwright.async_api import Error as PlaywrightError

_STYLE = """img, picture, video, audio, canvas, object, embed, svg image, input[type=image] {
  visibility: hidden !important } *, *::before, *::after { background-image: none !important;
  border-image: none !important; list-style-image: none !important; mask-image: none !important;
  content: normal !important; cursor: default !important }"""
_ADOPT = """function (style) { const view = (this.ownerDocument || this).defaultView;
  const sheet = new view.CSSStyleSheet(); sheet.replaceSync(style);
  this.adoptedStyleSheets = [...this.adoptedStyleSheets, sheet]; }"""


async def hide_media(context: BrowserContext, page: Page) -> None:
    """Hide media in every frame and every shadow tree, closed ones too.

    By constructed style sheets, which no content security policy keeps out. Raises
    `playwright.Error` when it could not be done: then no picture may be taken.
    """
    await _hide(await context.new_cdp_session(page))
    for frame in page.frames:
        if frame is not page.main_frame:
            try:
                session = await context.new_cdp_session(frame)
            except PlaywrightError:  # a frame in the page's own process, done with the page
                continue
            await _hide(session)


async def _hide(session: CDPSession) -> None:
    document = await session.send("DOM.getDocument", {"depth": -1, "pierce": True})
    for node in _trees(document["root"]):
        found = await session.send("DOM.resolveNode", {"backendNodeId": node})
        call = {
            "objectId": found["object"]["objectId"],
            "functionDeclaration": _ADOPT,
            "arguments": [{"value": _STYLE}],
        }
        done = await session.send("Runtime.callFunctionOn", call)
        if "exceptionDetails" in done:
            raise PlaywrightError("media could not be hidden")


def _trees(root: dict[str, Any]) -> Iterator[int]:
    """The documents and shadow roots below a node, by their backend identifiers."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node["nodeName"] in ("#document", "#document-fragment"):
            yield int(node["backendNodeId"])
        waiting += [*node.get("children", ()), *node.get("shadowRoots", ())]
        if inner := node.get("contentDocument"):
            waiting.append(inner)
