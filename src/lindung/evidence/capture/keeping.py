"""What of an exchange is kept: all of it, or what is proven to be text."""

from __future__ import annotations

import io
from collections.abc import Collection
from typing import IO

from lindung.evidence.capture import codings, http1
from lindung.evidence.capture.policy import Policy
from lindung.evidence.capture.records import Exchange, KeptExchange
from lindung.evidence.capture.redaction import (
    Kept,
    redacted,
    redacted_body,
    redacted_together,
    whole,
)

_MOST = 64 << 20  # bytes of one body, unpacked


def kept(exchange: Exchange, policy: Policy, asked: Collection[str] = ()) -> KeptExchange:
    """What may be kept of `exchange`; what may not is noted in it.

    `asked` are the addresses that stay as they are: what was to be captured.
    """
    head = exchange.response_head
    if policy is Policy.FULL:
        out = KeptExchange(exchange.url, exchange.request)
        if head is not None and exchange.blocked is None:
            out.response_head, out.response_body = head.raw, exchange.response_body
        return out
    out = KeptExchange(exchange.url, _request(exchange))
    if exchange.url not in asked:
        out.url, missing = redacted(exchange.url)
        exchange.url = out.url
        exchange.not_kept += missing
    if head is None:
        exchange.failed = exchange.failed and redacted(exchange.failed)[0]
        return out
    if exchange.blocked is None and policy is Policy.METADATA_ONLY:
        out.response_head = _head(exchange, head)
        out.labels["WARC-Truncated"] = "unspecified"
    elif exchange.blocked is None:
        _answer(exchange, head, policy, out)
    if exchange.blocked is not None:
        out.dropped_head = redacted(head.raw.decode("latin-1"))[0]
    said = [exchange.kind, exchange.blocked or "", exchange.failed or "", head.odd]
    exchange.kind, blocked, failed, head.odd = redacted_together(said)[0]
    exchange.blocked, exchange.failed = blocked or None, failed or None
    if exchange.not_kept:
        out.labels["Lindung-Not-Kept"] = str(len(exchange.not_kept))
    return out


def _answer(exchange: Exchange, head: http1.Head, policy: Policy, out: KeptExchange) -> None:
    """Put into `out` what of an answer is text. Its codings are undone: they can hold more."""
    exchange.response_body.seek(0)
    wire = exchange.response_body.read()
    content = http1.dechunk(wire) if head.chunked else wire
    try:
        content = codings.undone(content, head.headers, _MOST)
    except codings.CannotUndo as problem:
        exchange.not_kept.append(whole(content))
        exchange.blocked = f"policy {policy}: what is inside cannot be examined: {problem}"
        return
    body = redacted_body(content, ", ".join(head.all("content-type"))) if content else Kept(b"")
    exchange.not_kept += body.not_kept
    if body.content is None:
        kind = body.not_kept[0].taken_for
        exchange.blocked = f"policy {policy}: the body is not the text it is labelled as ({kind})"
        return
    out.response_body = io.BytesIO(body.content)
    changed = None if body.content == wire else body
    out.response_head = _head(exchange, head, changed)


def _head(exchange: Exchange, head: http1.Head, changed: Kept | None = None) -> bytes:
    """The head as it came, or made anew for a body that is kept otherwise than it came."""
    told, missing = redacted(head.raw.decode("latin-1"))
    exchange.not_kept += missing
    if changed is None:
        return told.encode("latin-1", "replace") if missing else head.raw
    drop = ["transfer-encoding", "content-encoding", "content-length"]
    drop += ["content-type"] if changed.not_kept else []
    lines, _ = redacted_together([f"{name}: {value}" for name, value in head.without(*drop)])
    if changed.not_kept:
        kind = head.get("content-type").partition(";")[0].strip() or "text/html"
        lines.append(f"Content-Type: {kind}; charset=utf-8")
    lines.append(f"Content-Length: {len(changed.content or b'')}")
    start, _ = redacted(head.start)
    return "\r\n".join([start, *lines, "", ""]).encode("latin-1", "replace")


def _request(exchange: Exchange) -> IO[bytes]:
    """The request, its body only where that is text."""
    exchange.request.seek(0)
    raw, blank, body = exchange.request.read().partition(b"\r\n\r\n")
    told, missing = redacted(raw.decode("latin-1"))
    sent = (told.encode("latin-1", "replace") if missing else raw) + blank
    if body:
        head = http1.parse(raw + blank, response=False)
        content = http1.dechunk(body) if head.chunked else body
        may = redacted_body(content, head.get("content-type"))
        missing += may.not_kept
        sent += may.content or b""
    exchange.not_kept += missing
    return io.BytesIO(sent)
