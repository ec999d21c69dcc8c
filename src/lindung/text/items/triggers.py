"""What must stand in a post for an entity to be in it: cheap to see for all posts at once."""

from __future__ import annotations

from lindung.text.items import ages, prices
from lindung.text.normal.word_loops import HAS_AT, HAS_LONG, HAS_MARK, HAS_NUMBER, HAS_PHONE

# Every entity of a kind brings one of these terms or one of these flags.
TERMS: dict[str, list[str]] = {"price": prices.TRIGGERS, "age": ages.TRIGGERS}
FLAGS: dict[str, int] = {
    "age": HAS_NUMBER,
    "account": HAS_AT | HAS_NUMBER | HAS_MARK,
    "phone": HAS_PHONE,
    "email": HAS_AT | HAS_MARK,
    "address": HAS_MARK,
    "group": HAS_MARK,
    "wallet": HAS_LONG,
}
