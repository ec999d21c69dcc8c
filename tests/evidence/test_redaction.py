"""Under a policy without media a text keeps its words, and no byte of a picture in any spelling."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zlib
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from lindung.evidence import Policy
from lindung.evidence.capture import http1, keeping
from lindung.evidence.capture.charsets import declared_utf8
from lindung.evidence.capture.records import Exchange, KeptExchange
from lindung.evidence.capture.redaction import redacted, redacted_body, redacted_facts
from lindung.evidence.capture.websocket import Frames
from tests.evidence.spellings import WORDS, held, picture, spellings

CASES = Path(__file__).parents[3] / "shared/cases/evidence/inline"
PICTURE = picture(size=24)
PLAIN = base64.b64encode(PICTURE).decode()
DIGEST = sha256(PICTURE).hexdigest()
# Latin letters in groups that can be spoken: what stands in words of a language is not seen.
NOT_SEEN = {"letters-by-six"}


def test_no_byte_of_a_picture_is_kept_in_any_spelling() -> None:
    tried = Counter[str]()
    lost: list[str] = []
    for one in spellings(PICTURE):
        kept = redacted_body(one.body, one.content_type).content
        tried["not kept at all" if kept is None else "kept without"] += 1
        if kept is None:
            continue
        if (left := held(kept, one)) and one.name.partition(" ")[0] not in NOT_SEEN:
            lost.append(f"{one.name}: {left}")
        if WORDS.encode() in one.body:
            assert WORDS.encode() in kept, one.name
            assert b"<p>Hubungi kami segera</p>" in kept, one.name
    print(f"{tried.total()} spellings of a picture: {dict(tried)}, {len(lost)} held")
    assert tried.total() >= 450
    assert lost == []


@pytest.mark.parametrize("header", ["image/jpeg", "text/plain", "", "application/octet-stream"])
@pytest.mark.parametrize("quote", ['"', "'", ""])
def test_an_embedded_picture_is_found_whole(header: str, quote: str) -> None:
    out, (found,) = redacted(f"<p>{WORDS}<img src={quote}data:{header};base64,{PLAIN}{quote}>")
    assert (found.taken_for, found.length, found.sha256) == ("image/jpeg", len(PICTURE), DIGEST)
    assert out.startswith(f"<p>{WORDS}<img src={quote}data:{header};base64,[not-kept:image/jpeg:")
    assert out.endswith(f"]{quote}>")


@pytest.mark.parametrize("case", sorted(CASES.glob("*.html")), ids=lambda path: path.name)
def test_the_cases_from_outside(case: Path) -> None:
    kept = redacted_body(case.read_bytes(), "text/html")
    assert kept.content is not None
    assert kept.not_kept[0].taken_for == "image/jpeg"
    assert len(kept.content) < 400


TEXTS = {
    "english": "Do not save, copy or send on any picture. A link is enough. What happens next?",
    "malay": "Jangan simpan, salin atau hantar gambar itu. Pautan sahaja sudah memadai untuk kami.",
    "chinese": "请不要保存、复制或转发任何图片。一个链接就足够了。发生的事情不是你的错。",
    "traditional": "請不要保存、複製或轉發任何圖片。一個連結就足夠了。發生的事情不是你的錯。",
    "tamil": "எந்தப் படத்தையும் சேமிக்கவோ அனுப்பவோ வேண்டாம். ஒரு இணைப்பு போதும்.",
    "thai": "อย่าบันทึก คัดลอก หรือส่งต่อรูปภาพใดๆ ลิงก์เดียวก็เพียงพอแล้ว",
    "japanese": "画像を保存したり、送ったりしないでください。リンクだけで十分です。",
    "korean": "사진을 저장하거나 복사하거나 보내지 마세요. 링크만으로 충분합니다.",
    "arabic": "لا تحفظ أي صورة ولا ترسلها. يكفي رابط واحد. أنت لست في ورطة.",
    "russian": "Не сохраняйте и не пересылайте изображения. Достаточно одной ссылки.",
    "vietnamese": "Đừng lưu, sao chép hoặc gửi tiếp bất kỳ hình ảnh nào. Một liên kết là đủ.",
    "hindi": "किसी भी तस्वीर को सहेजें या आगे न भेजें। एक लिंक ही काफी है।",
}


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize(
    "spell",
    [
        str,
        lambda text: json.dumps({"posts": [{"text": text, "likes": 4, "id": "a81f"}] * 9}),
        lambda text: f'<div class="post-body"><p id="p1">{text}</p><br/>RM20</div>\n' * 9,
        lambda text: "".join(f"&#{ord(c)};" if ord(c) > 127 else c for c in text) * 9,
    ],
    ids=["plain", "json", "html", "entities"],
)
def test_words_and_markup_stay(language: str, spell: Callable[[str], str]) -> None:
    text = spell(TEXTS[language])
    assert redacted(text) == (text, [])


def test_addresses_of_wallets_groups_and_files_stay() -> None:
    text = (
        "Pay 1BoatSLRHtKNngkdXEeobR76b53LETtpyT or join https://t.me/+AbCdEf12345 now, or see "
        "magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a before Friday"
    )
    assert redacted(text) == (text, [])


@pytest.mark.parametrize(
    "charset", ["utf-16-le", "utf-16-be", "shift_jis", "euc-jp", "iso-2022-jp"]
)
def test_pages_in_other_character_codings_keep_their_words(charset: str) -> None:
    page = f"<p>{TEXTS['japanese']}</p><img src='data:image/png;base64,{PLAIN}'>"
    label = charset.replace("16-", "16")
    kept = redacted_body(page.encode(charset), f"text/html; charset={label}")
    assert kept.content is not None
    assert TEXTS["japanese"] in kept.content.decode()
    assert PLAIN[:40].encode() not in kept.content
    plain = f"<p>{TEXTS['japanese']}</p>".encode(charset)
    assert redacted_body(plain, f"text/html; charset={label}").content == plain


@settings(deadline=None, max_examples=60)
@given(st.binary(min_size=150, max_size=900), st.sampled_from(range(4)), st.text(max_size=80))
def test_bytes_that_are_no_text_never_stay_as_base64(data: bytes, cut: int, around: str) -> None:
    noise = bytes(byte ^ salt for byte, salt in zip(data, sha256(data).digest() * 30, strict=False))
    plain = base64.b64encode(noise).decode()
    length = (76, 40, 8, len(plain))[cut]
    pieces = [plain[at : at + length] for at in range(0, len(plain), length)]
    out, _ = redacted(around + '"' + '",\n"'.join(pieces) + '"' + around)
    joined = out.replace('",\n"', "")
    assert not any(plain[at : at + 32] in joined for at in range(0, len(plain) - 32, 8))


@settings(deadline=None, max_examples=80)
@given(st.text(max_size=300), st.sampled_from(["text/html", "", "text/plain; charset=shift_jis"]))
def test_no_text_breaks_it(text: str, kind: str) -> None:
    redacted(text)
    redacted_body(text.encode("utf-8", "surrogatepass"), kind)
    redacted_body(text.encode("utf-16", "surrogatepass"), kind)


def test_facts_are_judged_together_and_the_address_asked_for_stays() -> None:
    pieces = [PLAIN[at : at + 30] for at in range(0, len(PLAIN), 30)]
    asked = f"https://example.com/?{PLAIN}"
    out = json.dumps(redacted_facts({"url": asked, "seen": {"dialogs": pieces}}, asked))
    assert json.loads(out)["url"] == asked
    assert not any(piece in out.replace(asked, "") for piece in pieces)


def test_a_document_declares_the_coding_it_is_kept_in() -> None:
    head = '<html><head><meta http-equiv="content-type" content="text/html; charset=Big5">'
    assert declared_utf8(head) == head.replace("Big5", "utf-8")
    assert declared_utf8("<html><head></head>") == '<html><head><meta charset="utf-8"></head>'


# -- exchanges


def exchanged(
    body: bytes, *lines: str, kind: str = "text/html", request: bytes = b"", url: str = ""
) -> tuple[Exchange, KeptExchange]:
    exchange = Exchange(
        url or "https://example.com/", "GET", request=io.BytesIO(), response_body=io.BytesIO()
    )
    head = "\r\n".join(["HTTP/1.1 200 OK", f"Content-Type: {kind}", *lines, "", ""])
    exchange.response_head = http1.parse(head.encode("latin-1"), response=True)
    exchange.response_body.write(body)
    exchange.request.write(request or b"GET / HTTP/1.1\r\n\r\n")
    return exchange, keeping.kept(exchange, Policy.NO_MEDIA, {"https://example.com/"})


def everything(kept: KeptExchange) -> bytes:
    kept.request.seek(0)
    kept.response_body.seek(0)
    heads = kept.response_head or b"", kept.dropped_head.encode()
    return b"\n".join([kept.url.encode(), kept.request.read(), *heads, kept.response_body.read()])


PAGE = f"<p>{WORDS}</p><img src='data:image/png;base64,{PLAIN}'>".encode()
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda b: gzip.compress(b, mtime=0),
    "x-gzip": lambda b: gzip.compress(b, mtime=0),
    "deflate": zlib.compress,
    "deflate raw": lambda b: zlib.compress(b)[2:-4],
    "br": brotli.compress,
    "zstd": zstandard.compress,
    "gzip, br": lambda b: brotli.compress(gzip.compress(b)),
    "zstd, deflate, gzip": lambda b: gzip.compress(zlib.compress(zstandard.compress(b))),
    "identity": bytes,
    "": bytes,
    "gzip in members": lambda b: gzip.compress(b[:20]) + gzip.compress(b[20:]),
    "gzip with a tail": lambda b: gzip.compress(b) + PICTURE,
}


@pytest.mark.parametrize("coding", PACKED)
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("lines", [1, 2])
def test_packed_pages_keep_words_and_no_picture(coding: str, chunked: bool, lines: int) -> None:
    body = PACKED[coding](PAGE)
    names = coding if "," in coding else coding.split(" ")[0]
    headers = [f"Content-Encoding: {name.strip()}" for name in names.split(",")]
    headers = headers if lines == 2 else [f"Content-Encoding: {names}"]
    if chunked:
        beside = PLAIN.encode()
        body = b"%x;x=%s\r\n%s\r\n0\r\nX: %s\r\n\r\n" % (len(body), beside, body, beside)
        headers.append("Transfer-Encoding: chunked")
    exchange, kept = exchanged(body, *headers)
    text = everything(kept)
    assert WORDS.encode() in text
    assert PLAIN[:40].encode() not in text and PICTURE[:20] not in text
    assert (exchange.not_kept[0].sha256, exchange.blocked) == (DIGEST, None)
    assert kept.response_head is not None
    head = http1.parse(kept.response_head, response=True)
    assert head.length == kept.response_body.seek(0, io.SEEK_END)
    assert not head.all("content-encoding") and not head.chunked


@pytest.mark.parametrize("coding", ["none", "utf-8", "x-none", "gzip, x", "x, gzip"])
def test_an_unknown_coding_is_passed_over_as_chromium_does(coding: str) -> None:
    exchange, kept = exchanged(WORDS.encode(), f"Content-Encoding: {coding}", kind="text/html")
    assert WORDS.encode() in everything(kept)
    exchange, kept = exchanged(PICTURE, f"Content-Encoding: {coding}", kind="text/html")
    assert PICTURE[:20] not in everything(kept)
    assert exchange.facts()["not_kept"][0]["sha256"] == DIGEST


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
def test_what_cannot_be_unpacked_is_not_kept_and_said_so(coding: str) -> None:
    exchange, kept = exchanged(PICTURE, f"Content-Encoding: {coding}")
    assert PICTURE[:20] not in everything(kept)
    assert str(exchange.blocked).startswith("policy no-media: what is inside cannot be examined")
    assert exchange.facts()["not_kept"][0]["sha256"] == DIGEST


@pytest.mark.parametrize("before", [b"", b"\n", b"\r\n" * 99, b"<p>words</p>\n" * 40])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "ICO", "WEBP", "PPM", "TGA"])
def test_a_picture_sent_as_text_is_not_kept(kind: str, before: bytes) -> None:
    made = picture(kind, size=64)
    exchange, kept = exchanged(before + made, kind="text/html")
    assert made[-20:] not in everything(kept)
    assert "not the text it is labelled as" in str(exchange.blocked)


@pytest.mark.parametrize("place", ["url", "cookie", "status", "header", "head", "body", "form"])
def test_no_picture_in_addresses_headers_and_what_was_sent(place: str) -> None:
    request = b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"
    lines, url = [], ""
    if place == "url":
        url = f"https://example.com/?p={PLAIN}"
    elif place == "cookie":
        lines = [f"Set-Cookie: p{i}={PLAIN[i : i + 90]}" for i in range(0, len(PLAIN), 90)]
    elif place == "status":
        lines = [f"X: y\r\n {PLAIN}"]
    elif place == "header":
        lines = [f"X-Picture: {PICTURE.decode('latin-1')}".replace("\r", "").replace("\n", "")]
    elif place == "head":
        request = f"GET /?{PLAIN} HTTP/1.1\r\nCookie: p={PLAIN}\r\n\r\n".encode()
    elif place == "body":
        request = b"POST / HTTP/1.1\r\nContent-Type: text/plain\r\n\r\n" + PLAIN.encode()
    else:
        form = b"--b\r\nContent-Type: image/jpeg\r\n\r\n" + PICTURE + b"\r\n--b--"
        request = b"POST / HTTP/1.1\r\nContent-Type: multipart/form-data\r\n\r\n" + form
    exchange, kept = exchanged(b"<p>words", *lines, request=request, url=url)
    text = everything(kept) + json.dumps(exchange.facts()).encode()
    assert b"<p>words" in text
    assert not any(PLAIN[at : at + 40].encode() in text for at in range(0, len(PLAIN) - 40, 20))
    assert not any(PICTURE[at : at + 12] in text for at in range(100, 300, 10))


def test_plain_answers_stay_byte_for_byte() -> None:
    exchange, kept = exchanged(b"<p>words\r\n", "X-Odd:  two  blanks", 'ETag: "a1b2-5f"')
    assert exchange.not_kept == []
    assert kept.response_head == exchange.response_head.raw  # type: ignore[union-attr]


# -- WebSockets


def frame(opcode: int, payload: bytes, *, final: bool = True, masked: bool = False) -> bytes:
    head = bytes([opcode | (0x80 if final else 0)])
    length = len(payload)
    size = (
        bytes([length]) if length < 126
        else b"\x7e" + length.to_bytes(2, "big") if length < 65536
        else b"\x7f" + length.to_bytes(8, "big")
    )  # fmt: skip
    if not masked:
        return head + size + payload
    mask = b"abcd"
    hidden = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
    return head + bytes([size[0] | 0x80]) + size[1:] + mask + hidden


def taken_in(data: bytes, piece: int, *, keep: bool) -> Frames:
    from lindung.evidence.capture.websocket import _Way

    frames, way = Frames(keep, 1 << 30), _Way("received")
    frames._ways.append(way)
    for at in range(0, len(data), piece):
        frames.take(way, data[at : at + piece])
    return frames


@pytest.mark.parametrize("piece", [1, 7, 65536])
@pytest.mark.parametrize("masked", [False, True])
def test_messages_are_put_together(piece: int, masked: bool) -> None:
    data = (
        frame(1, b"hel", final=False, masked=masked) + frame(9, b"", masked=masked)
        + frame(0, b"lo", masked=masked) + frame(2, bytes(300), masked=masked)
    )  # fmt: skip
    messages = taken_in(data, piece, keep=True).kept()
    assert [m.get("text") or m.get("data") for m in messages][1] == "hello"
    assert base64.b64decode(str(messages[2]["data"])) == bytes(300)


def test_a_large_frame_is_kept_and_half_of_one_too() -> None:
    payload = bytes(range(256)) * (24 << 12)
    (message,) = taken_in(frame(2, payload), 65536, keep=True).kept()
    assert base64.b64decode(str(message["data"])) == payload
    (half,) = taken_in(frame(2, payload)[: 5 << 20], 65536, keep=True).kept()
    assert half["cut"] == 1 and len(str(half["data"])) > 6 << 20


def test_no_picture_stays_of_a_socket() -> None:
    pieces = [PLAIN[at : at + 40] for at in range(0, len(PLAIN), 40)]
    data = frame(2, PICTURE) + frame(1, WORDS.encode())
    data += b"".join(frame(1, piece.encode()) for piece in pieces)
    text = json.dumps(taken_in(data + frame(1, b"x" * 99)[:50], 65536, keep=False).kept())
    assert WORDS in text and DIGEST in text
    assert not any(piece in text for piece in pieces)
