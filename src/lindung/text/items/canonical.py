"""What a reporter wrote, as one canonical item: it exists once, however it is spelled."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import Literal

from lindung.text.items.addresses import (
    UNREADABLE_LINK,
    Address,
    NotUnderstood,
    parse_address,
)
from lindung.text.items.phones import HOME, e164, likely, spaced
from lindung.text.items.platforms import known_suffix, link_facts
from lindung.text.items.wallets import WALLET, wallet

Kind = Literal["address", "account", "phone", "email", "group", "wallet", "words"]

LONGEST = 20_000  # characters of one written item
_EDGES = " \t\r\n\"'`“”‘’«»<>()[]{}（）【】《》「」『』,;:.!?…，。、；：！？|*_~-–—"
_TRAILING = "\"'`“”‘’«»<>]}（）【】《》「」『』,;:.!?…，。、；：！？|*"
_LINK_END = r"\s\"<>`“”«»（）【】《》「」『』，。、；！？｜"
LINK = re.compile(rf"(?:https?:[/\\]*|(?<![\w@.])www\d?\.)[^{_LINK_END}]+", re.IGNORECASE)
_APP_LINK = re.compile(
    r"tg:(?://)?(join\?invite=|resolve\?domain=|resolve\?phone=)([\w+-]+)"
    r"|whatsapp:(?://)?(?:send/?\?phone=\+?(\d{7,15})|chat/?\?code=([\w-]{10,}))",
    re.IGNORECASE,
)
# a scheme nobody's browser opens: written so that a link is harmless
_NO_SCHEME = re.compile(
    r"(?<![\w.+-])(?!https?:|ftps?:|sftp:|tg:|whatsapp:|file:|ipfs:|wss?:|magnet:|git:|ssh:)"
    r"[a-z]{2,8}://(?=[^\s/])",
    re.IGNORECASE,
)
FEDIVERSE = re.compile(
    r"(?<![\w.@/])@([A-Za-z0-9_][\w.-]{0,60})@((?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,})"
)
_EMAIL = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,}"
)
_MAYBE_DEFANGED = re.compile(r"[\[({HTP]|[hH](?:[xX]{2}|\*\*|__)[pP]|://")
_HANDLE = re.compile(r"@([A-Za-z0-9_](?:[A-Za-z0-9_.]{0,62}[A-Za-z0-9_])?)")
QQ = re.compile(
    r"(?<![a-z])(?:加)?(?:qq|扣扣|企鹅)(?:号|群)?\s?[:：]?\s?(?P<qq>[1-9]\d{4,10})(?!\d)"
)
_NAMED = re.compile(r"([\w-](?:[\w.-]{0,98}[\w-])?)", re.ASCII)
# endings that no sentence has by a forgotten space, as "hello.my friend" has
_PLAIN_ENDINGS = frozenset(
    ["com", "net", "org", "info", "io", "xyz", "gg", "test", "invalid", "example", "onion"]
)
_PHONE = re.compile(r"(?:tel:)?\(?\+?[\d(][\d\s().\-–/]{5,30}\d", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Canonical:
    """One item. `kind` and `value` are its identity; `display` is how it is shown to people.

    `url` is what to fetch for an address, in the scheme and port the reporter wrote; else None.
    """

    kind: Kind
    value: str
    display: str = field(compare=False)
    url: str | None = field(default=None, compare=False)


def canonicalise(written: str, *, region: str = HOME) -> Canonical:
    """The canonical item for what somebody wrote in one field.

    `region` is the ISO 3166 country whose phone numbers may lack a country code. Writing the
    `value` again gives the same item. Raises NotUnderstood, with a message for people, for
    nothing at all, for a broken address and for several addresses at once.
    """
    if len(written) > LONGEST:
        raise NotUnderstood(f"This is longer than {LONGEST:,} characters. Send a shorter part.")
    text = visible(written).strip()
    if not text.strip(_EDGES):
        raise NotUnderstood("Nothing was written here. Write what you saw, or paste its address.")
    for read in (_wallet, _prefixed, _link, _fediverse, _email, _number, _phone, _account):
        if (found := read(text, region)) is not None:
            return replace(found, display=spaced(found.value)) if found.kind == "phone" else found
    words = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if words != text:  # folding may uncover an address, and may need two rounds
        item = canonicalise(words, region=region)
        return Canonical("words", item.value, text) if item.kind == "words" else item
    return Canonical("words", words, text)


def visible(text: str) -> str:
    """The text without characters nobody sees, lone surrogates replaced."""
    if text.isascii() and text.isprintable():
        return text
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(
        c for c in text if c in "\t\n\r" or unicodedata.category(c) not in ("Cf", "Cc", "Cs")
    )


def refang(text: str) -> str:
    """Undo the ways people make a link harmless: hxxp, [.], (dot), [at]."""
    if not _MAYBE_DEFANGED.search(text):
        return text
    text = re.sub(
        r"(?<![A-Za-z])h(?:xx|\*\*|__|tt)p(s?)(?:\[:\]|\(:\)|:)", r"http\1:", text, flags=re.I
    )
    text = re.sub(r"\s?[\[({]\s?(?:\.|dot|titik|punto)\s?[\])}]\s?", ".", text, flags=re.I)
    text = re.sub(r"\s?[\[({]\s?(?:@|at)\s?[\])}]\s?", "@", text, flags=re.I)
    text = re.sub(r"\[(:?/{1,2})\]", r"\1", text)
    text = _NO_SCHEME.sub("http://", text)
    return re.sub(
        r"(https?://)\s*([\w-]+(?:\s?\.[\w-]+)+)",
        lambda found: found[1] + re.sub(r"\s", "", found[2]),
        text,
        flags=re.I,
    )


def link_item(link: str) -> Canonical:
    """The item one link names: an address, account, group invitation or phone.

    Raises NotUnderstood.
    """
    if app := _APP_LINK.match(link):
        if app[3]:
            link = f"https://wa.me/{app[3]}"
        elif app[4]:
            link = f"https://chat.whatsapp.com/{app[4]}"
        else:
            link = f"https://t.me/{'' if 'domain' in app[1].lower() else '+'}{app[2].lstrip('+')}"
    address = parse_address(unicodedata.normalize("NFC", link))
    facts, place = link_facts(), address.identity
    if not facts["named"].match(place):
        return _address(address)
    for pattern in facts["phones"]:
        if (found := pattern.match(place)) and (phone := phone_item("+" + found[1], "ZZ")):
            return phone
    for pattern, platform in facts["groups"]:
        if found := pattern.match(place):
            return _group(platform, found[1])
    for pattern, platform in facts["accounts"]:
        if found := pattern.match(place):
            return replace(account_item(found[1], platform), url=address.url)
    return _address(address)


def phone_item(written: str, region: str) -> Canonical | None:
    """The E.164 item of a phone number, or None where it cannot be one."""
    number = e164(written, region)
    return Canonical("phone", number, number) if number else None


def email_item(written: str) -> Canonical | None:
    """The item of a mail address: lower case, host name in ASCII."""
    local, _, host = written.rpartition("@")
    try:
        host = parse_address(host).url.removeprefix("https://").rstrip("/")
    except NotUnderstood:
        return None
    value = f"{local}@{host}".casefold()
    return Canonical("email", value, value)


def account_item(handle: str, platform: str | None = None) -> Canonical:
    """The item of a handle, on one platform where that is known."""
    handle = handle.lstrip("@").casefold()
    if platform in link_facts()["dotless"]:
        handle = handle.replace(".", "")
    value = f"{platform}:{handle}" if platform else f"@{handle}"
    return Canonical("account", value, f"@{handle} ({platform})" if platform else value)


def platform_names() -> dict[str, str]:
    """Every name a platform is called by, to its one name here."""
    known: dict[str, list[str]] = link_facts()["platforms"]
    return {name: platform for platform, names in known.items() for name in names}


def _address(address: Address) -> Canonical:
    return Canonical("address", address.identity, address.url, address.url)


def _group(platform: str, code: str) -> Canonical:
    return Canonical("group", f"{platform}/{code}", f"{platform}/{code}")


def _wallet(text: str, _region: str) -> Canonical | None:
    chain, _, rest = text.partition(":")
    bare = rest if chain.isalpha() and wallet(rest) else text.strip(_EDGES)
    found = wallet(bare)
    if found is None:
        inside = {w for m in WALLET.finditer(text) if (w := wallet(m[0]))}
        if len(inside) != 1 or len(text.split()) > 12 or "/" in text:
            return None
        found = inside.pop()
    return Canonical("wallet", found, found)


def _prefixed(text: str, _region: str) -> Canonical | None:
    """`whatsapp/CODE` and `telegram:name`: canonical values, and how people write accounts."""
    for pattern, platform in link_facts()["codes"]:
        code = text.removeprefix(f"{platform}/")
        if code != text and pattern.fullmatch(code):
            return _group(platform, code)
    name, colon, rest = text.partition(":")
    platform = platform_names().get(name.strip().casefold())
    handle = _NAMED.fullmatch(rest.strip(" @").removeprefix("u/"))
    return account_item(handle[1], platform) if colon and platform and handle else None


def fediverse_item(name: str, host: str) -> Canonical | None:
    """The account `@name@host` of the fediverse, None where the host can be none."""
    try:
        site = parse_address(host).url.removeprefix("https://").rstrip("/")
    except NotUnderstood:
        return None
    value = f"@{name}@{site}".casefold()
    return Canonical("account", value, value) if known_suffix(site) else None


def _fediverse(text: str, _region: str) -> Canonical | None:
    found = {item for m in FEDIVERSE.finditer(refang(text)) if (item := fediverse_item(m[1], m[2]))}
    return found.pop() if len(found) == 1 and len(text.split()) <= 12 else None


def _email(text: str, _region: str) -> Canonical | None:
    plain = refang(text)
    if "://" in plain:
        return None
    found = {item for m in _EMAIL.finditer(plain) if (item := email_item(m[0]))}
    return found.pop() if len(found) == 1 and len(plain.split()) <= 12 else None


def _link(text: str, _region: str) -> Canonical | None:
    plain = re.sub(r"[！-～。．]{4,}", lambda m: unicodedata.normalize("NFKC", m[0]), refang(text))
    if _APP_LINK.match(plain):
        return link_item(plain)
    found = {item.value: item for link in LINK.findall(plain) if (item := link_item(trimmed(link)))}
    if len(found) > 1:
        raise NotUnderstood(
            "There is more than one link here. Put each link in a field of its own."
        )
    if found:
        return next(iter(found.values()))
    words = plain.split()
    bare = {
        item.value: item
        for word in words
        if (link := bare_link(trimmed(_opened(word)), alone=len(words) == 1))
        and (item := link_item(link))
    }
    if len(bare) == 1 and len(words) <= 12:
        return next(iter(bare.values()))
    if re.match(r"(?:[a-z][a-z0-9+.-]*:/|//|https?\b|www\.)", plain, re.IGNORECASE):
        raise NotUnderstood(UNREADABLE_LINK)
    return None


def _opened(word: str) -> str:
    return (
        word if re.match(r"\[[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\]", word) else word.lstrip(_EDGES + "/")
    )


def trimmed(link: str) -> str:
    """A link without the marks that end the sentence around it."""
    link = link.rstrip(_TRAILING.replace("]", "")) if "[" in link else link.rstrip(_TRAILING)
    while link.endswith(")") and link.count(")") > link.count("("):
        link = link[:-1].rstrip(_TRAILING)
    return link


def bare_link(word: str, *, alone: bool) -> str | None:
    """The link a word without a scheme is, if it is one. `alone`: nothing stands around it."""
    host = re.match(r"(\[[0-9a-fA-F:.]+\](?=[:/]|$)|[^\s/:?#@\\]+)(?::\d+)?", word)
    if host is None or "@" in re.split(r"[/?#]", word)[0]:
        return None
    name, path = host[1].rstrip(".。"), word[host.end() :]
    if path and path[0] not in "/?#":
        return None
    numeric = name.startswith("[") or re.fullmatch(r"\d+(?:\.\d+){3}", name)
    if numeric or name.lower() == "localhost":
        return word if path or ":" in host[0].removeprefix(name) or (alone and numeric) else None
    if not re.search(r"[^\W_][.。](?:[^\W\d_]{2,}|xn--[\w-]+)$", name, re.IGNORECASE):
        return None
    ending = re.split(r"[.。]", name.lower())[-1]
    if not known_suffix(name.lower().replace("。", ".")):
        return None
    return word if alone or path.strip("/") or ending in _PLAIN_ENDINGS else None


def _phone(text: str, region: str) -> Canonical | None:
    found = {
        item
        for m in _PHONE.finditer(text)
        if (number := m[0].removeprefix("tel:"))
        and (likely(number, text[: m.start()], region) or m[0] != number)
        and (item := phone_item(number, region))
    }
    if len(found) != 1 or len(text.split()) > 12:
        return None
    left = _PHONE.sub(" ", text)
    return found.pop() if not any(c.isdigit() for c in left) else None


def _account(text: str, _region: str) -> Canonical | None:
    names = {
        m[1] for m in _HANDLE.finditer(text) if m.start() == 0 or not text[m.start() - 1].isalnum()
    }
    if len(names) != 1 or len(text.split()) > 12:
        return None
    known = platform_names()
    words = re.findall(r"[\w]+", _HANDLE.sub(" ", text).casefold())
    platforms = {known[word] for word in words if word in known}
    return account_item(names.pop(), platforms.pop() if len(platforms) == 1 else None)


def _number(text: str, _region: str) -> Canonical | None:
    """`QQ 123456789`: an account that is a number."""
    found = QQ.fullmatch(text.casefold())
    return account_item(found["qq"], "qq") if found else None
