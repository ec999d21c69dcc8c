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

from lindung.evidence.capture import http1
from lindung.evidence.capture.redaction import NotKept

_LONGEST = 4000
_MOST_TOLD = 20  # of what is not kept of one exchange; the marks in its place tell the rest


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
    not_kept: list[NotKept] = field(default_factory=list)
    request: IO[bytes] = field(default_factory=spool, repr=False)
    response_head: http1.Head | None = field(default=None, repr=False)
    response_body: IO[bytes] = field(default_factory=spool, repr=False)

    def facts(self) -> dict[str, Any]:
        names = ("url", "method", "started", "status", "kind", "peer", "bytes_out", "bytes_in",
                 "blocked", "failed", "truncated")  # fmt: skip
        facts = {name: v for name in names if (v := getattr(self, name)) not in (None, 0, "")}
        if head := self.response_head:
            facts |= {"status_line": head.odd[:_LONGEST]} if head.odd else {}
        if self.not_kept:
            facts["not_kept_count"] = len(self.not_kept)
            facts["not_kept"] = [one.facts() for one in self.not_kept[:_MOST_TOLD]]
        return facts | {"url": self.url[:_LONGEST]}  # the record has the whole of it


@dataclass
class KeptExchange:
    """What the records hold of an exchange; `response_head` is None where there is no response."""

    url: str
    request: IO[bytes]
    response_head: bytes | None = None
    response_body: IO[bytes] = field(default_factory=io.BytesIO)
    labels: dict[str, str] = field(default_factory=dict)
    dropped_head: str = ""  # of an answer whose body is not kept


class Warc:
    """An append-only WARC file, one gzip member per record.

    Written here and not by warcio, which parses HTTP headers and writes them anew: a record must
    hold the bytes that came.
    """

    def __init__(self, path: Path, about: Mapping[str, str]) -> None:
        self._file = path.open("wb")
        info = "".join(f"{name}: {value}\r\n" for name, value in about.items()).encode()
        self._put("warcinfo", None, io.BytesIO(info), "application/warc-fields", {})

    def exchange(self, exchange: Exchange, kept: KeptExchange) -> None:
        """Write what is kept of an exchange: its request and, if an answer came, its response."""
        extra = {"WARC-IP-Address": exchange.peer.rsplit(" ", 1)[0]} if exchange.peer else {}
        extra |= {"WARC-Date": exchange.started}
        if kept.response_head is not None:
            labels = extra | kept.labels
            if exchange.truncated:
                labels["WARC-Truncated"] = exchange.truncated
            kind = "application/http; msgtype=response"
            response = self._http("response", kept.url, kept.response_head, kept.response_body,
                                  kind, labels)  # fmt: skip
            extra["WARC-Concurrent-To"] = response
        if kept.request.seek(0, io.SEEK_END):
            kind = "application/http; msgtype=request"
            self._http("request", kept.url, b"", kept.request, kind, extra)
        if exchange.blocked or exchange.failed:
            dropped = {"response_head": kept.dropped_head} if kept.dropped_head else {}
            self.metadata(kept.url, exchange.facts() | dropped)
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
        self, record: str, url: str, head: bytes, body: IO[bytes], kind: str,
        labels: Mapping[str, str],
    ) -> str:  # fmt: skip
        block = spool()
        block.write(head)
        block.writelines(_pieces(body))
        digest = {"WARC-Payload-Digest": _digest(body)} if head else {}
        return self._put(record, url, block, kind, {**labels, **digest})

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


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in _pieces(file):
        digest.update(piece)
    return "sha256:" + base64.b32encode(digest.digest()).decode()
