"""A bundle: one uncompressed tar file in one canonical form.

One file, because an officer receives one file; tar, because every system unpacks it. Headers are
fixed (ustar, mode 0644, time 0, no owner) and padding is zero, so that every byte of a bundle is
covered by a check: a byte that no check sees could not be told from a forged one.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

_BLOCK = 512
_END = bytes(2 * _BLOCK)


class BundleProblem(Exception):
    """The file is no bundle at all, or not in its one canonical form."""

    def __init__(self, message: str, *, altered: bool) -> None:
        super().__init__(message)
        self.altered = altered


@dataclass(frozen=True)
class Member:
    """One file inside a bundle."""

    name: str
    offset: int
    size: int


class BundleWriter:
    """Writes members one after the other; see `writing`."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, name: str, data: bytes) -> None:
        self._file.write(_header(name, len(data)) + data + _padding(len(data)))

    @contextmanager
    def member(self, name: str) -> Iterator[IO[bytes]]:
        """A file to stream a member of unknown size into."""
        begin = self._file.tell()
        self._file.write(bytes(_BLOCK))
        yield self._file
        size = self._file.tell() - begin - _BLOCK
        self._file.write(_padding(size))
        end = self._file.tell()
        self._file.seek(begin)
        self._file.write(_header(name, size))
        self._file.seek(end)


@contextmanager
def writing(path: Path) -> Iterator[BundleWriter]:
    """Write a bundle at `path`: it appears whole and synced, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            yield BundleWriter(file)
            file.write(_END)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    finally:
        partial.unlink(missing_ok=True)


class BundleReader:
    """Reads a bundle, refusing with `BundleProblem` whatever is not in the canonical form."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise BundleProblem(f"{path} cannot be read: {error.strerror}", altered=False) from None
        try:
            self.members = {member.name: member for member in self._scan()}
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> BundleReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, name: str, most: int = 64 << 20) -> bytes:
        """A whole small member; raises `BundleProblem` if it is missing or larger than `most`."""
        member = self.members.get(name)
        if member is None:
            raise BundleProblem(f"{name} is missing", altered=True)
        if member.size > most:
            raise BundleProblem(f"{name} is larger than it can be", altered=True)
        self._file.seek(member.offset)
        return self._file.read(member.size)

    def pieces(self, name: str, size: int = 1 << 20) -> Iterator[bytes]:
        """A member's bytes, piece by piece."""
        member = self.members[name]
        self._file.seek(member.offset)
        left = member.size
        while left:
            piece = self._file.read(min(left, size))
            if not piece:
                raise BundleProblem(f"{name} is cut off", altered=True)
            left -= len(piece)
            yield piece

    def stream(self, name: str) -> IO[bytes]:
        """A member as a readable file; only one may be in use at a time."""
        member = self.members[name]
        return io.BufferedReader(_Section(self._file, member), 1 << 20)

    def digest(self, name: str) -> str:
        digest = sha256()
        for piece in self.pieces(name):
            digest.update(piece)
        return digest.hexdigest()

    def _scan(self) -> Iterator[Member]:
        length = self._file.seek(0, io.SEEK_END)
        position = 0
        known: set[str] = set()
        while True:
            self._file.seek(position)
            raw = self._file.read(_BLOCK)
            if raw == bytes(_BLOCK):
                break
            try:
                info = tarfile.TarInfo.frombuf(raw, "utf-8", "strict")
            except (tarfile.HeaderError, UnicodeDecodeError):
                raise BundleProblem(
                    "it is damaged, cut off, or no Lindung bundle", altered=bool(known)
                ) from None
            if raw != _header(info.name, info.size):
                raise BundleProblem(f"the header of {info.name} is altered", altered=True)
            if info.name in known:
                raise BundleProblem(f"{info.name} is there twice", altered=True)
            known.add(info.name)
            begin = position + _BLOCK
            position = begin + info.size + len(_padding(info.size))
            if position > length:
                raise BundleProblem("it is cut off", altered=True)
            self._file.seek(begin + info.size)
            if self._file.read(position - begin - info.size).strip(b"\0"):
                raise BundleProblem(f"something is hidden behind {info.name}", altered=True)
            yield Member(info.name, begin, info.size)
        self._file.seek(position)
        if self._file.read(_BLOCK * 2 + 1) != _END:
            raise BundleProblem("its end is cut off or followed by something", altered=True)


class _Section(io.RawIOBase):
    def __init__(self, file: IO[bytes], member: Member) -> None:
        self._file, self._at, self._end = file, member.offset, member.offset + member.size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._file.seek(self._at)
        piece = self._file.read(min(len(buffer), self._end - self._at))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    return info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)
