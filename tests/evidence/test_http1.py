# ruff: noqa: E501
"""Answers that Chromium shows are read as it reads them; nothing ends in anything but a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lindung.evidence.capture import http1

CASES = Path(__file__).parents[3] / "shared/cases/evidence/http"
BODY = b"<title>T</title><p>some words"
OK = b"HTTP/1.1 200 OK\r\n"
KIND = b"Content-Type: text/html\r\n"


async def _read(raw: bytes) -> tuple[http1.Head | None, bytes, str]:
    reader = asyncio.StreamReader(limit=http1.MAX_HEAD)
    reader.feed_data(raw)
    reader.feed_eof()
    body = b""
    head = None
    try:
        head = await http1.read_head(reader, response=True)
        while head is not None and 100 <= head.status < 200 and head.status != 101:
            head = await http1.read_head(reader, response=True)
        if head is not None:
            async for piece in http1.read_body(reader, head, request_method="GET"):
                body += piece
    except http1.BadMessage as problem:
        return head, body, str(problem)
    return head, body, ""


def answer(raw: bytes) -> tuple[http1.Head | None, bytes, str]:
    """The head of an answer, its content and what was wrong with it."""
    head, body, problem = asyncio.run(_read(raw))
    return head, http1.dechunk(body) if head and head.chunked else body, problem


def chunks(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def _shown() -> Iterator[tuple[str, bytes]]:
    """Answers that Chromium shows whole: name, bytes."""
    length = b"Content-Length: 29\r\n"
    yield "plain", OK + KIND + length + b"\r\n" + BODY
    yield "bare line feeds", (OK + KIND + length + b"\r\n").replace(b"\r", b"") + BODY
    yield "mixed line ends", OK + KIND.replace(b"\r", b"") + length + b"\n" + BODY
    yield "doubled carriage returns", OK.replace(b"\r", b"\r\r") + KIND + length + b"\r\n" + BODY
    for start in (b"http/1.1 200 OK", b"HtTp/1.1 200 OK", b"HTTP/1.0 200 OK", b"HTTP/1.2 200 OK",
                  b"HTTP/1.1 200", b"HTTP/1.1  200  OK", b"HTTP/1.1 200 " + b"x" * 9000,
                  b"HTTP/2 200", b"HTTP/1 200 OK", b"HTTP/3.0 200 OK", b"HTTP/1.1\t200\tOK",
                  b"HTTP/1.1 200 \xff\xfe", b"HTTP/1.1", b"\x00HTTP/1.1 200 OK", b"abcdHTTP/1.1 200 OK",
                  b"  HTTP/1.1 200 OK", b"xhttp/1.1 200"):  # fmt: skip
        yield f"start {start[:24]!r}", start + b"\r\n" + KIND + length + b"\r\n" + BODY
    for said in (b"29", b"+29", b"29, 29", b"29,29,29", b" 29 ", b"029", b"0000000029"):
        yield f"length {said!r}", OK + KIND + b"Content-Length: " + said + b"\r\n\r\n" + BODY
    yield "length twice", OK + length + length + b"\r\n" + BODY
    yield "no length", OK + KIND + b"\r\n" + BODY
    yield "blank before colon", OK + b"Content-Length : 29\r\n\r\n" + BODY
    yield "no blank after colon", OK + b"Content-Length:29\r\n\r\n" + BODY
    yield "folded", OK + b"X: a\r\n b\r\n\tc\r\n" + length + b"\r\n" + BODY
    yield "folded length", OK + b"Content-Length:\r\n 29\r\n\r\n" + BODY
    yield "no colon", OK + b"what is this\r\n: nor this\r\n" + length + b"\r\n" + BODY
    yield "no name", OK + b": x\r\n" + length + b"\r\n" + BODY
    yield "bytes in headers", OK + b"X: \xc3\x28\x00\x01\x7f\r\n" + length + b"\r\n" + BODY
    yield "header of 200 kB", OK + b"X: " + b"y" * 200_000 + b"\r\n" + length + b"\r\n" + BODY
    yield "5000 headers", OK + b"X: y\r\n" * 5000 + length + b"\r\n" + BODY
    for status in (b"100 Continue", b"102 Processing", b"103 Early Hints", b"199 What"):
        early = b"HTTP/1.1 " + status + b"\r\nLink: </x>\r\n\r\n"
        yield f"after {status!r}", early + early + OK + length + b"\r\n" + BODY
    for status in (b"404", b"500", b"999", b"299", b"600"):
        yield f"status {status!r}", b"HTTP/1.1 " + status + b" X\r\n" + length + b"\r\n" + BODY
    coded = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    yield "chunks", coded + chunks(BODY[:7], BODY[7:])
    yield "chunks of one byte", coded + chunks(*(bytes([byte]) for byte in BODY))
    yield "chunks in capitals", coded.replace(b"chunked", b"CHUNKED") + chunks(BODY)
    yield "chunks after another coding", coded.replace(b"chunked", b"identity, chunked") + chunks(BODY)  # fmt: skip
    yield "chunks and a length", coded.replace(b"\r\n\r\n", b"\r\n" + length + b"\r\n") + chunks(BODY)  # fmt: skip
    yield "chunks with bare line feeds", coded + chunks(BODY).replace(b"\r", b"")
    yield "chunks with extensions", coded + b'1d;a=b;c="d;e"\r\n' + BODY + b"\r\n0;x\r\n\r\n"
    yield "chunks with blanks", coded + b"1d  \r\n" + BODY + b"\r\n0 \r\n\r\n"
    yield "chunks in capital digits", coded + b"1D\r\n" + BODY + b"\r\n0\r\n\r\n"
    yield "chunks with zeros", coded + b"00000001d\r\n" + BODY + b"\r\n0000\r\n\r\n"
    yield "chunks with a trailer", coded + chunks(BODY)[:-2] + b"X: y\r\n\r\n"
    yield "chunked of another kind", OK + b"Transfer-Encoding: xchunked\r\n\r\n" + BODY
    old = b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    yield "chunks of an old server", old + BODY
    yield "identity", OK + b"Transfer-Encoding: identity\r\n" + length + b"\r\n" + BODY
    yield "more than its length", OK + length + b"\r\n" + BODY + b"and more"
    yield "empty lines before", b"\r\n\n" + OK + length + b"\r\n" + BODY


SHOWN = dict(_shown())


@pytest.mark.parametrize("name", SHOWN)
def test_what_chromium_shows_is_read_whole(name: str) -> None:
    head, body, problem = answer(SHOWN[name])
    assert head is not None
    assert (body, problem) == (BODY, "")
    assert head.raw.startswith((b"HTTP/1.1 ", b"HTTP/1.0 "))


@pytest.mark.parametrize("case", sorted(CASES.glob("*.bin")), ids=lambda path: path.name)
def test_the_cases_from_outside(case: Path) -> None:
    head, body, problem = answer(case.read_bytes())
    assert (body, problem) == (BODY, "") and head is not None


BROKEN = {
    "cut off": OK + b"Content-Length: 99\r\n\r\n" + BODY,
    "length of letters": OK + b"Content-Length: 1e9\r\n\r\n" + BODY,
    "length below nothing": OK + b"Content-Length: -1\r\n\r\n" + BODY,
    "two lengths": OK + b"Content-Length: 29\r\nContent-Length: 30\r\n\r\n" + BODY,
    "two lengths in one": OK + b"Content-Length: 29, 30\r\n\r\n" + BODY,
    "length of 5000 digits": OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n" + BODY,
    "length of other digits": OK + b"Content-Length: \xb2\xb9\r\n\r\n" + BODY,
    "no last chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks(BODY)[:-5],
    "chunk of no number": OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks(BODY)[:-5] + b"-5\r\nx",
    "chunk of other digits": OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks(BODY)[:-5] + b"\xb2\r\nx",
    "chunk without end": OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks(BODY)[:-5] + b"f" * 300_000,
    "chunk of 5000 digits": OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks(BODY)[:-5] + b"f" * 5000 + b"\r\n",
    "chunk longer than said": OK + b"Transfer-Encoding: chunked\r\n\r\n1d\r\n" + BODY + b"xx\r\n0\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_kept_to_its_break_and_said(name: str) -> None:
    head, body, problem = answer(BROKEN[name])
    assert head is not None
    assert body.startswith(BODY)
    assert problem


@pytest.mark.parametrize(
    "raw",
    [b"", b"\r\n\r\n", b"\x00\x01garbage\r\n\r\n", b"<p>no headers at all", b"SSH-2.0-OpenSSH\r\n",
     b"HTTP/1.1 99999999999999999999 OK\r\n\r\n", b"HTTP/1.1 -1 OK\r\n\r\n", b"HTTP/1.1 2\xb20 OK\r\n\r\n",
     b"HTTP/1.1 " + b"9" * 5000 + b"\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: y", b"HTTP/x.y 200 OK\r\n\r\n",
     OK + b"X: " + b"y" * 300_000 + b"\r\n\r\n", OK + b"X: y\r\n" * 60_000 + b"\r\n",
     b"a" * 300_000, b"\n" * 300_000, b"\xff\xd8\xff\xe0 no text \r\n\r\n"],
)  # fmt: skip
def test_what_is_no_http_is_a_sentence(raw: bytes) -> None:
    head, body, problem = answer(raw)
    assert (head, body) == (None, b"")
    assert problem or not raw.strip()
    assert len(problem) < 400


@settings(deadline=None, max_examples=200)
@given(
    st.binary(max_size=200), st.sampled_from([b"", OK, OK + b"Transfer-Encoding: chunked\r\n\r\n"])
)
def test_no_bytes_end_in_anything_but_a_sentence(noise: bytes, before: bytes) -> None:
    answer(before + noise)
    answer(before + noise + b"\r\n\r\n" + noise)


def test_there_are_more_than_sixty_bodies_and_headers() -> None:
    print(f"{len(SHOWN)} answers that Chromium shows, {len(BROKEN)} broken: none lost")
    assert len(SHOWN) + len(BROKEN) >= 75
