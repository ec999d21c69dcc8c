"""The WARC/1.1 file of a capture (ISO 28500:2017), written as the exchanges end."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tempfile
import uuid
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from lindung.evidence.capture import http1, policy
from lindung.evidence.capture.policy import Policy

_LONGEST = 4000


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
        facts = {name: v for name in names if (v := getattr(self, name)) not in (None, 0, "")}
        return facts | {"url": self.url[:_LONGEST]}  # the record has the whole of it


class Warc:
    """An append-only WARC file, one gzip member per record.

    Written here and not by warcio, which parses HTTP headers and writes them anew: a record must
    hold the bytes that came.
    """

    def __init__(self, path: Path, about: Mapping[str, str]) -> None:
        self._file = path.open("wb")
        info = "".join(f"{name}: {value}\r\n" for name, value in about.items()).encode()
        self._put("warcinfo", None, io.BytesIO(info), "application/warc-fields", {})

    def exchange(self, exchange: Exchange, keep: Policy) -> None:
        """Write one exchange as a request record and, if an answer came, a response record."""
        extra = {"WARC-IP-Address": exchange.peer.rsplit(" ", 1)[0]} if exchange.peer else {}
        body = exchange.response_body
        response_id = None
        if (head := exchange.response_head) is not None and exchange.blocked is None:
            labels = dict(extra)
            if keep is Policy.METADATA_ONLY:
                labels["WARC-Truncated"] = "unspecified"
                body = io.BytesIO()
            elif keep is Policy.NO_MEDIA:
                body, head = _without_inline_media(exchange, head)
                if exchange.inline_media_removed:
                    labels["Lindung-Inline-Media-Removed"] = str(exchange.inline_media_removed)
            if exchange.truncated:
                labels["WARC-Truncated"] = exchange.truncated
            response_id = self._http("response", exchange, head.raw, body, labels)
        if response_id:
            extra["WARC-Concurrent-To"] = response_id
        if exchange.request.tell():
            sent = exchange.request
            if keep is not Policy.FULL:
                sent.seek(0)
                sent = io.BytesIO(policy.remove_inline_media(sent.read())[0])
            self._http("request", exchange, b"", sent, extra)
        if exchange.blocked or exchange.failed:
            dropped = {"response_head": head.raw.decode("latin-1")} if head else {}
            self.metadata(exchange.url, exchange.facts() | dropped)
        exchange.response_body.close()
        exchange.request.close()

    def resource(self, url: str, data: bytes, kind: str, labels: Mapping[str, str]) -> None:
        """A thing that was made rather than fetched: frames, a rendering, a derived text."""
        self._put("resource", url, io.BytesIO(data), kind, labels)

    def metadata(self, url: str, facts: object) -> None:
        data = json.dumps(facts, indent=1).encode()
        self._put("metadata", url, io.BytesIO(data), "application/json", {})

    def close(self) -> None:
        self._file.close()

    def _http(
        self, kind: str, exchange: Exchange, head: bytes, body: IO[bytes], labels: dict[str, str]
    ) -> str:
        block = spool()
        block.write(head)
        block.writelines(_pieces(body))
        if head:
            labels = labels | {"WARC-Payload-Digest": _digest(body)}
        return self._put(
            kind, exchange.url, block, f"application/http; msgtype={kind}",
            labels | {"WARC-Date": exchange.started},
        )  # fmt: skip

    def _put(
        self, kind: str, url: str | None, block: IO[bytes], content: str, labels: Mapping[str, str]
    ) -> str:
        length = block.seek(0, io.SEEK_END)
        record_id = f"<urn:uuid:{uuid.uuid4()}>"
        headers = {"WARC-Type": kind, "WARC-Record-ID": record_id, "WARC-Date": now()}
        headers |= {"WARC-Target-URI": url} if url else {}
        headers |= labels
        headers |= {
            "WARC-Block-Digest": _digest(block),
            "Content-Type": content,
            "Content-Length": str(length),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        packer = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS + 16)
        self._file.write(packer.compress(f"WARC/1.1\r\n{lines}\r\n".encode()))
        for piece in _pieces(block):
            self._file.write(packer.compress(piece))
        self._file.write(packer.compress(b"\r\n\r\n") + packer.flush())
        self._file.flush()
        return record_id


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    return iter(lambda: file.read(1 << 16), b"")


def _without_inline_media(exchange: Exchange, head: http1.Head) -> tuple[IO[bytes], http1.Head]:
    """The same answer with pictures inside its text cut out; what cannot be read is not kept."""
    exchange.response_body.seek(0)
    body = exchange.response_body.read()
    chunked = "chunked" in head.get("transfer-encoding").lower()
    content = policy.unpacked(http1.dechunk(body) if chunked else body, head)
    if content is None:
        exchange.truncated = "unspecified"
        return io.BytesIO(), head
    content, removed = policy.remove_inline_media(content)
    if not removed:
        return exchange.response_body, head
    exchange.inline_media_removed = len(removed)
    headers = head.without("transfer-encoding", "content-encoding", "content-length")
    headers.append(("Content-Length", str(len(content))))
    return io.BytesIO(content), http1.Head(head.start, headers, http1.encode(head.start, headers))


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in _pieces(file):
        digest.update(piece)
    return "sha256:" + base64.b32encode(digest.digest()).decode()
