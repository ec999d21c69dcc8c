# ruff: noqa: E501
"""Pages into which one picture is written, in hundreds of spellings, and what of it a text holds.

Deterministic: the same pages on every run. A spelling is the page's bytes, its content type, and
the digits, letters or signs that stand for the picture in it.
"""

from __future__ import annotations

import base64
import gzip
import html
import io
import itertools
import json
import random
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from PIL import Image

WORDS = "Keahlian RM20 untuk ahli sahaja, sertai kumpulan di bawah"


def picture(kind: str = "JPEG", seed: int = 1, size: int = 60) -> bytes:
    """A benign picture: blocks of noise."""
    made = random.Random(seed)
    noise = bytes(made.randrange(256) for _ in range(12 * 9 * 3))
    out = io.BytesIO()
    Image.frombytes("RGB", (12, 9), noise).resize((size, size * 3 // 4)).save(out, kind)
    return out.getvalue()


@dataclass(frozen=True)
class Spelling:
    name: str
    body: bytes
    content_type: str
    content: bytes  # the picture
    spelt: str  # as it stands in the page, without what is between its pieces


def _pieces(text: str, length: int) -> list[str]:
    return [text[at : at + length] for at in range(0, len(text), length)]


def _page(inner: str) -> str:
    return f"<!doctype html><title>Kedai</title><p>{WORDS}</p>{inner}<p>Hubungi kami segera</p>"


# -- how the bytes are spelt: name -> (text in a page, what stands for the picture)


def _base85(data: bytes) -> str:
    return base64.b85encode(data).decode()


def _uuencoded(data: bytes) -> str:
    import binascii

    return "".join(binascii.b2a_uu(data[at : at + 45]).decode() for at in range(0, len(data), 45))


def _base_n(data: bytes, alphabet: str) -> str:
    """Eleven bits a sign, as far as the alphabet goes."""
    bits = len(alphabet).bit_length() - 1
    number = "".join(f"{byte:08b}" for byte in data)
    return "".join(alphabet[int(piece.ljust(bits, "0"), 2)] for piece in _pieces(number, bits))


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


def digits(data: bytes) -> dict[str, str]:
    """The bytes in every alphabet that a script could read."""
    plain = base64.b64encode(data).decode()
    numbers = list(data)
    quads = [int.from_bytes(data[at : at + 4], "big") for at in range(0, len(data), 4)]
    key = random.Random(7).randbytes(16)
    hidden = bytes(byte ^ key[at % 16] for at, byte in enumerate(data))
    return {
        "base64": plain,
        "base64-reversed": plain[::-1],
        "base64-swapped-case": plain.swapcase(),
        "base64-rot13": plain.translate({
            **{ord(c): chr((ord(c) - 65 + 13) % 26 + 65) for c in map(chr, range(65, 91))},
            **{ord(c): chr((ord(c) - 97 + 13) % 26 + 97) for c in map(chr, range(97, 123))}}),
        "base64-url": base64.urlsafe_b64encode(data).decode().rstrip("="),
        "base64-xored": base64.b64encode(hidden).decode(),
        "base64-of-base64": base64.b64encode(plain.encode()).decode(),
        "base64-of-gzip": base64.b64encode(gzip.compress(data, mtime=0)).decode(),
        "base64-of-deflate": base64.b64encode(zlib.compress(data)).decode(),
        "base32": base64.b32encode(data).decode(),
        "base32-lower": base64.b32encode(data).decode().lower().rstrip("="),
        "base36": _base_n(data, "0123456789abcdefghijklmnopqrstuv"),
        "base16-letters": data.hex().translate(dict(zip(map(ord, "0123456789"), "ghijklmnop", strict=True))),
        "base85": _base85(data),
        "ascii85": base64.a85encode(data).decode(),
        "uuencoded": _uuencoded(data),
        "hex": data.hex(),
        "hex-upper": data.hex().upper(),
        "hex-spaced": data.hex(" "),
        "hex-colons": data.hex(":"),
        "hex-dashes": data.hex("-"),
        "hex-of-hex": data.hex().encode().hex(),
        "hex-0x": ",".join(f"0x{n:02x}" for n in numbers),
        "hex-0x-long": ", ".join(f"0x{n:08x}" for n in quads),
        "hex-h": " ".join(f"{n:02X}h" for n in numbers),
        "decimal": ",".join(map(str, numbers)),
        "decimal-spaced": ", ".join(map(str, numbers)),
        "decimal-lines": "\n".join(map(str, numbers)),
        "decimal-pipes": "|".join(map(str, numbers)),
        "decimal-padded": "".join(f"{n:03d}" for n in numbers),
        "decimal-signed": ",".join(str(_signed(n)) for n in numbers),
        "decimal-floats": ",".join(f"{n / 255:.3f}" for n in numbers),
        "decimal-words": ",".join(map(str, quads)),
        "decimal-differences": ",".join(str(b - a) for a, b in itertools.pairwise(numbers)),
        "octal": ",".join(f"0o{n:o}" for n in numbers),
        "octal-escapes": "".join(f"\\{n:o}" for n in numbers),
        "octal-escapes-padded": "".join(f"\\{n:03o}" for n in numbers),
        "binary": "".join(f"{n:08b}" for n in numbers),
        "binary-spaced": " ".join(f"{n:08b}" for n in numbers),
        "binary-letters": "".join(f"{n:08b}" for n in numbers).replace("0", "x").replace("1", "y"),
        "binary-dashes": "".join(f"{n:08b}" for n in numbers).replace("0", ".").replace("1", "-"),
        "binary-blanks": "".join(f"{n:08b}" for n in numbers).replace("0", " ").replace("1", "\t"),
        "binary-unseen": "".join(f"{n:08b}" for n in numbers).replace("0", "\u200b").replace("1", "\u200c"),
        "escapes-x": "".join(f"\\x{n:02x}" for n in numbers),
        "escapes-X": "".join(f"\\x{n:02X}" for n in numbers),
        "escapes-u": "".join(f"\\u{n:04x}" for n in numbers),
        "escapes-u-braces": "".join(f"\\u{{{n:x}}}" for n in numbers),
        "escapes-u-of-base64": "".join(f"\\u{ord(c):04x}" for c in plain),
        "escapes-u-twice": "".join(f"\\\\u{ord(c):04x}" for c in plain),
        "escapes-css": "".join(f"\\{ord(c):x} " for c in plain),
        "escapes-css-padded": "".join(f"\\{ord(c):06x}" for c in plain),
        "percent": "".join(f"%{n:02X}" for n in numbers),
        "percent-lower": "".join(f"%{n:02x}" for n in numbers),
        "percent-where-needed": quote(data),
        "percent-of-base64": "".join(f"%{ord(c):02x}" for c in plain),
        "percent-twice": quote("".join(f"%{n:02X}" for n in numbers)),
        "percent-u": "".join(f"%u{n:04x}" for n in numbers),
        "entities-decimal": "".join(f"&#{ord(c)};" for c in plain),
        "entities-hex": "".join(f"&#x{ord(c):x};" for c in plain),
        "entities-open": "".join(f"&#{ord(c)}" if i % 2 else c for i, c in enumerate(plain) if c not in ";") ,
        "entities-padded": "".join(f"&#{ord(c):06d};" for c in plain),
        "entities-twice": "".join(f"&amp;#{ord(c)};" for c in plain),
        "entities-of-bytes": "".join(f"&#{n};" for n in numbers),
        "quoted-printable": "".join(f"={n:02X}" for n in numbers),
        "latin-1": data.decode("latin-1"),
        "latin-1-shifted": "".join(chr(n + 0x100) for n in numbers),
        "braille": "".join(chr(0x2800 + n) for n in numbers),
        "emoji": "".join(chr(0x1F300 + n) for n in numbers),
        "boxes": "".join(chr(0x2500 + n) for n in numbers),
        "private-use": "".join(chr(0xE000 + n) for n in numbers),
        "tags-plane": "".join(chr(0xE0100 + n) for n in numbers if n < 240),
        "han": _base_n(data, "".join(map(chr, range(0x4E00, 0x4E00 + 16384)))),
        "hangul": _base_n(data, "".join(map(chr, range(0xAC00, 0xAC00 + 8192)))),
        "yi": _base_n(data, "".join(map(chr, range(0xA000, 0xA000 + 1024)))),
        "mathematical": "".join(chr(0x1D400 + n) for n in numbers),
        "signs": "".join("[]()!+{}"[n >> 5] + "[]()!+{}"[n & 7] for n in numbers),
        "letters-by-two": " ".join(f"{chr(97 + (n >> 4))}{chr(97 + (n & 15))}" for n in numbers),
        "letters-by-six": " ".join(_pieces("".join(f"{chr(97 + (n >> 4))}{chr(97 + (n & 15))}" for n in numbers), 6)),
        "times": " ".join(f"12:{n // 60:02d}:{n % 60:02d}" for n in numbers),
        "prices": " ".join(f"RM{n}.00" for n in numbers),
        "colours": " ".join(f"#{data[at:at+3].hex()}" for at in range(0, len(data), 3)),
        "uuids": "\n".join("-".join((h[:8], h[8:12], h[12:16], h[16:20], h[20:]))
                           for h in _pieces(data.hex(), 32)),
        "addresses": " ".join(".".join(map(str, data[at : at + 4])) for at in range(0, len(data), 4)),
        "telephones": " ".join(f"+60 3-{n:03d}" for n in numbers),
    }  # fmt: skip


# -- how the digits stand in a page


_STRUNG: dict[str, Callable[[str], str]] = {
    "string": lambda d: f'<script>var p="{d}";show(p)</script>',
    "template": lambda d: f"<script>const p=`{d}`</script>",
    "added-76": lambda d: "<script>var p=" + '"+\n"'.join(_pieces(d, 76)).join('""') + "</script>",
    "added-16": lambda d: "<script>var p='" + "'+'".join(_pieces(d, 16)) + "'</script>",
    "array-4": lambda d: "<script>p=['" + "','".join(_pieces(d, 4)) + "'].join('')</script>",
    "array-2": lambda d: "<script>p=['" + "', '".join(_pieces(d, 2)) + "'].join('')</script>",
    "array-1": lambda d: "<script>p=['" + "','".join(d) + "'].join('')</script>",
    "variables": lambda d: "<script>" + "\n".join(f"var p{i}='{x}';" for i, x in enumerate(_pieces(d, 60))) + "</script>",
    "calls": lambda d: "<script>" + ";".join(f"add('{x}')" for x in _pieces(d, 24)) + "</script>",
    "comment": lambda d: f"<!--{d}-->",
    "hidden": lambda d: f"<div hidden>{d}</div>",
    "spans": lambda d: "".join(f"<span>{x}</span>" for x in _pieces(d, 40)),
    "cells": lambda d: "<table>" + "".join(f"<tr><td>{x}</td></tr>" for x in _pieces(d, 30)),
    "bold": lambda d: "".join(f"<b>{x}</b>" for x in _pieces(d, 8)),
    "italic": lambda d: "".join(f"<i>{x}</i>" for x in _pieces(d, 3)),
    "items": lambda d: "<ul>" + "".join(f'<li class="part">{x}</li>' for x in _pieces(d, 50)) + "</ul>",
    "attribute": lambda d: f'<div data-p="{html.escape(d)}"></div>',
    "attributes": lambda d: "<div " + " ".join(f'data-{i}="{html.escape(x)}"' for i, x in enumerate(_pieces(d, 64))) + "></div>",
    "inputs": lambda d: "".join(f'<input type=hidden name=p value="{html.escape(x)}">' for x in _pieces(d, 80)),
    "textarea": lambda d: "<textarea>" + "\n".join(_pieces(d, 76)) + "</textarea>",
    "paragraphs": lambda d: "".join(f"<p>{x}</p>\n" for x in _pieces(d, 100)),
    "between-words": lambda d: "".join(f"<p>{WORDS}</p><p>{x}</p>" for x in _pieces(d, 76)),
    "css-variable": lambda d: f"<style>:root{{--p:'{d}'}}</style>",
    "css-content": lambda d: f"<style>p::after{{content:'{d}'}}</style>",
    "json": lambda d: '<script type="application/json">' + json.dumps({"p": d}) + "</script>",
    "json-lines": lambda d: '<script type="application/json">' + json.dumps({"p": _pieces(d, 76)}, indent=2) + "</script>",
}  # fmt: skip
_ADDRESSED: dict[str, Callable[[str], str]] = {
    "img": lambda a: f'<img src="{a}">',
    "img-single": lambda a: f"<img src='{a}'>",
    "img-bare": lambda a: f"<img src={a}>",
    "img-blank": lambda a: f'<img src=" \n{a} ">',
    "srcset": lambda a: f'<img srcset="{a} 1x, {a} 2x">',
    "source": lambda a: f'<picture><source srcset="{a}"><img></picture>',
    "background": lambda a: f'<div style="background:url({a})"></div>',
    "background-quoted": lambda a: f"<style>div{{background:url('{a}')}}</style>",
    "image-set": lambda a: f'<style>div{{background:image-set("{a}" 1x)}}</style>',
    "svg-image": lambda a: f'<svg><image href="{a}"/></svg>',
    "svg-xlink": lambda a: f'<svg><image xlink:href="{a}"/></svg>',
    "svg-filter": lambda a: f'<svg><filter id=f><feImage href="{a}"/></filter></svg>',
    "object": lambda a: f'<object data="{a}"></object>',
    "embed": lambda a: f'<embed src="{a}">',
    "iframe": lambda a: f'<iframe src="{a}"></iframe>',
    "srcdoc": lambda a: '<iframe srcdoc="' + html.escape(f'<img src="{a}">') + '"></iframe>',
    "srcdoc-twice": lambda a: '<iframe srcdoc="' + html.escape('<iframe srcdoc="' + html.escape(f"<img src='{a}'>") + '">') + '"></iframe>',
    "poster": lambda a: f'<video poster="{a}"></video>',
    "input": lambda a: f'<input type=image src="{a}">',
    "body": lambda a: f'<body background="{a}">',
    "icon": lambda a: f'<link rel=icon href="{a}">',
    "link": lambda a: f'<a href="{a}">muat turun</a>',
    "refresh": lambda a: f'<meta http-equiv=refresh content="0;url={a}">',
    "script": lambda a: f'<script>i.src="{a}"</script>',
    "json": lambda a: "<script>" + json.dumps({"a": a}).replace("/", "\\/") + "</script>",
    "json-in-attribute": lambda a: "<div data-x='" + html.escape(json.dumps({"a": a})) + "'></div>",
    "template": lambda a: f'<template><img src="{a}"></template>',
    "noscript": lambda a: f'<noscript><img src="{a}"></noscript>',
    "comment": lambda a: f"<!-- {a} -->",
    "words": lambda a: f"<p>{a}</p>",
}  # fmt: skip
_HEADERS = ("image/jpeg;base64", "image/JPEG;BASE64", "application/octet-stream;base64", ";base64",
            "text/plain;base64", "text/html;charset=utf-8;base64", "image/svg+xml;base64",
            "image/jpeg; base64", "image/jpeg;charset=x;foo=bar;base64", "font/woff2;base64",
            "x/y;base64", "image/*;base64", "video/mp4;base64", "application/json;base64",
            "image/jpeg;name=\u00e9;base64", "IMAGE/PNG;base64")  # fmt: skip


def _addresses(data: bytes) -> Iterator[tuple[str, str, str]]:
    plain = base64.b64encode(data).decode()
    for header in _HEADERS:
        yield f"header {header}", f"data:{header},{plain}", plain
    whole = f"data:image/jpeg;base64,{plain}"
    yield "scheme in capitals", "DATA" + whole[4:], plain
    yield "line in the scheme", "da\nta" + whole[4:], plain
    yield "entity in the scheme", "d&#97;ta" + whole[4:], plain
    yield "named entities", whole.replace("/", "&sol;").replace("+", "&plus;"), plain
    yield "wrapped 76", f"data:image/jpeg;base64,{chr(10).join(_pieces(plain, 76))}", plain
    yield (
        "wrapped 64 crlf",
        f"data:image/jpeg;base64,{(chr(13) + chr(10)).join(_pieces(plain, 64))}",
        plain,
    )
    yield "blanks", f"data:image/jpeg;base64,{' '.join(_pieces(plain, 4))}", plain
    yield "tabs", f"data:image/jpeg;base64,{chr(9).join(_pieces(plain, 10))}", plain
    yield "escaped slashes", whole.replace("/", "\\/"), plain
    yield "percent slashes", whole.replace("/", "%2F").replace("+", "%2B"), plain
    yield "percent all", "data:image/jpeg;base64," + "".join(f"%{ord(c):x}" for c in plain), plain
    yield (
        "percent bytes",
        "data:image/jpeg," + "".join(f"%{n:02x}" for n in data),
        "".join(f"%{n:02x}" for n in data),
    )
    yield "percent some bytes", "data:image/jpeg," + quote(data), quote(data)
    yield "no padding", whole.rstrip("="), plain
    yield "much padding", whole + "====", plain
    yield "fragment", whole + "#x", plain
    yield "entities all", "data:image/jpeg;base64," + "".join(f"&#{ord(c)};" for c in plain), plain
    for depth in range(1, 4):
        inner = whole
        for _ in range(depth):
            inner = (
                "data:text/html;base64,"
                + base64.b64encode(f'<img src="{inner}">'.encode()).decode()
            )
        yield f"in {depth} pages", inner, inner.partition(",")[2]
    page = quote(f'<img src="{whole}">')
    yield "in a page in percent signs", f"data:text/html,{page}", page
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{whole}"/></svg>'
    yield "in a drawing", "data:image/svg+xml," + quote(svg), plain
    packed = base64.b64encode(svg.encode()).decode()
    yield "in a packed drawing", f"data:image/svg+xml;base64,{packed}", packed


def _charsets(data: bytes) -> Iterator[Spelling]:
    plain = base64.b64encode(data).decode()
    page = _page(f'<img src="data:image/jpeg;base64,{plain}">')

    def spelling(name: str, body: bytes, kind: str = "text/html") -> Spelling:
        return Spelling(f"charset {name}", body, kind, data, plain)

    yield spelling("utf-16-le with mark", b"\xff\xfe" + page.encode("utf-16-le"))
    yield spelling("utf-16-be with mark", b"\xfe\xff" + page.encode("utf-16-be"))
    for name in ("utf-16le", "utf-16be", "utf-8", "shift_jis", "gb18030", "big5", "euc-kr", "euc-jp",
                 "koi8-r", "windows-1251", "iso-8859-1", "iso-2022-jp", "macintosh"):  # fmt: skip
        codec = {"macintosh": "mac_roman"}.get(name, name)
        yield spelling(name, page.encode(codec), f"text/html; charset={name}")
    yield spelling("another than said", page.encode("utf-16-le"), "text/html; charset=utf-8")
    yield spelling("unsaid utf-16", page.encode("utf-16-le"))
    yield spelling("utf-32", b"\xff\xfe\0\0" + page.encode("utf-32-le"))
    yield spelling("utf-7", page.encode("utf-7"), "text/html; charset=utf-7")
    yield spelling("ebcdic", page.encode("cp500"), "text/html; charset=ibm500")
    yield spelling("quoted", page.encode("utf-16-be"), 'text/html; x=y; CHARSET = "utf-16be"')
    in_meta = page.replace("<title>", "<meta charset=shift_jis><title>")
    yield spelling("in a meta", in_meta.encode("shift_jis"))
    between = plain.encode().replace(b"a", b"\x1b(Ba\x1b(B")
    body = _page("PLACE").encode().replace(b"PLACE", b'<img src="data:;base64,' + between + b'">')
    yield spelling("iso-2022-jp with escapes", body, "text/html; charset=iso-2022-jp")
    raw = _page("").encode() + b"<!--" + data + b"-->"
    yield Spelling("charset raw bytes in latin-1", raw, "text/html; charset=windows-1252", data, "")
    yield Spelling("charset raw bytes, user defined", raw, "text/html; charset=x-user-defined", data, "")  # fmt: skip
    yield Spelling("charset raw bytes unsaid", raw, "text/html", data, "")


def _bodies(data: bytes) -> Iterator[Spelling]:
    """What is sent as text and is none, or carries a file as mail does."""
    plain = base64.b64encode(data).decode()
    for kind in ("text/html", "text/plain", "application/json", "text/css", "text/javascript",
                 "image/svg+xml", "application/xml"):  # fmt: skip
        yield Spelling(f"body as {kind}", data, kind, data, "")
        yield Spelling(f"body after lines as {kind}", b"\r\n\n\t " * 9 + data, kind, data, "")
    yield Spelling("body after a page", _page("").encode() + data, "text/html", data, "")
    yield Spelling(
        "body after much text", _page(WORDS * 900).encode() + data, "text/html", data, ""
    )
    for form in ("PNG", "GIF", "BMP", "TIFF", "ICO", "WEBP", "PPM", "JPEG2000", "AVIF", "TGA", "PCX",
                 "SGI", "PDF", "EPS", "DIB", "MSP", "DDS"):  # fmt: skip
        if form == "MSP":
            out = io.BytesIO()
            Image.open(io.BytesIO(data)).convert("1").save(out, "MSP")
            made = out.getvalue()
        else:
            try:
                made = picture(form, size=64)
            except (KeyError, OSError, ValueError):
                continue
        yield Spelling(f"body {form} as text", made, "text/plain", made, "")
    stream = b"".join(b"\x47" + bytes(random.Random(n).randbytes(187)) for n in range(20))
    yield Spelling("body MPEG-TS as text", stream, "text/plain", stream, "")
    jxl = b"\xff\x0a" + random.Random(1).randbytes(900)
    yield Spelling("body JXL as text", jxl, "text/html", jxl, "")
    mail = (
        'Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: image/jpeg\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n" + "\r\n".join(_pieces(plain, 76)) + "\r\n--b--"
    )
    yield Spelling("mail", mail.encode(), "text/plain", data, plain)
    card = (
        "BEGIN:VCARD\nPHOTO;ENCODING=b;TYPE=JPEG:" + "\n ".join(_pieces(plain, 74)) + "\nEND:VCARD"
    )
    yield Spelling("vcard", card.encode(), "text/vcard", data, plain)
    rtf = r"{\rtf1{\pict\jpegblip " + "\n".join(_pieces(data.hex(), 128)) + "}}"
    yield Spelling("rtf", rtf.encode(), "text/rtf", data, data.hex())
    image = Image.open(io.BytesIO(data)).convert("RGB")
    pixels = list(image.tobytes())
    anymap = f"P3 {image.width} {image.height} 255\n" + " ".join(map(str, pixels))
    yield Spelling(
        "plain anymap", anymap.encode(), "text/plain", data, " ".join(map(str, pixels[:400]))
    )
    few = [pixels[at : at + 3] for at in range(0, len(pixels), 3)]
    shadow = ",".join(f"{n % 60}px {n // 60}px #{bytes(c).hex()}" for n, c in enumerate(few))
    yield Spelling(
        "shadows",
        _page(f"<style>i{{box-shadow:{shadow}}}</style>").encode(),
        "text/html",
        data,
        shadow,
    )
    rows = "".join(f"<tr><td bgcolor=#{bytes(c).hex()}>" for c in few)
    yield Spelling(
        "cells of colour", _page(f"<table>{rows}</table>").encode(), "text/html", data, rows
    )
    marks = "".join(
        f'<rect x="{n % 60}" y="{n // 60}" width="1" height="1" fill="#{bytes(c).hex()}"/>'
        for n, c in enumerate(few)
    )
    yield Spelling("rectangles", _page(f"<svg>{marks}</svg>").encode(), "text/html", data, "")
    path = "M" + "L".join(f"{c[0]} {c[1]}" for c in few)
    yield Spelling(
        "path", _page(f'<svg><path d="{path}"/></svg>').encode(), "text/html", data, path
    )


def spellings(data: bytes) -> Iterator[Spelling]:
    """Every spelling there is of one picture."""
    for place, write in _ADDRESSED.items():
        whole = "data:image/jpeg;base64," + base64.b64encode(data).decode()
        yield Spelling(
            f"address in {place}",
            _page(write(whole)).encode(),
            "text/html; charset=utf-8",
            data,
            whole.partition(",")[2],
        )
    for name, address, spelt in _addresses(data):
        for place in ("img", "background", "script"):
            page = _page(_ADDRESSED[place](address)).encode("utf-8")
            yield Spelling(f"{name} in {place}", page, "text/html; charset=utf-8", data, spelt)
    for name, spelt in digits(data).items():
        for place in ("string", "hidden"):
            page = _page(_STRUNG[place](spelt)).encode("utf-8", "replace")
            yield Spelling(f"{name} in {place}", page, "text/html; charset=utf-8", data, spelt)
    for place, write in _STRUNG.items():
        for name in ("base64", "hex", "base85", "base32-lower"):
            spelt = digits(data)[name]
            yield Spelling(
                f"{name} in {place}",
                _page(write(spelt)).encode(),
                "text/html; charset=utf-8",
                data,
                spelt,
            )
    yield from _charsets(data)
    yield from _bodies(data)


# -- what a text holds of a picture


def held(kept: bytes, spelling: Spelling, run: int = 8) -> str:
    """What of the picture stands in `kept`, decoded in the ways there are; "" if nothing does.

    Looked for is any `run` bytes of the picture in a row, and 24 of the signs that spell it.
    """
    squeezed = re.sub(rb"[^A-Za-z0-9+/]", b"", _unmarked(kept))
    bytes_of = {kept, _unescaped(kept)}
    for shift in range(4):
        bytes_of.add(base64.b64decode(squeezed[shift : shift + (len(squeezed) - shift) // 4 * 4]))
    nibbles = re.sub(rb"[^0-9A-Fa-f]", b"", _unmarked(kept)).decode()
    bytes_of |= {
        bytes.fromhex(nibbles[shift : shift + (len(nibbles) - shift) // 2 * 2]) for shift in (0, 1)
    }
    numbers = [int(n) for n in re.findall(rb"\d+", _unmarked(kept)) if len(n) < 4 and int(n) < 256]
    bytes_of.add(bytes(numbers))
    for at in range(0, len(spelling.content) - run, run - 1):
        part = spelling.content[at : at + run]
        if len(set(part)) > run // 2 and any(part in each for each in bytes_of):
            return f"bytes {at} to {at + run}"
    text = re.sub(r"""["'`+,;<>\s]""", "", _unmarked(kept).decode("utf-8", "replace"))
    spelt = re.sub(r"""["'`+,;<>\s]""", "", spelling.spelt)
    for at in range(0, len(spelt) - 24, 12):
        if spelt[at : at + 24] in text and len(set(spelt[at : at + 24])) > 2:
            return f"signs {at} to {at + 24}: {spelt[at : at + 24]!r}"
    return ""


def _unmarked(kept: bytes) -> bytes:
    return re.sub(rb"\[not-kept:[^\]]*\]", b" ", kept)


def _unescaped(kept: bytes) -> bytes:
    text = html.unescape(kept.decode("latin-1"))
    text = re.sub(r"%([0-9A-Fa-f]{2})|\\x([0-9A-Fa-f]{2})|\\u00([0-9A-Fa-f]{2})",
                  lambda m: chr(int(m[1] or m[2] or m[3], 16)), text)  # fmt: skip
    return text.encode("latin-1", "replace")
