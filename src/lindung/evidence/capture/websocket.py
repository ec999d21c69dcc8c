"""WebSocket traffic carried as it is and read beside it (RFC 6455, without extensions)."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field

from lindung.evidence.capture.policy import Limits
from lindung.evidence.capture.records import now


@dataclass
class Frames:
    """Every message of one connection: time, direction, opcode, text or base64 data.

    Without `keep_data` of a message that is not text only the length is kept: it may be media.
    """

    keep_data: bool
    messages: list[dict[str, str | int]] = field(default_factory=list)
    kept: int = 0

    async def pump(
        self,
        browser: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        limits: Limits,
    ) -> None:
        """Carry both directions until either side ends."""
        ways = [
            asyncio.ensure_future(self._way("sent", browser[0], upstream[1], limits)),
            asyncio.ensure_future(self._way("received", upstream[0], browser[1], limits)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _way(
        self,
        direction: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        limits: Limits,
    ) -> None:
        buffer = b""
        while piece := await reader.read(1 << 16):
            writer.write(piece)
            await writer.drain()
            self.kept += len(piece)
            if self.kept > limits.response_bytes:
                return
            buffer = self._read(direction, buffer + piece)

    def _read(self, direction: str, data: bytes) -> bytes:
        """Take whole frames off the front of `data`; returns what is left."""
        while len(data) >= 2:
            length, at = data[1] & 0x7F, 2
            if length >= 126:
                size = 2 if length == 126 else 8
                length, at = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
            masked = data[1] >> 7
            end = at + 4 * masked + length
            if len(data) < end:
                break
            payload = data[at + 4 * masked : end]
            if masked:
                mask = (data[at : at + 4] * (length // 4 + 1))[:length]
                payload = bytes(a ^ b for a, b in zip(payload, mask, strict=True))
            self._note(direction, data[0] & 0x0F, payload)
            data = data[end:]
        return data

    def _note(self, direction: str, opcode: int, payload: bytes) -> None:
        message: dict[str, str | int] = {"time": now(), "direction": direction, "opcode": opcode}
        if opcode == 1:
            message["text"] = payload.decode("utf-8", "replace")
        elif not self.keep_data:
            message["length"] = len(payload)
        elif opcode in (0, 2):
            message["data"] = base64.b64encode(payload).decode()
        self.messages.append(message)
