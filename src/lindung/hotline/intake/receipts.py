"""Receipts: seven words that let a reporter come back, stored only as a keyed hash.

The words (`words.txt`) are short and everyday: those of the BIP 39 English list (MIT) and of the
EFF short list (CC BY 3.0 US, Electronic Frontier Foundation), plants, animals and foods added,
and every word left out that could trouble a child. Seven of them carry more than 80 bits. They
are derived from the form's one-time
number and from what was written, so that sending the same form twice (a reload, a process
killed between saving and answering) gives the same receipt and one report, while a changed
form gives a new one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import cache
from pathlib import Path

from django.conf import settings

from lindung.hotline.config import keys

WORDS_IN_RECEIPT = 7


@cache
def _words() -> tuple[str, ...]:
    return tuple((Path(__file__).parent / "words.txt").read_text().split())


@cache
def _key() -> bytes:
    return keys.read(settings.ENV.home, "receipt.key")


def issue(nonce: str, content: str) -> list[str]:
    """The words for this form: HMAC-SHA-256 over its number and content, as base-n digits."""
    digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    number = int.from_bytes(hmac.digest(_key(), f"issue:{nonce}:{digest}".encode(), "sha256"))
    words = _words()
    return [words[number // len(words) ** i % len(words)] for i in range(WORDS_IN_RECEIPT)]


def stored(words: str) -> bytes:
    """The keyed hash under which a receipt is stored; case, spaces and hyphens do not matter."""
    letters = re.sub(r"[^a-z]", "", words.casefold())
    return hmac.digest(_key(), f"store:{letters}".encode(), "sha256")
