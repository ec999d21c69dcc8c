"""What bytes are taken for, by how they begin: a name for a record, never a proof of text."""

from __future__ import annotations

import re

_BEGINNINGS = tuple(
    (kind, re.compile(pattern, re.DOTALL))
    for kind, pattern in (
        ("image/png", rb"\x89PNG\r\n"),
        ("image/jpeg", rb"\xff\xd8\xff"),
        ("image/gif", rb"GIF8[79]a"),
        ("image/webp", rb"RIFF....WEBP"),
        ("image/avif", rb"\x00...ftypavi[fs]"),
        ("image/heic", rb"\x00...ftyp(he[iv][cmsx]|mif1|msf1)"),
        ("video/mp4", rb"\x00...(ftyp|moov|moof|styp|mdat)"),
        ("image/jp2", rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51"),
        ("image/jxl", rb"\x00\x00\x00\x0cJXL |\xff\x0a"),
        ("image/bmp", rb"BM....\x00\x00\x00\x00"),
        ("image/x-icon", rb"\x00\x00[\x01\x02]\x00.\x00"),
        ("image/tiff", rb"II[*+]\x00|MM\x00[*+]"),
        ("image/x-portable-anymap", rb"P[1-7]\s+(#[^\n]*\n\s*)*\d+\s+\d+\s"),
        ("image/vnd.adobe.photoshop", rb"8BPS"),
        ("image/vnd.djvu", rb"AT&TFORM"),
        ("video/webm", rb"\x1aE\xdf\xa3"),
        ("video/x-msvideo", rb"RIFF....AVI "),
        ("video/mpeg", rb"\x00\x00\x01[\xb0-\xbf]"),
        ("video/mp2t", rb"\x47.{187}\x47"),
        ("video/x-flv", rb"FLV\x01"),
        ("video/x-ms-asf", rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
        ("audio/wav", rb"RIFF....WAVE"),
        ("audio/mpeg", rb"ID3[\x02-\x04]|\xff[\xe2-\xe7\xf2-\xf7\xfa-\xfd]"),
        ("audio/ogg", rb"OggS"),
        ("audio/flac", rb"fLaC"),
        ("application/pdf", rb"%PDF-"),
        ("application/postscript", rb"%!PS"),
        ("application/zip", rb"PK(\x03\x04|\x05\x06)"),
        ("application/x-ole-storage", rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("application/vnd.rar", rb"Rar!\x1a"),
        ("application/x-7z-compressed", rb"7z\xbc\xaf"),
        ("application/gzip", rb"\x1f\x8b\x08"),
        ("font/woff", rb"wOF[F2]|OTTO\x00|\x00\x01\x00\x00\x00|ttcf\x00"),
        ("application/wasm", rb"\x00asm"),
    )
)


def kind_of(content: bytes) -> str | None:
    """A media type, or None for what has no beginning that is known."""
    head = content[:4096]
    return next((kind for kind, beginning in _BEGINNINGS if beginning.match(head)), None)
