"""One web address out of its many spellings.

Follows RFC 3986 section 6 (normalisation), UTS 46 (host names) and the WHATWG rules for IPv4
spellings; what platforms do beyond that is data in `data/links.yaml`.
"""

from __future__ import annotations

import fnmatch
import functools
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from urllib.parse import quote, unquote

import idna
import tldextract
import yaml


class NotUnderstood(ValueError):
    """What was written looks like something we know, but is broken. The message is for people."""


UNREADABLE_LINK = (
    "We could not read this link. Paste the whole address, for example https://example.com/post/1."
)

_SPECIAL_TLDS = frozenset({"test", "invalid", "example", "localhost", "onion", "local", "internal"})
_PORTS_LEFT_OUT = frozenset({"", "80", "443"})
_UNRESERVED = "-._~"
_SUB_DELIMS = "!$&'()*+,;="
_ADDRESS = re.compile(
    r"(?:(https?):[/\\]*|//)?(?:[^/\\?#@\s]*@)?(\[[0-9a-fA-F:.]+\]|[^/\\?#:\s\[\]@]+)"
    r"(?::(\d*))?(?=[/?#\\]|$)([^?#]*)(?:\?([^#]*))?(?:#(.*))?",
    re.IGNORECASE | re.DOTALL,
)
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NEEDS_NO_ESCAPE = re.compile("[A-Za-z0-9._~/-]*")


@dataclass(frozen=True, slots=True)
class Address:
    """`identity` is equal for two spellings of one page; `url` is what a browser can open."""

    identity: str
    url: str


@functools.cache
def link_facts() -> dict[str, Any]:
    """The platform facts of `data/links.yaml`, with their expressions compiled."""
    facts: dict[str, Any] = yaml.safe_load(
        files("lindung.text").joinpath("data/links.yaml").read_text("utf-8")
    )
    facts["tracking"] = re.compile(
        "|".join(fnmatch.translate(name) for name in facts["tracking"]), re.IGNORECASE
    )
    # most links are none of these: one look for all of a kind
    facts["rewritten"] = _any_of(pattern for pattern, _ in facts["rewrites"])
    facts["named"] = _any_of([*(pattern for pattern, _ in facts["groups"]), *facts["phones"]])
    for name in ("rewrites", "groups"):
        facts[name] = [(re.compile(pattern), to) for pattern, to in facts[name]]
    facts["phones"] = [re.compile(pattern) for pattern in facts["phones"]]
    facts["queries"] = [
        (re.compile(fnmatch.translate(pattern)), names)
        for pattern, names in facts["queries"].items()
    ]
    return facts


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


@functools.cache
def _suffixes() -> tldextract.TLDExtract:
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def known_suffix(host: str) -> bool:
    """Whether a bare `host` ends as the name of a site on the public internet does."""
    last = host.rpartition(".")[2]
    return last in _SPECIAL_TLDS or _public(last) or bool(_suffixes()(host).suffix)


@functools.lru_cache(4096)
def _public(last: str) -> bool:
    """Whether a name directly under `last` can be a site: then every name that ends so can."""
    return bool(_suffixes()(f"example.{last}").suffix)


def parse_address(written: str) -> Address:
    """Read one address, with or without a scheme. Raises NotUnderstood."""
    parts = _ADDRESS.fullmatch(written)
    if parts is None:
        raise NotUnderstood(UNREADABLE_LINK)
    scheme, raw_host, port, path, query, fragment = (part or "" for part in parts.groups())
    host = _host(raw_host)
    if (port and int(port) > 65535) or re.search(r"\s", path):
        raise NotUnderstood(UNREADABLE_LINK)
    port = str(int(port)) if port else ""
    scheme = scheme.lower() or ("http" if port == "80" else "https")
    tracking = link_facts()["tracking"]
    pairs = [
        _clean(pair, "/?:@" + _SUB_DELIMS)
        for pair in query.split("&")
        if pair.strip("=") and not tracking.match(unquote(pair.partition("=")[0]))
    ]
    path = _path(path)
    at = f":{port}" if port not in _PORTS_LEFT_OUT else ""
    url = f"{scheme}://{host}{at}{path or '/'}"
    url += f"?{'&'.join(pairs)}" if pairs else ""
    url += f"#{_clean(fragment, '/?:@' + _SUB_DELIMS)}" if _routes(fragment, host) else ""
    identity = _identity(host, at, path, pairs, fragment)
    if (target := _unwrapped(identity)) is not None:
        return parse_address(target)
    return Address(identity, url)


