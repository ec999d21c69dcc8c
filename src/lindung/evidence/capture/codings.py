"""Content codings undone within a limit: what a body says when nothing packs it (RFC 9110, 8.4)."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence

_PIECE = 1 << 16


class CannotUndo(ValueError):
    """A body that stays packed; the message says why."""


def undone(body: bytes, headers: Sequence[tuple[str, str]], most: int) -> bytes:
    """`body` without the content codings that `headers` name, over however many lines.

    Where one of them is unknown, nothing is undone: Chromium shows such a body as it came.
    Raises CannotUndo for a coding that is broken, or unpacks to more than `most` bytes.
    """
    lines = (value for name, value in headers if name.lower() == "content-encoding")
    words = [word.strip().lower() for line in lines for word in line.split(",")]
    codings = [word for word in words if word not in ("", "identity")]
    if any(coding not in _UNDO for coding in codings):
        return body
    for coding in reversed(codings):
        if not body:
            break
        try:
            body = _UNDO[coding](body, most)
        except Exception as error:  # each library has an error of its own
            raise CannotUndo(f"its coding {coding} cannot be undone: {error}") from None
        if len(body) > most:
            raise CannotUndo(f"it unpacks to more than {most >> 20} MiB")
    return body


def _inflated(body: bytes, most: int) -> bytes:
    """gzip (all its members), zlib, or deflate without the header that some servers leave out."""
    try:
        reader = zlib.decompressobj(zlib.MAX_WBITS | 32)
        content = reader.decompress(body, most + 1)
    except zlib.error:
        reader = zlib.decompressobj(-zlib.MAX_WBITS)
        return reader.decompress(body, most + 1)
    while reader.eof and reader.unused_data.startswith(b"\x1f\x8b") and len(content) <= most:
        rest = reader.unused_data
        reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
        content += reader.decompress(rest, most + 1 - len(content))
    return content


def _unbrotli(body: bytes, most: int) -> bytes:
    import brotli  # the rare codings are loaded where a site sends them

    reader, content = brotli.Decompressor(), bytearray()
    for start in range(0, len(body), _PIECE):
        content += reader.process(body[start : start + _PIECE])
        if len(content) > most:
            break
    return bytes(content)


def _unzstd(body: bytes, most: int) -> bytes:
    import zstandard

    reader = zstandard.ZstdDecompressor(max_window_size=8 << 20)
    with reader.stream_reader(io.BytesIO(body), read_across_frames=True) as file:
        return bytes(file.read(most + 1))


_UNDO = {
    "gzip": _inflated,
    "x-gzip": _inflated,
    "deflate": _inflated,
    "br": _unbrotli,
    "zstd": _unzstd,
}
