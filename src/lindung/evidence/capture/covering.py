"""A layer that lies over a page: a consent wall, a gate that asks for an age or a sign-in."""

from __future__ import annotations

from playwright.async_api import Page

# The words of what covers most of the screen and stays while the page scrolls; or nothing.
_COVER = """() => { const layers = new Map(); let points = 0;
  for (let x = 1; x < 8; x++) for (let y = 1; y < 8; y++) { points++;
    let e = document.elementFromPoint(innerWidth * x / 8, innerHeight * y / 8);
    for (; e && e !== document.body && e !== document.documentElement;
         e = e.parentElement ?? e.getRootNode().host) {
      const at = getComputedStyle(e).position;
      if (at === 'fixed' || e.localName === 'dialog') {
        layers.set(e, (layers.get(e) ?? 0) + 1); break; } } }
  const covered = [...layers.values()].reduce((a, b) => a + b, 0);
  if (covered < points * 0.4) return '';
  return [...layers.keys()].map(e => e.innerText ?? '').join(' ').replace(/\\s+/g, ' ').trim()
    .slice(0, 120) || 'without words'; }"""


async def cover(page: Page) -> str:
    """The first words of a layer that covers the page, or nothing. Raises `playwright.Error`."""
    return str(await page.evaluate(_COVER))
