"""A text with its escapes undone, and where in the text each character was spelt.

`data:` is also `d&#97;ta:`, `data\\x3a`, `data%3A` and `\\64 ata:`, one inside another: what a
browser reads is judged, and what was written is cut.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

import numpy as np

_ROUNDS = 6  # of escapes inside escapes; what is still escaped then is no word
_ESCAPE = re.compile(
    r"""((?:%[0-9A-Fa-f]{2})+)
    |&\#(\d{1,8});?|&\#[xX]([0-9A-Fa-f]{1,8});?|(&[A-Za-z][A-Za-z0-9]{1,30};)
    |\\u([dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2})|\\u\{([0-9A-Fa-f]{1,8})\}|\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})
    |\\([0-3][0-7]{2})(?![0-9A-Fa-f\ \t\n\r\f])
    |\\([0-9A-Fa-f]{1,6})[ \t\n\r\f]?
    |\\(\r?\n|[^0-9A-Fa-fux])""",
    re.VERBOSE,
)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "b": "\b", "f": "\f"}


@dataclass(frozen=True)
class Read:
    """What is read: `text`, and for each of its characters and its end the place in the source."""

    text: str
    places: np.ndarray | None  # int64, one longer than `text`; None: each at its own place

    def place(self, at: int) -> int:
        return at if self.places is None else int(self.places[at])


def read(source: str) -> Read:
    """Undo every escape of HTML, CSS, JavaScript, JSON and addresses, round by round.

    `\\12` is read as CSS has it (hexadecimal), `\\123` as JavaScript has it (octal).
    Bytes in percent signs that are no UTF-8 become lone surrogates (U+DC80 to U+DCFF).
    """
    known = Read(source, None)
    for _ in range(_ROUNDS):
        if "%" not in known.text and "\\" not in known.text and "&" not in known.text:
            break
        found = list(_ESCAPE.finditer(known.text))
        if not found:
            break
        known = _replaced(known, found)
    return known


def _replaced(known: Read, found: list[re.Match[str]]) -> Read:
    pieces: list[str] = []
    spans: list[np.ndarray] = []
    at = 0
    for match in found:
        start, end = match.span()
        said = _said(match)
        pieces += (known.text[at:start], said)
        spans.append(np.arange(at, start, dtype=np.int64))
        spans.append(_within(said, start) if match.lastindex == 1 else
                     np.full(len(said), start, dtype=np.int64))  # fmt: skip
        at = end
    pieces.append(known.text[at:])
    spans.append(np.arange(at, len(known.text) + 1, dtype=np.int64))
    places = np.concatenate(spans)
    return Read("".join(pieces), places if known.places is None else known.places[places])


def _within(said: str, start: int) -> np.ndarray:
    """Where each character of a row of percent signs begins."""
    lengths = [3 * len(c.encode("utf-8", "surrogateescape")) for c in said]
    return start + np.cumsum([0, *lengths[:-1]], dtype=np.int64)


def _said(match: re.Match[str]) -> str:
    kind = match.lastindex
    said = match[kind] if kind else ""
    if kind == 1:
        return bytes.fromhex(said.replace("%", "")).decode("utf-8", "surrogateescape")
    if kind == 4:
        return html.unescape(said)
    if kind == 5:  # one character in two halves
        halves = bytes.fromhex(said.replace("\\u", ""))
        return halves.decode("utf-16-be")
    if kind == 11:
        return "" if said.endswith("\n") else _LETTERS.get(said, said)
    number = int(said, {2: 10, 9: 8}.get(kind or 0, 16))
    return chr(number) if number < 0x110000 else "\ufffd"
