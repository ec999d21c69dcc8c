"""What a text names: contacts, links, group invitations, prices, wallets, stated ages."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lindung.text.items.addresses import NotUnderstood
from lindung.text.items.ages import WORDS as AGE_WORDS
from lindung.text.items.ages import ages
from lindung.text.items.canonical import (
    FEDIVERSE,
    QQ,
    Canonical,
    account_item,
    bare_link,
    email_item,
    fediverse_item,
    link_item,
    platform_names,
    refang,
    trimmed,
    visible,
)
from lindung.text.items.phones import HOME, e164, likely
from lindung.text.items.prices import LETTER, LETTERS, PRICE, price_value
from lindung.text.items.prices import WORDS as PRICE_WORDS
from lindung.text.items.wallets import wallet
from lindung.text.normal.fold import Folded, fold
from lindung.text.normal.reveal import revealed


@dataclass(frozen=True, slots=True)
class Entity:
    """`value` is canonical; `[start, end)` are characters of the original text.

    Kinds: those of `Canonical` except words, and `price`, `age` (in years, `13` or `13-15`).
    """

    kind: str
    value: str
    start: int
    end: int


_CHINESE = "぀-ヿ㐀-鿿가-힯"  # and kin: written without spaces, so it may stand close to anything
_WORD = f"[0-9_{LETTERS}]"
_NOT_AFTER = f"(?<!{_WORD})"
_DOT = r"(?:[.。]|\s?[\[({]\s?(?:\.|dot|titik)\s?[\])}]\s?)"
_LABEL = f"(?:[0-9_{LETTERS}-]{{1,63}}|[{_CHINESE}]{{1,63}})"
_LINK = re.compile(
    rf"(?:(?<![a-z])h(?:tt|xx|\*\*)ps?(?:\[:\]|:)[/\\]{{0,3}}|tg://)[^\s\"<>`“”«»|]{{1,2048}}"
    rf"|{_NOT_AFTER}(?<![@.-]){_LABEL}(?:{_DOT}{_LABEL}){{1,6}}(?::\d{{1,5}})?(?:[/?#][^\s\"<>`“”«»|]{{0,2048}})?",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"https?:|tg:|www\.", re.IGNORECASE)
# folded to ASCII in the view, so looked for in the original
_CHINESE_STOP = re.compile("[（）【】《》「」，。、；！？｜]")
_EMAIL = re.compile(
    rf"{_NOT_AFTER}(?<![@.+/-])[0-9_{LETTERS}.+-]{{1,64}}(?:@|\s?[\[({{]\s?(?:@|at)\s?[\])}}]\s?)"
    rf"{_LABEL}(?:{_DOT}{_LABEL}){{1,5}}",
    re.IGNORECASE,
)
_HANDLE = re.compile(
    rf"{_NOT_AFTER}(?<![@./])@(?P<name>[a-z0-9_](?:[a-z0-9_.]{{0,30}}[a-z0-9_])?)(?!{_WORD}|@)"
)
# A wallet or an IBAN is long; its checksum, not its form, makes it one.
_LONG = re.compile(
    rf"{_NOT_AFTER}(?:[a-z]{{2}}\d{{2}}(?: [a-z0-9]{{4}}){{3,7}}(?: [a-z0-9]{{1,3}})?"
    rf"|[a-z0-9]{{15,90}})(?!{_WORD})"
)
_PHONE = re.compile(rf"{_NOT_AFTER}(?<![.,$])(?:\+|00)?\(?\d[\d ().–-]{{5,24}}\d(?!{_WORD})")
_BANK = re.compile(
    rf"(?<!{LETTER})(?P<bank>maybank|cimb|rhb|ambank|bsn|bank islam|public bank|hong leong"
    r"|akaun|account|acc|rekening|a/c|duitnow|tng)"
    r"\s?(?:no|num|number)?\s?[.:]{0,2}\s?(?P<digits>\d[\d -]{7,18}\d)(?!\d)"
)
_COMMON = {"line", "session", "signal", "snap", "threads", "x"}  # words besides: a sign is needed


@functools.cache
def _named() -> re.Pattern[str]:
    names = sorted((name for name in platform_names() if len(name) > 1), key=len, reverse=True)
    return re.compile(
        rf"(?<!{LETTER})(?P<platform>{'|'.join(map(re.escape, names))})\s?(?:id)?\s?[:=]\s?@?"
        r"(?P<name>[a-z0-9_][a-z0-9_.]{2,30})(?![/:])"
        rf"(?!{_WORD})"
    )


def entities(text: str, *, region: str = HOME) -> list[Entity]:
    """Everything named in `text`, ordered by place, without overlaps.

    Obfuscated writing is seen through (full-width, zero-width, look-alike, defanged); an address
    takes its value from the original characters, because paths are case-sensitive.
    """
    return folded_entities(text, fold(text), region)


def folded_entities(text: str, view: Folded, region: str) -> list[Entity]:
    """`entities` of a text whose folded view is at hand."""
    taken = bytearray(len(text))
    found: list[Entity] = []
    for finder in (_fediverse, _emails, _links, _wallets, _accounts, _phones, _quantities):
        if finder is _quantities and found:
            view = _left(view, taken)
        for kind, value, first, last in finder(text, view, region):
            start, end = view.span(first, last)
            if not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                found.append(Entity(kind, value, start, end))
    return sorted(found, key=lambda entity: entity.start)


def _left(view: Folded, taken: bytearray) -> Folded:
    """The view without what is taken: a line's end for each stretch."""
    size = len(view.text)
    origin = view.origin if view.origin is not None else np.arange(size, dtype=np.int32)
    gone = np.frombuffer(taken, np.uint8)[origin[:size]] != 0
    points = np.frombuffer(view.text.encode("utf-32-le"), np.uint32).copy()
    points[gone] = ord("\n")
    kept = ~gone
    kept[1:] |= ~gone[:-1]
    return Folded(points[kept].tobytes().decode("utf-32-le"), origin[kept])


