"""What must stand in a post for an entity to be in it: cheap to see for all posts at once."""

from __future__ import annotations

from lindung.text.items.quantities import CURRENCY_NAMES
from lindung.text.normal.word_loops import HAS_AT, HAS_LONG, HAS_MARK, HAS_NUMBER, HAS_PHONE

# Every entity of a kind brings one of these terms (none: any text will do) and one of these flags.
TERMS: dict[str, list[str]] = {
    "price": [name + "*" * (name[0] in "ரட") for name in CURRENCY_NAMES],  # Tamil words go on
    "age": [
        *[
            "age",
            "ages",
            "aged",
            "year",
            "years",
            "yr",
            "yrs",
            "yo",
            "yearold*",
            "yearsold*",
            "yrold*",
            "yrsold*",
            "umur*",
            "berumur*",
            "usia*",
            "berusia*",
            "tahun",
            "thn",
        ],
        *[
            "under",
            "below",
            "bawah",
            "form",
            "tingkatan",
            "ting",
            "standard",
            "darjah",
            "grade",
            "gred",
            "kelas",
            "olds",
        ],
        *["primary", "secondary", "年龄", "年齡", "岁", "歲", "小", "初", "高", "வயது*", "வயசு*"],
        "y o",
    ],
}
FLAGS: dict[str, int] = {
    "price": HAS_NUMBER,
    "account": HAS_AT | HAS_NUMBER | HAS_MARK,
    "phone": HAS_PHONE,
    "email": HAS_AT | HAS_MARK,
    "address": HAS_MARK,
    "group": HAS_MARK,
    "wallet": HAS_LONG,
}
