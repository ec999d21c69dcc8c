"""A bundle: one uncompressed tar file in one canonical form.

One file, because an officer receives one file; tar, because every system unpacks it. Headers are
fixed (ustar, mode 0644, time 0, no owner) and padding is zero, so that every byte of a bundle is
covered by a check: a byte that no check sees could not be told from a forged one.
"""

from __future__ import annotations

import io
import re
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from lindung.runtime import visible, writing_whole

_BLOCK = 512
_END = bytes(2 * _BLOCK)
_MOST_MEMBERS = 10_000
_NUMBER = r"(?:0|[1-9][0-9]{0,4})"
_FILE = r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}"

FILE_NAME = re.compile(_FILE, re.ASCII)
"""What a file of a capture may be called: no folder, nothing that steers a terminal or a shell."""
MEMBER = re.compile(
    rf"files/{_FILE}\.age|VERIFY\.txt|SHA256SUMS|signer\.pem|manifest\.(?:json|sig)"
    rf"|tokens/{_NUMBER}\.(?:tsr|pem|{_NUMBER}\.crl)"
    rf"|log/{_NUMBER}/(?:entry\.json|checkpoint|consistency\.json)",
    re.ASCII,
)
"""Every name that a member of a bundle may have: readers meet no other."""


class BundleProblem(Exception):
    """The file is no bundle at all, or not in its one canonical form.

    `altered`: it was one and was changed, as opposed to being none.
    """

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
    with writing_whole(path) as file:
        yield BundleWriter(file)
        file.write(_END)


class BundleReader:
    """Reads a bundle, refusing with `BundleProblem` whatever is not in the canonical form."""

    def __init__(self, path: Path) -> None:
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # a pipe cannot be read twice
                raise BundleProblem("it is no regular file; save it as one first", altered=False)
            self._file = path.open("rb")
        except FileNotFoundError:
            raise BundleProblem("there is no such file", altered=False) from None
        except (OSError, ValueError) as error:
            words = getattr(error, "strerror", None) or error
            raise BundleProblem(f"it cannot be read ({words})", altered=False) from None
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
        data = self._file.read(member.size)
        if len(data) != member.size:
            raise BundleProblem(f"{name} is cut off", altered=True)
        return data

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
            except (tarfile.HeaderError, ValueError):
                raise BundleProblem(
                    "it is damaged, cut off, or no Lindung bundle", altered=bool(known)
                ) from None
            name = visible(info.name, 80)
            if not _is_header(raw, info):  # also links, devices, sparse files, pax records
                raise BundleProblem(f"the header of {name} is altered", altered=True)
            if not MEMBER.fullmatch(info.name):
                raise BundleProblem(f"no bundle has a member called {name}", altered=True)
            if info.name in known:
                raise BundleProblem(f"{name} is there twice", altered=True)
            if len(known) == _MOST_MEMBERS:
                raise BundleProblem("it has more members than any bundle", altered=True)
            known.add(info.name)
            begin = position + _BLOCK
            position = begin + info.size + len(_padding(info.size))
            if position > length:
                raise BundleProblem("it is cut off", altered=True)
            self._file.seek(begin + info.size)
            if self._file.read(position - begin - info.size).strip(b"\0"):
                raise BundleProblem(f"something is hidden behind {info.name}", altered=True)
            yield Member(info.name, begin, info.size)
        if not known:
            raise BundleProblem("it is empty, or no Lindung bundle", altered=False)
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


def _is_header(raw: bytes, info: tarfile.TarInfo) -> bool:
    try:
        return raw == _header(info.name, info.size)
    except ValueError:  # a size or a name that this format cannot hold
        return False


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    return info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)