def _identity(host: str, at: str, path: str, pairs: list[str], fragment: str) -> str:
    facts = link_facts()
    host = _site(host)
    path = _ended(path.rstrip("/"))
    for pattern, names in facts["queries"] if pairs else ():
        if pattern.match(host + path):
            pairs = [pair for pair in pairs if pair.partition("=")[0] in names]
    pairs = sorted(map(_pair, pairs), key=lambda pair: pair.partition("=")[0])
    identity = f"{host}{at}{path}" + (f"?{'&'.join(pairs)}" if pairs else "")
    for pattern, to in facts["rewrites"] if facts["rewritten"].match(identity) else ():
        identity = pattern.sub(to, identity)
    if fragment[:1] in ("!", "/"):  # a one-page site keeps its route here
        identity += "#" + _ended(_clean(fragment, "/?:@" + _SUB_DELIMS))
    return identity


def _ended(part: str) -> str:
    """Escape last marks: written again, they would be taken for the end of a sentence."""
    bare = part.rstrip(".,;:!?'*)")
    return bare + "".join(f"%{ord(mark):02X}" for mark in part[len(bare) :])


def _routes(fragment: str, host: str) -> bool:
    return fragment[:1] in ("!", "/") or (bool(fragment) and host.endswith("mega.nz"))


def _host(raw: str) -> str:
    host = unquote(raw).strip().lower().replace("。", ".").replace("．", ".").rstrip(".")
    if host.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(host[1:-1])}]"
        except ValueError:
            raise NotUnderstood(UNREADABLE_LINK) from None
    last = host.rpartition(".")[2]
    if last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last):
        return _ipv4(host)
    if host.isascii() and not any(label.startswith("xn--") for label in host.split(".")):
        ascii_host = host
    else:
        try:
            ascii_host = idna.encode(host, uts46=True, transitional=False).decode()
        except (idna.IDNAError, UnicodeError):
            raise NotUnderstood(UNREADABLE_LINK) from None
    if not _HOST.fullmatch(ascii_host) or len(ascii_host) > 253:
        raise NotUnderstood(UNREADABLE_LINK)
    if "." not in ascii_host and ascii_host != "localhost":
        raise NotUnderstood(UNREADABLE_LINK)
    return ascii_host


def _ipv4(host: str) -> str:
    """The WHATWG IPv4 parser: 0x7f.1, 017700000001 and 2130706433 are all 127.0.0.1."""
    try:
        numbers = [
            int(part, 16)
            if part.startswith("0x")
            else int(part, 8)
            if len(part) > 1 and part.startswith("0")
            else int(part)
            for part in host.split(".")
        ]
        if len(numbers) > 4 or any(n > 255 for n in numbers[:-1]):
            raise ValueError(host)
        value = numbers[-1]
        if value >= 256 ** (5 - len(numbers)):
            raise ValueError(host)
        for place, number in enumerate(numbers[:-1]):
            value += number << (8 * (3 - place))
        return str(ipaddress.IPv4Address(value))
    except ValueError:
        raise NotUnderstood(UNREADABLE_LINK) from None


def _site(host: str) -> str:
    """The host without labels that only choose a layout, and without other names of it."""
    facts = link_facts()
    while True:
        if host in facts["hosts"]:
            host = facts["hosts"][host]
            continue
        first, _, rest = host.partition(".")
        if first not in facts["layouts"]:
            return host
        keeps_a_name = "." in rest and (
            rest.rpartition(".")[2] in _SPECIAL_TLDS or bool(_suffixes()(rest).domain)
        )
        if not keeps_a_name or rest[-1].isdigit():
            return host
        host = rest


def _path(raw: str) -> str:
    path = _clean(raw.replace("\\", "/"), "/:@" + _SUB_DELIMS)
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for place, segment in enumerate(segments):
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
            continue
        if place == len(segments) - 1:
            kept.append("")
    return "/".join(kept)


def _pair(raw: str) -> str:
    """A parameter as forms mean it: + is a space, nothing after = is no value."""
    name, _, value = (
        _ended(_clean(part, "/@$(")) for part in raw.replace("+", "%20").partition("=")
    )
    return f"{name}={value}" if value else name


def _clean(part: str, allowed: str) -> str:
    """Decode what needs no escape, escape the rest in upper case (RFC 3986 section 6.2.2)."""
    if _NEEDS_NO_ESCAPE.fullmatch(part):
        return part
    part = re.sub(r"%(?![0-9a-fA-F]{2})", "%25", part)

    def escape(match: re.Match[str]) -> str:
        character = chr(int(match[0][1:], 16))
        plain = character.isascii() and (character.isalnum() or character in _UNRESERVED)
        return character if plain else match[0].upper()

    part = re.sub(r"%[0-9a-fA-F]{2}", escape, part)
    return quote(part, safe="%" + allowed + _UNRESERVED, errors="replace")


def _unwrapped(identity: str) -> str | None:
    place, _, query = identity.partition("?")
    names = link_facts()["wrappers"].get(place)
    if names is None:
        return None
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        target = unquote(value)
        if name in ([names] if isinstance(names, str) else names) and re.match(
            r"https?://", target, re.IGNORECASE
        ):
            return target
    return None
