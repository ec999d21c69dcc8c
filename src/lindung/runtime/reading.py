"""Files that somebody names, read up to a limit: never a device, never without end."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_PIECE = 1 << 20


class UnusableFile(ValueError):
    """A file that cannot be used; the message is a sentence with its name and the reason."""


def read_bounded(path: Path, most: int) -> bytes:
    """The bytes of a regular file or a pipe, at most `most` of them.

    Raises UnusableFile, in words: missing, a folder, a device or socket, not permitted, or larger
    than `most`. A pipe is waited for; an interrupt (Ctrl-C) ends the wait.
    """
    try:
        _check(path, path.stat().st_mode)  # before it is opened: some devices act on that
        with path.open("rb", buffering=0) as file:
            _check(path, os.fstat(file.fileno()).st_mode)
            content = bytearray()
            while piece := file.read(min(_PIECE, most + 1 - len(content))):
                content += piece
                if len(content) > most:
                    raise UnusableFile(f"{path}: it is larger than {_size(most)}.")
    except OSError as error:
        raise UnusableFile(_why(path, error)) from error
    except ValueError as error:  # a NUL in the name
        raise (
            error
            if isinstance(error, UnusableFile)
            else UnusableFile(f"{str(path)!r}: this is no name of a file.")
        ) from error
    return bytes(content)


def read_bounded_text(path: Path, most: int) -> str:
    """The same as UTF-8 text, without a byte order mark. `most` counts bytes."""
    try:
        return read_bounded(path, most).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableFile(
            f"{path}: byte {error.start} is no UTF-8 text. Save the file as UTF-8."
        ) from error


def _check(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise UnusableFile(f"{path}: it is a folder. Name a file.")
    if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
        raise UnusableFile(f"{path}: it is a device or a socket, not a file.")


def _why(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{path}: there is no such file."
    if isinstance(error, PermissionError):
        return f"{path}: you may not read this file."
    return f"{path}: it cannot be read ({error.strerror or error})."


def _size(most: int) -> str:
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB")):
        if most >= unit:
            return f"{most // unit} {name}"
    return f"{most} bytes"
