"""One web address out of its many spellings.

Follows RFC 3986 section 6 (normalisation), UTS 46 (host names) and the WHATWG rules for IPv4
spellings; what platforms do beyond that is data in `data/links.yaml`.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

import idna

from lindung.text.items.platforms import link_facts, rewritten, routes, site, telling, unwrapped


class NotUnderstood(ValueError):
    """What was written looks like something we know, but is broken. The message is for people."""


UNREADABLE_LINK = (
    "We could not read this link. Paste the whole address, for example https://example.com/post/1."
)
_MOST_WRAPPERS = 5  # pages that pass on to pages that pass on
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


def parse_address(written: str) -> Address:
    """Read one address, with or without a scheme. Raises NotUnderstood."""
    address, target = _parse(written)
    for _ in range(_MOST_WRAPPERS):
        if target is None:
            break
        try:
            address, target = _parse(target)
        except NotUnderstood:  # it passes on to nothing: then it is the page itself
            break
    return address


def _parse(written: str) -> tuple[Address, str | None]:
    """The address, and the one it only passes on to, if it does."""
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
    fragment = _clean(fragment, "/?:@" + _SUB_DELIMS)
    url = f"{scheme}://{host}{at}{path or '/'}"
    url += f"?{'&'.join(pairs)}" if pairs else ""
    url += f"#{fragment}" if fragment else ""
    host = site(host)
    address = Address(_identity(host, at, path, pairs, fragment), url)
    return address, None if at else unwrapped(host + path, pairs)


def _identity(host: str, at: str, path: str, pairs: list[str], fragment: str) -> str:
    path = _ended(_decoded(re.sub("(?<!:)/{2,}", "/", path)).rstrip("/"))
    pairs = sorted(map(_pair, telling(host + path, pairs)), key=lambda pair: pair.partition("=")[0])
    identity = f"{host}{at}{path}" + (f"?{'&'.join(pairs)}" if pairs else "")
    if routes(fragment, host + path):
        identity += "#" + _ended(_decoded(fragment))
    return rewritten(identity)


def _decoded(part: str) -> str:
    """Without escapes of escapes: passing a link on adds them (Google Safe Browsing)."""
    while (once := re.sub("%25(?=[0-9a-fA-F]{2})", "%", part)) != part:
        part = _clean(once, "/?:@" + _SUB_DELIMS)
    return part


def _ended(part: str) -> str:
    """Escape last marks: written again, they would be taken for the end of a sentence."""
    bare = part.rstrip(".,;:!?'*)")
    return bare + "".join(f"%{ord(mark):02X}" for mark in part[len(bare) :])


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
