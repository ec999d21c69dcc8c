"""Files that hash what passes through them, in one pass and beside the work."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO

_BLOCK = 1 << 20


class _Digests:
    """Several digests of one stream, taken on a thread of their own, a block at a time."""

    def __init__(self, algorithms: tuple[str, ...], pool: ThreadPoolExecutor) -> None:
        # MD5 and SHA-1 are what hash lists hold; nothing here is proved by them.
        self._hashes = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
        self._pool = pool
        self._last: Future[None] | None = None
        self.size = 0

    def take(self, block: bytes) -> None:
        self._settle()
        self.size += len(block)
        self._last = self._pool.submit(self._update, block)

    def digests(self) -> dict[str, str]:
        self._settle()
        return {name: value.hexdigest() for name, value in self._hashes.items()}

    def _settle(self) -> None:
        if self._last is not None:
            self._last.result()

    def _update(self, block: bytes) -> None:
        for value in self._hashes.values():
            value.update(block)


class HashingReader(_Digests):
    """Reads `file` in large blocks, however little is asked for at a time."""

    def __init__(self, file: IO[bytes], pool: ThreadPoolExecutor, *algorithms: str) -> None:
        super().__init__(algorithms, pool)
        self._file, self._block, self._at = file, b"", 0

    def read(self, size: int) -> bytes:
        if self._at == len(self._block):
            self._block, self._at = self._file.read(_BLOCK), 0
            self.take(self._block)
        piece = self._block[self._at : self._at + size]
        self._at += len(piece)
        return piece


class HashingWriter(_Digests):
    """Writes to `file` what is given, hashed in large blocks."""

    def __init__(self, file: IO[bytes], pool: ThreadPoolExecutor, *algorithms: str) -> None:
        super().__init__(algorithms, pool)
        self._file, self._waiting = file, bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        if len(self._waiting) >= _BLOCK:
            self.flush()
        return len(data)

    def flush(self) -> None:
        block = bytes(self._waiting)
        self._waiting.clear()
        if block:
            self.take(block)
            self._file.write(block)
