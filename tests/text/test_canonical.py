"""What else a reporter may write: accounts, phones, e-mail, groups, wallets, words."""

from __future__ import annotations

import contextlib
import random

import pytest

from lindung.text import NotUnderstood, canonicalise


@pytest.mark.parametrize(
    ("written", "kind", "value"),
    [
        ("@Example_A", "account", "@example_a"),
        ("instagram: example_a", "account", "instagram:example_a"),
        ("@example_a on insta", "account", "instagram:example_a"),
        ("Telegram @example_b", "account", "telegram:example_b"),
        ("+60 3-2000 0000", "phone", "+60320000000"),
        ("03-2000 0000", "phone", "+60320000000"),
        ("tel:+60320000000", "phone", "+60320000000"),
        ("https://wa.me/60320000000?text=hi", "phone", "+60320000000"),
        ("whatsapp example +60 3 2000 0000", "phone", "+60320000000"),
        ("Example@Example.COM", "email", "example@example.com"),
        ("mailto:example@example.com", "email", "example@example.com"),
        ("example(at)example[.]com", "email", "example@example.com"),
        (
            "https://chat.whatsapp.com/EXAMPLEexample00000000",
            "group",
            "whatsapp/EXAMPLEexample00000000",
        ),
        ("t.me/joinchat/EXAMPLE0000", "group", "telegram/EXAMPLE0000"),
        ("https://t.me/+EXAMPLE0000", "group", "telegram/EXAMPLE0000"),
        ("tg://join?invite=EXAMPLE0000", "group", "telegram/EXAMPLE0000"),
        ("discord.gg/example0", "group", "discord/example0"),
        ("https://discord.com/invite/example0", "group", "discord/example0"),
        ("https://signal.group/#EXAMPLE0000000", "group", "signal/EXAMPLE0000000"),
        ("https://line.me/R/ti/g/EXAMPLE000", "group", "line/EXAMPLE000"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "wallet", "btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
        ("GB82 WEST 1234 5698 7654 32", "wallet", "iban:GB82WEST12345698765432"),
        ("0x" + "0" * 39 + "A", "wallet", "eth:0x" + "0" * 39 + "a"),
        ("  Somebody SAID\nsomething ", "words", "somebody said something"),
        ("pay 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "words", None),
        ("she said hello.my friend left", "words", None),
    ],
)
def test_what_was_written_becomes_one_item(written: str, kind: str, value: str | None) -> None:
    item = canonicalise(written)
    assert item.kind == kind
    assert value is None or item.value == value
    assert canonicalise(item.value) == item


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("12345678", "words"),
        ("20000000", "words"),
        ("order 0320000000", "words"),
        ("订单号 0320000000", "words"),
        ("195.216.14.9", "address"),
        ("QQ 123456789", "account"),
        ("加qq：123456789", "account"),
        ("example 0320000000", "phone"),
        ("60320000000", "phone"),
    ],
)
def test_digits_are_a_phone_by_their_form_or_a_word(written: str, kind: str) -> None:
    assert canonicalise(written).kind == kind


def test_few_numbers_drawn_by_chance_are_phones() -> None:
    rng = random.Random(1)
    drawn = ["".join(rng.choices("0123456789", k=8)) for _ in range(1000)]
    assert sum(canonicalise(digits).kind == "phone" for digits in drawn) <= 10


def test_a_phone_without_a_country_is_read_in_the_region() -> None:
    assert canonicalise("020 7946 0000", region="GB").value == "+442079460000"


@pytest.mark.parametrize("written", ["", "   ", "\u200b\u200b", "...", "\x00"])
def test_nothing_is_refused_with_what_to_do(written: str) -> None:
    with pytest.raises(NotUnderstood, match="Nothing was written here"):
        canonicalise(written)


def test_too_much_is_refused_with_the_limit() -> None:
    with pytest.raises(NotUnderstood, match="20,000"):
        canonicalise("a " * 20_000)


@pytest.mark.parametrize(
    "unit", ["(", "@", "a.", "1-", "%", "[.]", "😀", "http:", "\ud800", "\u202e@"]
)
@pytest.mark.timeout(60)
def test_hostile_text_is_read_in_time(unit: str) -> None:
    with contextlib.suppress(NotUnderstood):
        canonicalise((unit * 20_000)[:20_000])
