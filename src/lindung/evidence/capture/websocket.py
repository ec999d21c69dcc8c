"""WebSocket traffic carried as it is and read beside it (RFC 6455, without extensions)."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field
from hashlib import sha256

from lindung.evidence.capture.records import now
from lindung.evidence.capture.redaction import redacted_together

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Message = dict[str, str | int]

_TEXT, _BINARY, _CLOSE = 1, 2, 8


@dataclass
class _Way:
    """One direction: bytes that are not yet a frame, and frames that are not yet a message."""

    direction: str
    buffer: bytearray = field(default_factory=bytearray)
    opcode: int = 0
    payload: bytearray = field(default_factory=bytearray)
    needed: int = 2  # bytes of `buffer` that make the next frame whole


@dataclass
class Frames:
    """Every message of one connection: time, direction, opcode, text or base64 data.

    Unless `keep_data`, of what is not proven to be text only length and digest are kept. No more
    than `most` bytes are carried; `cut` says that there would have been more.
    """

    keep_data: bool
    most: int
    messages: list[Message] = field(default_factory=list)
    carried: int = 0
    cut: bool = False
    _ways: list[_Way] = field(default_factory=list)

    async def pump(self, browser: Streams, upstream: Streams) -> None:
        """Carry both directions until either side ends."""
        ways = [
            asyncio.ensure_future(self._carry("sent", browser[0], upstream[1])),
            asyncio.ensure_future(self._carry("received", upstream[0], browser[1])),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    def kept(self) -> list[Message]:
        """The messages so far; what had begun and not ended is among them, and says so."""
        begun = [(way, bytes(way.payload + way.buffer)) for way in self._ways]
        messages = self.messages + [
            self._message(way.direction, way.opcode or _BINARY, rest) | {"cut": 1}
            for way, rest in begun
            if rest
        ]
        if self.keep_data:
            return messages
        told, _ = redacted_together([str(m["text"]) for m in messages if "text" in m])
        texts = iter(told)
        return [m | {"text": next(texts)} if "text" in m else m for m in messages]

    async def _carry(
        self, direction: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        way = _Way(direction)
        self._ways.append(way)
        while piece := await reader.read(1 << 16):
            self.carried += len(piece)
            if self.carried > self.most:
                self.cut = True
                return
            self.take(way, piece)
            writer.write(piece)
            await writer.drain()

    def take(self, way: _Way, piece: bytes) -> None:
        """Read what came; whole messages are kept."""
        way.buffer += piece
        data = way.buffer
        while len(data) >= way.needed:
            length, at = data[1] & 0x7F, 2
            if length >= 126:
                size = 2 if length == 126 else 8
                length, at = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
            masked = data[1] >> 7
            way.needed = at + 4 * masked + length
            if len(data) < max(way.needed, at):
                return
            payload = bytes(data[at + 4 * masked : way.needed])
            if masked:
                payload = _unmasked(payload, bytes(data[at : at + 4]))
            final, opcode = data[0] >> 7, data[0] & 0x0F
            del data[: way.needed]
            way.needed = 2
            self._frame(way, opcode, payload, bool(final))

    def _frame(self, way: _Way, opcode: int, payload: bytes, final: bool) -> None:
        if opcode >= _CLOSE:  # between the frames of a message
            self.messages.append(self._message(way.direction, opcode, payload))
            return
        way.opcode = opcode or way.opcode
        way.payload += payload
        if final:
            self.messages.append(self._message(way.direction, way.opcode, bytes(way.payload)))
            way.opcode = 0
            way.payload.clear()

    def _message(self, direction: str, opcode: int, payload: bytes) -> Message:
        message: Message = {"time": now(), "direction": direction, "opcode": opcode}
        if opcode == _TEXT:
            return message | {"text": payload.decode("utf-8", "replace")}
        if self.keep_data:
            return message | {"data": base64.b64encode(payload).decode()}
        return message | {"length": len(payload), "not_kept": sha256(payload).hexdigest()}


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    length = len(payload)
    pattern = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pattern, "big")).to_bytes(length, "big")
