"""A list's file as its lines: numbered, UTF-8, none longer than a megabyte."""

from __future__ import annotations

import codecs
import contextlib
import itertools
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from lindung.media.lists.reading import Bad, Names

MAX_LINE = 1 << 20
OPENING = 10  # lines that tell what shape a file has
CHUNK = 1 << 20
BOM = codecs.BOM_UTF8
WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}

Progress = Callable[[int, int], None]
Numbered = tuple[int, Any]  # a line or an item of a file; a Bad where it could not be read


@dataclass(frozen=True, slots=True)
class Source:
    """A list's file, opened: its first lines that are not blank, and what the caller named."""

    path: Path
    file: BinaryIO
    total: int
    opening: list[bytes]
    names: Names
    wanted: Mapping[str, str]
    progress: Progress | None = None

    @property
    def name(self) -> str:
        return self.path.name

    def lines(self) -> Iterator[Numbered]:
        """Numbered lines of text up to MAX_LINE, with a Bad in place of an unreadable one."""
        number = 0
        while raw := self.file.readline(MAX_LINE):
            number += 1
            if self.progress and number % 20_000 == 0:
                self.progress(self.file.tell(), self.total)
            if len(raw) == MAX_LINE and not raw.endswith(b"\n"):
                while (rest := self.file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                    pass
                yield number, Bad(number, "the line is longer than a megabyte")
                continue
            try:
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n")
            except UnicodeDecodeError:
                yield number, Bad(number, "the line is not UTF-8 or UTF-16 text")
                continue
            if text.strip():
                yield number, text
        if self.progress:
            self.progress(self.total, self.total)


def opening_of(file: BinaryIO) -> list[bytes]:
    """The first lines that are not blank."""
    lines = (line.removeprefix(BOM).strip() for line in iter(lambda: file.readline(MAX_LINE), b""))
    found = list(itertools.islice(filter(None, lines), OPENING))
    file.seek(0)
    return found


@contextlib.contextmanager
def as_utf8(file: BinaryIO) -> Iterator[BinaryIO]:
    """The file itself, or what it says in UTF-8 where it is UTF-16, with its mark or without."""
    encoding = _wide(file.read(1024))
    file.seek(0)
    if not encoding:
        yield file
        return
    with tempfile.TemporaryFile() as narrow:
        decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        while chunk := file.read(CHUNK):  # half a character ends up as a line that is no UTF-8
            narrow.write(decoder.decode(chunk).encode("utf-8", "surrogatepass"))
        if decoder.getstate()[0]:
            narrow.write(b"\xff")
        narrow.seek(0)
        yield narrow


def _wide(begin: bytes) -> str:
    """The UTF-16 that a file is in, told by its mark, or by every other byte being 0."""
    if marked := WIDE.get(begin[:2]):
        return marked
    even, odd = begin[: len(begin) // 2 * 2 : 2], begin[1::2]
    for encoding, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if high.count(0) > max(0.4 * len(high), 4 * low.count(0)):
            return encoding
    return ""
