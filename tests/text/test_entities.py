"""What a text names, where, in canonical form."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lindung.text import Reader, entities, parse_policy

CASES = [
    ("RM20 membership", "price", "MYR 20", "RM20"),
    ("only MYR 20 today", "price", "MYR 20", "MYR 20"),
    ("20 ringgit sahaja", "price", "MYR 20", "20 ringgit"),
    ("RM 1.5k deposit", "price", "MYR 1500", "RM 1.5k"),
    ("harga 2 ribu rupiah", "price", "IDR 2000", "2 ribu rupiah"),
    ("1,500.50 USD each", "price", "USD 1500.50", "1,500.50 USD"),
    ("会费20令吉", "price", "MYR 20", "20令吉"),
    ("每月50块钱", "price", "CNY 50", "50块钱"),
    ("€15 per month", "price", "EUR 15", "€15"),
    ("ＲＭ２０ membership", "price", "MYR 20", "ＲＭ２０"),
    ("R\u200bM20 membership", "price", "MYR 20", "R\u200bM20"),
    ("ages 13-15 [redacted]", "age", "13-15", "ages 13-15"),
    ("she is 13 years old", "age", "13", "13 years old"),
    ("12yo", "age", "12", "12yo"),
    ("umur 13 hingga 15", "age", "13-15", "umur 13 hingga 15"),
    ("budak 14 tahun", "age", "14", "14 tahun"),
    ("13-15岁", "age", "13-15", "13-15岁"),
    ("十四岁", "age", "14", "十四岁"),
    ("வயது 14", "age", "14", "வயது 14"),
    ("14 வயதுடைய", "age", "14", "14 வயதுடைய"),
    ("thirteen years old", "age", "13", "thirteen years old"),
    ("tingkatan 2", "age", "14", "tingkatan 2"),
    ("a form 1 pupil", "age", "13", "form 1"),
    ("darjah 6", "age", "12", "darjah 6"),
    ("grade 7 class", "age", "12", "grade 7"),
    ("初二女生", "age", "14", "初二"),
    ("under 18 only", "age", "0-17", "under 18"),
    ("DM @Example_A now", "account", "@example_a", "@Example_A"),
    ("telegram: example_a", "account", "telegram:example_a", "telegram: example_a"),
    ("write example@example.com", "email", "example@example.com", "example@example.com"),
    ("example [at] example [dot] com", "email", "example@example.com", None),
    ("example call 03-2000 0000", "phone", "+60320000000", "03-2000 0000"),
    ("example +60 3-2000 0000 ok", "phone", "+60320000000", "+60 3-2000 0000"),
    ("see hxxps://example[.]com/Post/1.", "address", "example.com/Post/1", None),
    ("看https://example.com/1，快", "address", "example.com/1", "https://example.com/1"),
    ("join t.me/+EXAMPLE0000 now", "group", "telegram/EXAMPLE0000", "t.me/+EXAMPLE0000"),
    ("https://chat.whatsapp.com/EXAMPLEex0000000", "group", "whatsapp/EXAMPLEex0000000", None),
    ("wa.me/60320000000", "phone", "+60320000000", "wa.me/60320000000"),
    (
        "pay 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "wallet",
        "btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    ),
    ("Maybank 0000 0000 0000 example", "account", "maybank:000000000000", "Maybank 0000 0000 0000"),
    # Chinese stands close to what it names
    ("会费RM20", "price", "MYR 20", "RM20"),
    ("私信@example", "account", "@example", "@example"),
    ("加我@example_a快来", "account", "@example_a", "@example_a"),
    ("电话03-2000 0000 example", "phone", "+60320000000", "03-2000 0000"),
    ("群chat.whatsapp.com/EXAMPLEex0000000", "group", "whatsapp/EXAMPLEex0000000", None),
    ("加t.me/+EXAMPLE0000", "group", "telegram/EXAMPLE0000", "t.me/+EXAMPLE0000"),
    ("联系example@example.com", "email", "example@example.com", "example@example.com"),
    ("她14yo快来", "age", "14", "14yo"),
    # a comma between a price and an age is no decimal
    ("RM20，13-15岁", "price", "MYR 20", "RM20"),
    ("RM20，13-15岁", "age", "13-15", "13-15岁"),
    ("RM20,13yo [redacted]", "price", "MYR 20", "RM20"),
    ("RM20,13yo [redacted]", "age", "13", "13yo"),
    ("14yearold [redacted]", "age", "14", "14yearold"),
    ("form four", "age", "16", "form four"),
    ("empat belas tahun", "age", "14", "empat belas tahun"),
    ("ages 13/14", "age", "13-14", "ages 13/14"),
    ("Rp 20.000", "price", "IDR 20000", "Rp 20.000"),
    ("500 ரூபாய்க்கு", "price", "INR 500", "500 ரூபாய்"),
    ("invite.viber.com/?g2=EXAMPLE0000", "group", "viber/EXAMPLE0000", None),
    ("signal id: example_a", "account", "signal:example_a", "signal id: example_a"),
]


@pytest.mark.parametrize(("text", "kind", "value", "cut"), CASES)
def test_an_entity_is_found_where_it_stands(
    text: str, kind: str, value: str, cut: str | None
) -> None:
    found = [entity for entity in entities(text) if entity.kind == kind]
    assert [entity.value for entity in found] == [value]
    assert cut is None or text[found[0].start : found[0].end] == cut


@pytest.mark.parametrize(
    "text",
    [
        "meet at 13:15, gate 13-15",
        "100% cotton, 20 pieces, 3.14",
        "I left.my friend stayed",
        "version 1.2.3 of 2026-11-23",
        "@ home",
        "warm 20 degrees, 5 years ago",
        "in the year 2020",
        "form 12345",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
        "from 9am to 5pm",
    ],
)
def test_ordinary_numbers_and_dots_are_nothing(text: str) -> None:
    assert entities(text) == []


def test_one_post_gives_everything_in_order() -> None:
    post = "RM20 membership, join private group, ages 13-15 [redacted], DM @example"
    assert [(e.kind, e.value) for e in entities(post)] == [
        ("price", "MYR 20"),
        ("age", "13-15"),
        ("account", "@example"),
    ]


@given(st.text(max_size=80) | st.lists(st.sampled_from([c[0] for c in CASES])).map(" ".join))
def test_spans_are_inside_ordered_and_apart(text: str) -> None:
    last = 0
    for entity in entities(text):
        assert last <= entity.start < entity.end <= len(text)
        last = entity.end


POLICY = """
policy: probe
version: 1
review_line: 1
rules:
  - {{id: probe, title: probe, version: 1, weight: 1, all: [{{entity: {0}}}, {{entity: {1}}}],
     examples: {{hit: [x], miss: [x]}}}}
