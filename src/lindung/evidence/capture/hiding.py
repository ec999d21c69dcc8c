"""Leave nothing of a page but its words in their places before its own picture is taken.

A deny-list of what can show a picture does not hold: author styles win over ours, and a gradient,
ten thousand shadows or a font draw as well as an `img`. So every style and every element that
draws is taken away, and what stays is laid out by the values that the page had computed for a
short list of properties that draw nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playwright.async_api import BrowserContext, CDPSession, Page
from playwright.async_api import Error as PlaywrightError

_DRAWS = (
    "img, picture, video, audio, canvas, object, embed, svg, math, progress, meter, marquee, hr, "
    "fencedframe, portal, permission, geolocation, input[type=image i], input[type=color i], "
    "input[type=range i], input[type=file i]"
)
_SHOWS_NOTHING = "script, style, link, head, title, meta, template, noscript, base, source, track"
_LAID_OUT = [
    "display", "position", "top", "right", "bottom", "left", "float", "clear", "visibility",
    "box-sizing", "width", "height", "min-width", "min-height", "max-width", "max-height",
    "margin-top", "margin-right", "margin-bottom", "margin-left", "padding-top", "padding-right",
    "padding-bottom", "padding-left", "flex-direction", "flex-wrap", "flex-grow", "flex-shrink",
    "flex-basis", "justify-content", "align-items", "align-content", "align-self", "order",
    "grid-template-columns", "grid-template-rows", "grid-column-start", "grid-column-end",
    "grid-row-start", "grid-row-end", "column-gap", "row-gap", "column-count", "overflow-x",
    "overflow-y", "white-space", "text-align", "text-indent", "text-transform", "font-size",
    "font-weight", "font-style", "line-height", "letter-spacing", "word-spacing",
    "vertical-align", "direction", "writing-mode", "unicode-bidi", "table-layout",
    "border-collapse", "transform", "transform-origin", "z-index",
]  # fmt: skip
_NOTHING_DRAWN = (
    "background:none;color:#000;border:0;outline:0;box-shadow:none;text-shadow:none;"
    "text-decoration:none;filter:none;mask:none;clip-path:none;appearance:none;opacity:1;"
    "font-family:sans-serif;font-variant-emoji:text;font-palette:light;animation:none;"
    "transition:none;list-style:none;cursor:default;content:normal;color-scheme:light;"
    "caret-color:#000;accent-color:#000;content-visibility:visible"
)
# Each tree is measured before any is changed: one's layout depends on another's.
_MEASURE = """function (laidOut) {
  this.__measured = [...this.querySelectorAll('*')].map(element => {
    if (!element.style) return null;
    const computed = getComputedStyle(element);
    return [element, laidOut.map(name => name + ':' + computed.getPropertyValue(name)).join(';')];
  }).filter(one => one);
}"""
_STRIP = """function (draws, showsNothing, nothing) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('*,*::before,*::after,:host{' + nothing + '}' +
    '::before,::after,::backdrop{content:none;display:none}::marker{content:none}' +
    '::placeholder{color:#000}');
  for (const style of this.querySelectorAll('style, link')) style.remove();
  for (const known of [...this.styleSheets]) known.disabled = true;
  this.adoptedStyleSheets = [sheet];
  for (const [element, style] of this.__measured) {
    for (const name of ['background', 'bgcolor', 'color', 'border', 'bordercolor'])
      element.removeAttribute(name);
    element.style.cssText = style + ';' + nothing;
    if (element.matches(showsNothing)) element.style.display = 'none';
  }
  for (const element of this.querySelectorAll(draws)) {
    const box = element.getBoundingClientRect(), place = document.createElement('span');
    const inline = getComputedStyle(element).display.startsWith('inline');
    place.style.cssText = 'display:' + (inline ? 'inline-block' : 'block') + ';width:' + box.width
      + 'px;height:' + box.height + 'px';
    element.replaceWith(place);
  }
  delete this.__measured;
  const left = this.querySelector(draws);
  if (left) throw new Error('an element that draws is left');
}"""


@dataclass(frozen=True)
class Tree:
    """A document or shadow root: its session, and its node there, which no reload keeps."""

    session: CDPSession
    node: int
    frame: str


async def hide_media(context: BrowserContext, page: Page) -> list[int]:
    """Take everything but words away in every frame and every shadow tree, closed ones too.

    Returns the trees as `trees_of` names them: a picture counts only if there is no other after
    it. The page's own scripts are stopped first, so that none puts anything back. Raises
    `playwright.Error` when it could not be done: then no picture may be taken.
    """
    sessions = await _sessions(context, page)
    for session in sessions:
        await session.send("Emulation.setScriptExecutionDisabled", {"value": True})
        grey = {"type": "achromatopsia"}  # signs that a font draws in colours are words too
        await session.send("Emulation.setEmulatedVisionDeficiency", grey)
    trees = await _trees(sessions)
    worlds: dict[str, int] = {}
    objects = []
    for tree in trees:
        if tree.frame not in worlds:  # one of our own, where the page has changed nothing
            asked = {"frameId": tree.frame, "worldName": "lindung"}
            made = await tree.session.send("Page.createIsolatedWorld", asked)
            worlds[tree.frame] = made["executionContextId"]
        where = {"backendNodeId": tree.node, "executionContextId": worlds[tree.frame]}
        found = await tree.session.send("DOM.resolveNode", where)
        objects.append((tree.session, str(found["object"]["objectId"])))
    for session, tree_object in objects:
        await _call(session, tree_object, _MEASURE, _LAID_OUT)
    for session, tree_object in objects:
        await _call(session, tree_object, _STRIP, _DRAWS, _SHOWS_NOTHING, _NOTHING_DRAWN)
    return [tree.node for tree in trees]


async def trees_of(context: BrowserContext, page: Page) -> list[int]:
    """The documents and shadow roots that a page has now."""
    return [tree.node for tree in await _trees(await _sessions(context, page))]


async def _sessions(context: BrowserContext, page: Page) -> list[CDPSession]:
    sessions = [await context.new_cdp_session(page)]
    for frame in page.frames:
        if frame is not page.main_frame:
            try:
                sessions.append(await context.new_cdp_session(frame))
            except PlaywrightError:  # a frame in the page's own process, done with the page
                continue
    return sessions


async def _call(session: CDPSession, tree: str, function: str, *arguments: object) -> None:
    call = {
        "objectId": tree,
        "functionDeclaration": function,
        "arguments": [{"value": argument} for argument in arguments],
    }
    done = await session.send("Runtime.callFunctionOn", call)
    if "exceptionDetails" in done:
        what = done["exceptionDetails"].get("exception", {}).get("description", "")
        raise PlaywrightError(f"media could not be hidden: {what.splitlines()[0][:200]}")


async def _trees(sessions: list[CDPSession]) -> list[Tree]:
    found = []
    for session in sessions:
        frames = await session.send("Page.getFrameTree")
        document = await session.send("DOM.getDocument", {"depth": -1, "pierce": True})
        top = frames["frameTree"]["frame"]["id"]
        found += [Tree(session, *root) for root in _roots(document["root"], top)]
    return found


def _roots(root: dict[str, Any], frame: str) -> Iterator[tuple[int, str]]:
    """The documents and shadow roots of authors below a node, each with its frame."""
    waiting = [(root, frame)]
    while waiting:
        node, frame = waiting.pop()
        of_author = node.get("shadowRootType") != "user-agent"
        if node["nodeName"] in ("#document", "#document-fragment") and of_author:
            yield int(node["backendNodeId"]), frame
        waiting += [(one, frame) for one in node.get("children", ())]
        waiting += [(one, frame) for one in node.get("shadowRoots", ())]
        if inner := node.get("contentDocument"):
            waiting.append((inner, node.get("frameId", frame)))
