"""Files that are written into a text: where they stand, and their bytes.

`data:` addresses are read as a browser reads them; every other place that is not shown to be
words is tried as base64, hexadecimal and lists of numbers.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lindung.evidence.capture import words
from lindung.evidence.capture.charsets import text_of
from lindung.evidence.capture.kinds import kind_of
from lindung.evidence.capture.spelling import Read, read

_DEPTH = 6  # of files in files; what lies deeper is not shown to be text
_ADDRESS = re.compile(
    r"d[\t\r\n]*a[\t\r\n]*t[\t\r\n]*a[\t\r\n]*:([^,<>\"'`]{0,300}),", re.IGNORECASE
)
_BASE64 = re.compile(r";\s*base64\s*$", re.IGNORECASE)
_BARE_END = re.compile(r"[\s<>\"')]")
_TAGS = frozenset(
    [
        "a", "abbr", "address", "area", "article", "aside", "audio", "b", "base", "bdi", "bdo",
        "blockquote", "body", "br", "button", "canvas", "caption", "center", "cite", "code", "col",
        "colgroup", "data", "datalist", "dd", "del", "details", "dfn", "dialog", "dir", "div", "dl",
        "dt", "em", "embed", "fieldset", "figcaption", "figure", "font", "footer", "form", "frame",
        "frameset", "g", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr",
        "html", "i", "iframe", "image", "img", "input", "ins", "kbd", "label", "legend", "li",
        "link", "main", "map", "mark", "menu", "meta", "nav", "noscript", "object", "ol",
        "optgroup", "option", "output", "p", "param", "path", "picture", "pre", "progress", "q",
        "rp", "rt", "ruby", "s", "samp", "script", "search", "section", "select", "slot", "small",
        "source", "span", "strike", "strong", "style", "sub", "summary", "sup", "svg", "table",
        "tbody", "td", "template", "textarea", "text", "tfoot", "th", "thead", "time", "title",
        "tr", "track", "tt", "u", "ul", "use", "var", "video", "wbr"
    ]
)  # fmt: skip
_EDGE = " \t\r\n\f\v\"'`<>(){}[],;:=&|?!.#*@$^~"
_MOST_EDGE = 8  # characters
_SHORTEST = 24  # characters that could spell a picture
_STRAYS = re.compile(r"""["'`][\s+,.]*["'`]|[\s\\"'`,;\[\](){}]""")
_STARTS = re.compile(r"""^|["'`(\[,=>:\s]+""")
_BYTE = r"(?:0x[0-9a-f]{1,2}|\d{1,3})"
_LIST = re.compile(rf"{_BYTE}(?:[\s,;|_:'\"-]+{_BYTE})+", re.IGNORECASE)


@dataclass(frozen=True)
class Embedded:
    """One place of a text (`start`, `end` in it) that is not shown to be words.

    `content` is the file it spells, or None where no spelling is known; `kind` what that is taken
    for.
    """

    start: int
    end: int
    kind: str
    content: bytes | None


def embedded(source: str, depth: int = 0) -> list[Embedded]:
    """The places of `source` that are not shown to be words, in order and apart."""
    known = read(source)
    found, judged = _addresses(source, known, depth)
    rest = words.outside(judged, known.text)
    for start, end in words.unproven(rest):
        for first, last in _cores(rest, start, end):
            content, kind = _file(rest[first:last])
            found.append(Embedded(known.place(first), known.place(last), kind, content))
    return _apart(found)


def is_text(content: bytes, content_type: str, depth: int = 0) -> bool:
    """Whether a file is proven to be text, and all that is written into it too."""
    if depth >= _DEPTH or kind_of(content.lstrip(b"\t\n\r\f ")):
        return False
    text = text_of(content, content_type, words.doubt)
    return text is not None and not embedded(text, depth)


def _addresses(source: str, known: Read, depth: int) -> tuple[list[Embedded], list[words.Span]]:
    """The files in `data:` addresses that are no text, and where the addresses of all stand."""
    found: list[Embedded] = []
    judged: list[words.Span] = []
    at = 0
    while address := _ADDRESS.search(known.text, at):
        start, end = address.end(), _end(source, known, address)
        at = max(start, end)
        payload = known.text[start:end]
        packed = bool(_BASE64.search(address[1]))
        content = from_base64(payload) if packed else payload.encode("utf-8", "surrogateescape")
        if content is None:
            continue  # no browser reads it; its characters are judged with the rest
        if not is_text(content, address[1], depth + 1):
            place, after = known.place(start), known.place(end)
            found.append(Embedded(place, after, kind_of(content) or "unknown", content))
            judged.append((start, end))
        elif packed:
            judged.append((start, end))
    return found, judged


def _end(source: str, known: Read, address: re.Match[str]) -> int:
    """Where in what is read the address ends: at its opening quote, spelt as that was spelt."""
    before, start = address.start() - 1, address.end()
    opening = known.text[before] if before >= 0 else ""
    place = known.place(start)
    if opening in ('"', "'", "`"):
        closing = source.find(source[known.place(before) : known.place(before + 1)], place)
    elif opening == "(":
        closing = source.find(")", place)
    else:
        bare = _BARE_END.search(source, place)
        closing = bare.start() if bare else -1
    if closing < 0:
        return len(known.text)
    if known.places is None:
        return closing
    return int(np.searchsorted(known.places[:-1], closing))


def _cores(text: str, start: int, end: int) -> list[words.Span]:
    """A place without the markup around and between what is unproven in it."""
    cores = []
    for piece in re.finditer(r"[^<>]+", text[start:end]):
        first, last = start + piece.start(), start + piece.end()
        if text[first - 1 : first] == "<":
            tag = re.match(r"[/!]?([A-Za-z0-9]+)", text[first:last])
            if tag and tag[1].lower() in _TAGS:
                first += tag.end()
        there = text[first:last]
        kept_before = len(there) - len(there.lstrip(_EDGE))
        kept_after = len(there) - len(there.rstrip(_EDGE))
        first += min(kept_before, _MOST_EDGE)
        last -= min(kept_after, _MOST_EDGE)
        if last > first and (kept_before < len(there) or len(there) > 2 * _MOST_EDGE):
            cores.append((first, last))
    return cores


def _file(core: str) -> tuple[bytes | None, str]:
    """The file that a place spells, if it can be told, and what it is taken for."""
    if len(core) < _SHORTEST:
        return None, "unknown"
    for start in _STARTS.finditer(core, 0, 400):
        rest = core[start.end() :]
        for spelling in _SPELLINGS:
            content = spelling(rest[:4096])
            if content and (kind := kind_of(content)):
                return spelling(rest), kind
    return None, "unknown"


def from_base64(text: str) -> bytes | None:
    """The bytes of base64 as browsers forgive it; None where it is none."""
    plain = re.sub(r"[\s=]+", "", text).translate({0x2D: "+", 0x5F: "/"})
    if len(plain) % 4 == 1 or not re.fullmatch(r"[A-Za-z0-9+/]*", plain):
        return None
    return base64.b64decode(plain + "=" * (-len(plain) % 4))


def _strung_base64(text: str) -> bytes | None:
    """Base64 in pieces, as a script adds strings up; what comes after it is left out."""
    plain = _STRAYS.sub("", text).translate({0x2D: "+", 0x5F: "/"})
    found = re.match(r"[A-Za-z0-9+/]+", plain)
    if found is None:
        return None
    return base64.b64decode(found[0][: len(found[0]) // 4 * 4] + _last(found[0]))


def _last(digits: str) -> str:
    left = digits[len(digits) // 4 * 4 :]
    return left + "=" * (4 - len(left)) if len(left) > 1 else ""


def _hexadecimal(text: str) -> bytes | None:
    plain = re.sub(r"""0x|\\x|["'`][\s+,]*["'`]|[\s,;:%_\\-]""", "", text)
    found = re.match(r"(?:[0-9A-Fa-f]{2})+", plain)
    return binascii.unhexlify(found[0]) if found else None


def _numbers(text: str) -> bytes | None:
    found = _LIST.match(text)
    if found is None:
        return None
    said = re.findall(_BYTE, found[0], re.IGNORECASE)
    numbers = [int(n, 16 if n[:2] in ("0x", "0X") else 10) for n in said]
    return bytes(numbers) if max(numbers) < 256 else None


def _characters(text: str) -> bytes | None:
    """A string whose characters are bytes, as percent signs and `\\x` give it."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")


_SPELLINGS: tuple[Callable[[str], bytes | None], ...] = (
    _numbers, _hexadecimal, _strung_base64, _characters,
)  # fmt: skip


def _apart(found: list[Embedded]) -> list[Embedded]:
    """In order of place; what overlaps is one place."""
    out: list[Embedded] = []
    for one in sorted(found, key=lambda each: (each.start, -each.end)):
        if out and one.start < out[-1].end:
            last = out[-1]
            out[-1] = Embedded(last.start, max(last.end, one.end), last.kind, last.content)
        elif one.end > one.start:
            out.append(one)
    return out