"""


KINDS = list(itertools.combinations(sorted({case[1] for case in CASES}), 2))


@pytest.mark.parametrize("kinds", KINDS)
def test_the_cheap_look_never_misses_what_the_close_look_finds(kinds: tuple[str, str]) -> None:
    reader = Reader(parse_policy(POLICY.format(*kinds)))
    first, second = ([case[0] for case in CASES if case[1] == kind] for kind in kinds)
    posts = [f"{one} \n {two}" for one, two in itertools.product(first, second)]
    missed = [p for p, reading in zip(posts, reader.read(posts), strict=True) if not reading.score]
    assert missed == []


@pytest.mark.parametrize(
    "text",
    [
        "13th March", "14th floor", "10 yrs experience", "15 yrs warranty", "pengalaman 10 tahun",
        "jaminan 2 tahun", "penjara 15 tahun", "5 tahun lalu", "under 15 minutes", "under 16GB",
        "no under 18", "no one under 18", "大年初三", "提高三成", "standard 4 seater",
        "grade 8 bolts", "12 year old whisky", "3 yo-yos", "age 6 weeks", "under 18,000",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_stated_age_is_none(text: str) -> None:
    assert [entity.kind for entity in entities(text) if entity.kind == "age"] == []


@pytest.mark.parametrize("text", ["session: morning", "signal: weak", "2024元旦", "看例子.测试/x"])
def test_ordinary_words_name_nobody(text: str) -> None:
    assert entities(text) == []


@pytest.mark.timeout(60)
@pytest.mark.parametrize("unit", ["100 ", "1,000,", "RM1.000."])
def test_groups_of_digits_take_linear_time(unit: str) -> None:
    """Once each group was read to the end of all, again and again: 188 s for 100 kB."""
    assert len(entities((unit * 300_000)[:300_000] + " RM20")) >= 1
