"""Bring up what a page shows only to somebody who scrolls: lazy pictures, endless lists, boxes.

Each box that scrolls (the page, its frames, boxes inside them) is gone through a screen at a time,
and each screen is looked at as long as a person would, because much is loaded only then. What a
list takes away again while it scrolls is kept as lines.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.async_api import ElementHandle, Frame, Page
from playwright.async_api import Error as PlaywrightError

_LOOK = 0.36  # seconds at each screen: pages wait 100 to 300 ms before they load what is seen
_LATE = 1.5  # seconds more for pictures that are on their way
_GROWS = 0.8  # seconds at the end of a list for more to come
_MOST_BOXES = 20
_MOST_SCREENS = 400
_LONGEST_TEXT = 4 << 20
_BOXES = """() => { const found = [], walk = root => { for (const e of root.querySelectorAll('*')) {
    if (e.shadowRoot) walk(e.shadowRoot);
    if (e.scrollHeight > e.clientHeight + 40 && e.clientHeight > 80 && e.clientWidth > 80
        && e !== document.scrollingElement && e !== document.body
        && /auto|scroll|overlay/.test(getComputedStyle(e).overflowY)) found.push(e); } };
  walk(document); return found; }"""
_PAGE = "() => document.scrollingElement ?? document.documentElement"
# [did it move, pictures on their way, how far it goes]
_DOWN = """(e, first) => { const before = e.scrollTop;
  const step = Math.max(60, e.clientHeight * 0.85);
  e.scrollTo({ top: first ? 0 : before + step, behavior: 'instant' });
  const seen = [...document.images].filter(i => { const at = i.getBoundingClientRect();
    return !i.complete && i.currentSrc && at.bottom > -200 && at.top < innerHeight + 200; });
  return [first || e.scrollTop > before + 1, seen.length, e.scrollHeight]; }"""
_LATE_ONES = """() => [...document.images].filter(i => { const at = i.getBoundingClientRect();
  return !i.complete && i.currentSrc && at.bottom > -200 && at.top < innerHeight + 200; }).length"""
_OPEN = """e => { const all = e.scrollHeight; e.scrollTo({ top: 0, behavior: 'instant' });
  const up = a => a.parentElement ?? a.getRootNode().host;
  for (let a = e; a && a !== document.documentElement; a = up(a)) {
    const style = getComputedStyle(a);
    if (a === e || a.scrollHeight > a.clientHeight + 1 && style.overflowY !== 'visible') {
      a.style.setProperty('height', 'auto', 'important');
      a.style.setProperty('max-height', 'none', 'important');
      a.style.setProperty('overflow', 'visible', 'important'); } }
  for (const a of [document.documentElement, document.body])
    for (const [name, value] of [['height', 'auto'], ['max-height', 'none'],
                                 ['overflow', 'visible']])
      a?.style.setProperty(name, value, 'important');
  return [all, e.getBoundingClientRect().height]; }"""
_TOP = "() => scrollTo({ top: 0, behavior: 'instant' })"
_TEXT = "() => document.body?.innerText ?? ''"


@dataclass
class Unrolled:
    """`lines` were shown at some time; `not_got`: sentences; `boxes` are those inside the page."""

    lines: dict[str, None] = field(default_factory=dict)
    not_got: list[str] = field(default_factory=list)
    boxes: list[ElementHandle] = field(default_factory=list)
    screens: int = 0


async def unroll(page: Page, left: Callable[[], float], done: Unrolled) -> bool:
    """Go through everything that scrolls while `left()` seconds are more than 0."""
    for frame in page.frames:
        try:
            await _unroll_frame(frame, left, done)
        except PlaywrightError:
            if not frame.is_detached():
                done.not_got.append(f"what {_name(frame)} shows further down")
    with contextlib.suppress(PlaywrightError):
        await page.evaluate(_TOP)
    return True


async def open_boxes(done: Unrolled) -> None:
    """Show the boxes that scroll at their whole height, for the picture."""
    for box in done.boxes:
        with contextlib.suppress(PlaywrightError):
            whole, shown = await box.evaluate(_OPEN)
            if shown < whole - 40:
                done.not_got.append(
                    f"the picture shows {shown:.0f} of {whole:.0f} pixels of a box that scrolls"
                )


async def _unroll_frame(frame: Frame, left: Callable[[], float], done: Unrolled) -> None:
    own = (await frame.evaluate_handle(_PAGE)).as_element()
    name = _name(frame)
    if own is not None:
        await _unroll_box(frame, own, name, left, done)
    boxes = await frame.evaluate_handle(_BOXES)
    found = [one for _, one in sorted((await boxes.get_properties()).items(), key=_by_number)]
    for number, handle in enumerate(found):
        box = handle.as_element()
        if box is None:
            continue
        if number >= _MOST_BOXES:
            done.not_got.append(f"{len(found) - number} more boxes that scroll, in {name}")
            break
        done.boxes.append(box)
        await _unroll_box(frame, box, f"a box that scrolls, in {name}", left, done)


def _name(frame: Frame) -> str:
    return "the page" if frame.parent_frame is None else f"the frame {frame.url[:200]}"


def _by_number(item: tuple[str, object]) -> int:
    return int(item[0]) if item[0].isdigit() else 1 << 30


async def _unroll_box(
    frame: Frame, box: ElementHandle, name: str, left: Callable[[], float], done: Unrolled
) -> None:
    """Go down one box until no more comes."""
    moved, late, height = await box.evaluate(_DOWN, True)
    while True:
        done.screens += 1
        await asyncio.sleep(_LOOK)
        if late:
            await _late_pictures(frame)
        await _remember(frame, done)
        if left() <= 0 or done.screens >= _MOST_SCREENS:
            if moved:
                done.not_got.append(
                    f"what {name} shows further down: it still went on after {done.screens} screens"
                )
            return
        moved, late, now_high = await box.evaluate(_DOWN, False)
        if not moved and not await _grew(box, now_high, left):
            return
        height = max(height, now_high)


async def _grew(box: ElementHandle, height: float, left: Callable[[], float]) -> bool:
    """Whether more came at the end of a box within the time that lists take."""
    for _ in range(round(_GROWS / 0.1)):
        await asyncio.sleep(0.1)
        if left() <= 0:
            return False
        if float(await box.evaluate("e => e.scrollHeight")) > height + 1:
            return True
    return False


async def _late_pictures(frame: Frame) -> None:
    for _ in range(round(_LATE / 0.1)):
        if not await frame.evaluate(_LATE_ONES):
            return
        await asyncio.sleep(0.1)


async def _remember(frame: Frame, done: Unrolled) -> None:
    text = str(await frame.evaluate(_TEXT))[:_LONGEST_TEXT]
    done.lines.update(dict.fromkeys(line for line in text.splitlines() if line.strip()))