_HIDDEN = AGE_WORDS | PRICE_WORDS
_Found = Iterator[tuple[str, str, int, int]]


def _written(text: str, view: Folded, first: int, last: int) -> str:
    """The original characters of a folded span: codes and paths keep their case there."""
    start, end = view.span(first, last)
    return visible(text[start:end])


def _links(text: str, view: Folded, _region: str) -> _Found:
    read: dict[str, Canonical | None] = {}
    for match in _LINK.finditer(view.text):
        first, last = match.span()
        start, end = view.span(first, last)
        if stop := _CHINESE_STOP.search(text, start + 1, end):
            while last > first + 1 and view.span(first, last)[1] > stop.start():
                last -= 1
        while last > first + 1 and view.text[last - 1] in ".,;:!?'\")]}*":
            last -= 1
        written = _written(text, view, first, last)
        if written not in read:
            read[written] = _link(written)
        if (item := read[written]) is not None:
            yield item.kind, item.value, first, last


def _link(written: str) -> Canonical | None:
    link = trimmed(refang(written))
    if not _SCHEME.match(link):
        link = bare_link(link, alone=False) or ""
    try:
        return link_item(link) if link else None
    except NotUnderstood:
        return None


def _wallets(text: str, view: Folded, _region: str) -> _Found:
    for match in _LONG.finditer(view.text):
        if found := wallet(_written(text, view, *match.span())):
            yield "wallet", found, *match.span()


def _fediverse(_text: str, view: Folded, _region: str) -> _Found:
    for match in FEDIVERSE.finditer(view.text):
        if item := fediverse_item(match[1], match[2]):
            yield "account", item.value, *match.span()


def _emails(text: str, view: Folded, _region: str) -> _Found:
    for match in _EMAIL.finditer(view.text):
        if item := email_item(refang(_written(text, view, *match.span())).rstrip(".")):
            yield "email", item.value, *match.span()


def _accounts(_text: str, view: Folded, _region: str) -> _Found:
    names = platform_names()
    for match in _HANDLE.finditer(view.text):
        yield "account", account_item(match["name"]).value, *match.span()
    for match in _named().finditer(view.text):
        said = match["platform"] not in _COMMON or re.search(
            "@|id", match[0][len(match["platform"]) :]
        )
        if said and not match["name"].isdigit():
            platform = names[match["platform"]]
            yield "account", account_item(match["name"].rstrip("."), platform).value, *match.span()
    for match in QQ.finditer(view.text):
        yield "account", account_item(match["qq"], "qq").value, *match.span()
    for match in _BANK.finditer(view.text):
        digits = re.sub(r"\D", "", match["digits"])
        yield "account", f"{match['bank']}:{digits}", *match.span()


def _quantities(_text: str, view: Folded, _region: str) -> _Found:
    yield from _amounts(view.text)
    if (plain := revealed(view, _HIDDEN)) is not None:
        for kind, value, first, last in _amounts(plain.text):
            yield kind, value, *plain.span(first, last)


def _amounts(text: str) -> _Found:
    for age, first, last in ages(text):
        yield "age", age, first, last
    for match in PRICE.finditer(text):
        if price := price_value(match):
            yield "price", price, *match.span()


def _phones(_text: str, view: Folded, region: str) -> _Found:
    read: dict[str, str | None] = {}
    for match in _PHONE.finditer(view.text):
        if not likely(match[0], view.text[max(0, match.start() - 40) : match.start()], region):
            continue
        if match[0] not in read:
            read[match[0]] = e164(match[0], region)
        if number := read[match[0]]:
            yield "phone", number, *match.span()
