"""The text of a body, by the character coding that the browser reads it in.

Order of the HTML, CSS and XML standards: byte order mark, header, what the text itself declares.
Where nothing is declared Chromium guesses; here the reading wins that `doubt` doubts least.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_IN_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([^\s"';,]+)""", re.IGNORECASE)
_IN_TEXT = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,400}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)"""
    rb"""|^@charset "([\w.:-]+)";""", re.IGNORECASE)  # fmt: skip
_META = re.compile(r"""(<meta\b[^>]*?\bcharset\s*=\s*["']?\s*)[\w.:-]+""", re.IGNORECASE)
_GUESSES = ("cp932", "euc_jp", "gb18030", "big5hkscs", "cp949", "cp1251", "koi8_r", "cp1256",
            "cp1255", "cp874", "cp1258", "cp1253", "cp1254", "cp1250", "cp1252",
            "utf-16-le", "utf-16-be")  # fmt: skip
_SAMPLE = 64 << 10
# The labels of the WHATWG Encoding standard in use, by Python's name for what they mean there.
_LABELS = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 x-unicode20utf8",
    "utf-16-le": "utf-16 utf-16le ucs-2 unicode iso-10646-ucs-2 csunicode",
    "utf-16-be": "utf-16be unicodefffe",
    "cp1252": "windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso88591 iso_8859-1 latin1 l1 "
              "ascii us-ascii ansi_x3.4-1968 cp819",
    "cp1250": "windows-1250 cp1250 x-cp1250",
    "cp1251": "windows-1251 cp1251 x-cp1251",
    "cp1253": "windows-1253 cp1253 x-cp1253",
    "cp1254": "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 latin5 l5",
    "cp1255": "windows-1255 cp1255 x-cp1255",
    "cp1256": "windows-1256 cp1256 x-cp1256",
    "cp1257": "windows-1257 cp1257 x-cp1257",
    "cp1258": "windows-1258 cp1258 x-cp1258",
    "cp874": "windows-874 tis-620 iso-8859-11 iso8859-11 dos-874",
    "iso8859-2": "iso-8859-2 iso8859-2 latin2 l2",
    "iso8859-3": "iso-8859-3 iso8859-3 latin3 l3",
    "iso8859-4": "iso-8859-4 iso8859-4 latin4 l4",
    "iso8859-5": "iso-8859-5 iso8859-5 cyrillic",
    "iso8859-6": "iso-8859-6 iso8859-6 arabic asmo-708",
    "iso8859-7": "iso-8859-7 iso8859-7 greek greek8",
    "iso8859-8": "iso-8859-8 iso8859-8 iso-8859-8-i hebrew visual logical",
    "iso8859-10": "iso-8859-10 latin6 l6",
    "iso8859-13": "iso-8859-13",
    "iso8859-14": "iso-8859-14",
    "iso8859-15": "iso-8859-15 l9",
    "iso8859-16": "iso-8859-16",
    "koi8_r": "koi8-r koi koi8 koi8_r",
    "koi8_u": "koi8-u koi8-ru",
    "mac_roman": "macintosh mac x-mac-roman",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "cp866": "ibm866 866 cp866",
    "gb18030": "gb18030 gbk gb2312 gb_2312 gb_2312-80 chinese x-gbk csgb2312",
    "big5hkscs": "big5 big5-hkscs cn-big5 x-x-big5 csbig5",
    "euc_jp": "euc-jp x-euc-jp",
    "iso2022_jp": "iso-2022-jp csiso2022jp",
    "cp932": "shift_jis shift-jis sjis x-sjis ms932 ms_kanji windows-31j csshiftjis",
    "cp949": "euc-kr korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949 cseuckr",
    # What a browser shows none of, or hands to scripts as bytes.
    "": "replacement hz-gb-2312 iso-2022-kr iso-2022-cn iso-2022-cn-ext x-user-defined",
}  # fmt: skip
_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}


def text_of(body: bytes, content_type: str, doubt: Callable[[str], float]) -> str | None:
    """`body` as text without its byte order mark; bytes that are none become U+FFFD.

    None where it declares a coding in which a browser reads no text.
    """
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace")
    for label in _declared(body, content_type):
        declared = _CODECS.get(label.strip().lower())
        if declared is not None:
            return body.decode(declared, "replace") if declared else None
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    sample = body[:_SAMPLE]
    best = min(("utf-8", *_GUESSES), key=lambda codec: doubt(sample.decode(codec, "replace")))
    return body.decode(best, "replace")


def declared_utf8(document: str) -> str:
    """An HTML document that says of itself that it is UTF-8, as which it is kept."""
    document = _META.sub(r"\g<1>utf-8", document)
    if _META.search(document, 0, 900):  # a browser looks at the first 1024 bytes
        return document
    head = re.search(r"<head[^>]*>", document[:900], re.IGNORECASE)
    at = head.end() if head else 0
    return f'{document[:at]}<meta charset="utf-8">{document[at:]}'


def _declared(body: bytes, content_type: str) -> Iterator[str]:
    if found := _IN_HEADER.search(content_type):
        yield found[1]
    for inside in _IN_TEXT.finditer(body[:4096]):
        label = (inside[1] or inside[2]).decode("ascii", "replace")
        # What can be read as ASCII so far is not in UTF-16, whatever it says.
        yield "utf-8" if label.lower().startswith("utf-16") else label
