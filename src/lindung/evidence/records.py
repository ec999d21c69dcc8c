"""The WARC/1.1 file of a capture (ISO 28500:2017), written as the exchanges end."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from warcio.warcwriter import WARCWriter

from lindung.evidence import http1, policy
from lindung.evidence.policy import Policy


def now() -> str:
    """The time as it stands in records: ISO 8601, UTC, microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def spool() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(max_size=1 << 20)


@dataclass
class Exchange:
    """One request and what came of it, as the guard saw it on the wire."""

    url: str
    method: str
    started: str = field(default_factory=now)
    status: int | None = None
    kind: str = ""
    peer: str | None = None
    bytes_out: int = 0
    bytes_in: int = 0
    blocked: str | None = None
    failed: str | None = None
    truncated: str | None = None
    inline_media_removed: int = 0
    request: IO[bytes] = field(default_factory=spool, repr=False)
    response_head: http1.Head | None = field(default=None, repr=False)
    response_body: IO[bytes] = field(default_factory=spool, repr=False)

    def facts(self) -> dict[str, Any]:
        names = ("url", "method", "started", "status", "kind", "peer", "bytes_out", "bytes_in",
                 "blocked", "failed", "truncated", "inline_media_removed")  # fmt: skip
        return {name: v for name in names if (v := getattr(self, name)) not in (None, 0, "")}


class Warc:
    """An append-only WARC file, one gzip member per record."""

    def __init__(self, path: Path, about: Mapping[str, str]) -> None:
        self._file = path.open("wb")
        self._writer = WARCWriter(self._file, gzip=True, warc_version="WARC/1.1")
        info = "".join(f"{name}: {value}\r\n" for name, value in about.items()).encode()
        self._put("warcinfo", None, io.BytesIO(info), "application/warc-fields", {})

    def exchange(self, exchange: Exchange, keep: Policy) -> None:
        """Write one exchange as a request record and, if an answer came, a response record."""
        extra = {"WARC-IP-Address": exchange.peer.rsplit(" ", 1)[0]} if exchange.peer else {}
        body = exchange.response_body
        response_id = None
        if (head := exchange.response_head) is not None and exchange.blocked is None:
            labels = dict(extra)
            if exchange.truncated:
                labels["WARC-Truncated"] = exchange.truncated
            if keep is Policy.METADATA_ONLY:
                labels["WARC-Truncated"] = "unspecified"
                body = io.BytesIO()
            elif keep is Policy.NO_MEDIA:
                body, head = _without_inline_media(exchange, head)
                if exchange.inline_media_removed:
                    labels["Lindung-Inline-Media-Removed"] = str(exchange.inline_media_removed)
            response_id = self._http("response", exchange, head.raw, body, labels)
        if response_id:
            extra["WARC-Concurrent-To"] = response_id
        self._http("request", exchange, b"", exchange.request, extra)
        exchange.response_body.close()
        exchange.request.close()

    def resource(self, url: str, data: bytes, kind: str, labels: Mapping[str, str]) -> None:
        """A thing that was made rather than fetched: frames, a rendering, a derived text."""
        self._put("resource", url, io.BytesIO(data), kind, labels)

    def metadata(self, url: str, facts: object) -> None:
        data = json.dumps(facts, ensure_ascii=False, indent=1).encode()
        self._put("metadata", url, io.BytesIO(data), "application/json", {})

    def close(self) -> None:
        self._file.close()

    def _http(
        self, kind: str, exchange: Exchange, head: bytes, body: IO[bytes], labels: dict[str, str]
    ) -> str:
        block = spool()
        block.write(head)
        payload = hashlib.sha256()
        body.seek(0)
        while piece := body.read(1 << 16):
            payload.update(piece)
            block.write(piece)
        if head:
            labels = labels | {"WARC-Payload-Digest": _digest(payload.digest())}
        return self._put(
            kind, exchange.url, block, f"application/http; msgtype={kind}",
            labels | {"WARC-Date": exchange.started},
        )  # fmt: skip

    def _put(
        self, kind: str, url: str | None, block: IO[bytes], content: str, labels: Mapping[str, str]
    ) -> str:
        length = block.seek(0, io.SEEK_END)
        block.seek(0)
        digest = hashlib.sha256()
        while piece := block.read(1 << 16):
            digest.update(piece)
        block.seek(0)
        record = self._writer.create_warc_record(
            url, kind, payload=block, length=length, warc_content_type=content,
            warc_headers_dict={"WARC-Block-Digest": _digest(digest.digest()), **labels},
        )  # fmt: skip
        self._writer.write_record(record)
        self._file.flush()
        return str(record.rec_headers.get_header("WARC-Record-ID"))


def _without_inline_media(exchange: Exchange, head: http1.Head) -> tuple[IO[bytes], http1.Head]:
    exchange.response_body.seek(0)
    body = exchange.response_body.read()
    chunked = "chunked" in head.get("transfer-encoding").lower()
    content, removed = policy.remove_inline_media(http1.dechunk(body) if chunked else body)
    if not removed:
        return exchange.response_body, head
    exchange.inline_media_removed = len(removed)
    headers = head.without("transfer-encoding", "content-length")
    headers.append(("Content-Length", str(len(content))))
    return io.BytesIO(content), http1.Head(head.start, headers, http1.encode(head.start, headers))


def _digest(value: bytes) -> str:
    return "sha256:" + base64.b32encode(value).decode()
