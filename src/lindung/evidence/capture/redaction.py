"""What is kept of a text under a policy without media: its words, and digests of the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from lindung.evidence.capture import words
from lindung.evidence.capture.charsets import text_of
from lindung.evidence.capture.embedded import Embedded, embedded
from lindung.evidence.capture.kinds import kind_of

_MOST = 16 << 20  # bytes of one text that are examined


@dataclass(frozen=True)
class NotKept:
    """One thing that was left out, by what stays of it.

    `length` and `sha256` are of the file's bytes where these are known (`unit` is "bytes"), else
    of the characters that stood there, as UTF-8 ("characters").
    """

    taken_for: str
    length: int
    unit: str
    sha256: str

    @property
    def mark(self) -> str:
        """What stands in its place: no blank and no quote, so that markup around it still reads."""
        return f"[not-kept:{self.taken_for}:{self.length}-{self.unit}:sha256:{self.sha256}]"

    def facts(self) -> dict[str, str | int]:
        return dict(vars(self))


@dataclass(frozen=True)
class Kept:
    """What may be kept of a body: `content` is None if nothing, and the body itself if all."""

    content: bytes | None
    not_kept: Sequence[NotKept] = ()


def redacted(text: str) -> tuple[str, list[NotKept]]:
    """`text` with a mark in place of all that is not shown to be words."""
    (out,), not_kept = redacted_together([text])
    return out, not_kept


def redacted_together(texts: Sequence[str]) -> tuple[list[str], list[NotKept]]:
    """The same for texts that are judged as one: a file in many small pieces is still a file."""
    whole = "\n".join(texts)
    found = embedded(whole)
    not_kept = [_not_kept(one, whole) for one in found]
    out: list[str] = []
    start = at = 0
    for text in texts:
        pieces: list[str] = []
        end, place = start + len(text), start
        while at < len(found) and found[at].start < end:
            one = found[at]
            pieces += (whole[place : max(place, one.start)], not_kept[at].mark)
            place = min(one.end, end)
            if one.end > end:
                break  # it goes on in the next text
            at += 1
        out.append("".join((*pieces, whole[place:end])))
        start = end + 1
    return out, not_kept


def redacted_body(body: bytes, content_type: str) -> Kept:
    """What may be kept of a body whose codings are undone: the bytes themselves where all is text.

    What is changed is UTF-8. A body with bytes that no text has is not kept at all.
    """
    examined = body[:_MOST]
    text = text_of(examined, content_type, words.doubt)
    kind = kind_of(body.lstrip(b"\t\n\r\f "))
    if kind or text is None or words.is_noise(text):
        return Kept(None, [whole(body, kind)])
    out, not_kept = redacted(text)
    if len(body) > _MOST:
        not_kept.append(whole(body[_MOST:], "the-rest"))
        out += not_kept[-1].mark
    return Kept(out.encode("utf-8", "replace") if not_kept else body, not_kept)


def redacted_facts(value: Any, keep: str = "") -> Any:
    """The same for every string in lists and mappings of JSON, names too, except `keep` itself."""
    strings: list[str] = []
    _gather(value, strings)
    told = [text for text in dict.fromkeys(strings) if text != keep]
    out = dict(zip(told, redacted_together(told)[0], strict=True))
    return _replaced(value, out)


def whole(content: bytes, kind: str | None = None) -> NotKept:
    """A file that was left out whole."""
    taken_for = kind or kind_of(content) or "unknown"
    return NotKept(taken_for, len(content), "bytes", sha256(content).hexdigest())


def _not_kept(one: Embedded, text: str) -> NotKept:
    if one.content is not None:
        return whole(one.content, one.kind)
    there = text[one.start : one.end]
    digest = sha256(there.encode("utf-8", "replace")).hexdigest()
    return NotKept(one.kind, len(there), "characters", digest)


def _gather(value: Any, into: list[str]) -> None:
    if isinstance(value, str):
        into.append(value)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            into.append(name)
            _gather(inner, into)
    elif isinstance(value, list | tuple):
        for inner in value:
            _gather(inner, into)


def _replaced(value: Any, out: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return out.get(value, value)
    if isinstance(value, Mapping):
        return {out.get(name, name): _replaced(inner, out) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(inner, out) for inner in value]
    return value
