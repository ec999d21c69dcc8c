"""What platforms do with addresses, read from `data/links.yaml`."""

from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Iterable
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

import tldextract
import yaml

SPECIAL_TLDS = frozenset({"test", "invalid", "example", "localhost", "onion", "local", "internal"})
_CODE_ENDS = r"(?=[/?#&]|$)"  # a code is the whole of what stands there, never its beginning


@functools.cache
def link_facts() -> dict[str, Any]:
    """The platform facts of `data/links.yaml`, with their expressions compiled."""
    facts: dict[str, Any] = yaml.safe_load(
        files("lindung.text").joinpath("data/links.yaml").read_text("utf-8")
    )
    for name in ("tracking", "needed"):
        facts[name] = _any_of((fnmatch.translate(one) for one in facts[name]), re.IGNORECASE)
    # most links are none of these: one look for all of a kind
    facts["rewritten"] = _any_of(pattern for pattern, _ in facts["rewrites"])
    facts["codes"] = [(re.compile(p[p.rindex("(") :]), to) for p, to in facts["groups"]]
    facts["groups"] = [(pattern + _CODE_ENDS, to) for pattern, to in facts["groups"]]
    for name in ("rewrites", "groups", "mirrors", "paths"):
        facts[name] = [(re.compile(pattern), to) for pattern, to in facts[name]]
    facts["phones"] = [re.compile(pattern) for pattern in facts["phones"]]
    facts["accounts"] = [(_account(one), one["platform"]) for one in facts["accounts"]]
    facts["named"] = _any_of(
        pattern.pattern
        for pattern in (
            *facts["phones"],
            *(pattern for name in ("groups", "accounts") for pattern, _ in facts[name]),
        )
    )
    facts["pointers"] = _any_of(facts["pointers"])
    for name in ("hosting", "fragments", "dotless"):
        facts[name] = frozenset(facts[name])
    facts["queries"] = [
        (re.compile(fnmatch.translate(place)), frozenset(names))
        for place, names in facts["queries"].items()
    ]
    facts["surplus"] = [
        (re.compile(fnmatch.translate(place)), _any_of(map(fnmatch.translate, names)))
        for place, names in facts["surplus"].items()
    ]
    return facts


def _any_of(patterns: Iterable[str], flags: int = 0) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), flags)


def _account(fact: dict[str, Any]) -> re.Pattern[str]:
    """The place of an account, but for the words that the platform keeps for itself."""
    place: str = fact["place"]
    if kept := fact.get("not"):
        words = "|".join(map(re.escape, kept))
        start = place.rindex("(", 0, re.search(r"\((?!\?)", place).end())  # type: ignore[union-attr]
        place = f"{place[:start]}(?!(?:{words})(?:[/?#]|$)){place[start:]}"
    return re.compile(rf"^{place}/?(?:\?.*)?$", re.IGNORECASE | re.ASCII)


@functools.cache
def _suffixes(*, private: bool = False) -> tldextract.TLDExtract:
    return tldextract.TLDExtract(
        suffix_list_urls=(), cache_dir=None, include_psl_private_domains=private
    )


def known_suffix(host: str) -> bool:
    """Whether a bare `host` ends as the name of a site on the public internet does."""
    last = host.rpartition(".")[2]
    return last in SPECIAL_TLDS or _public(last) or bool(_suffixes()(host).suffix)


@functools.lru_cache(4096)
def _public(last: str) -> bool:
    """Whether a name directly under `last` can be a site: then every name that ends so can."""
    return bool(_suffixes()(f"example.{last}").suffix)


def site(host: str) -> str:
    """The host without labels that only choose a layout, and without other names of it.

    A label right under a suffix where people have sites of their own (`m.github.io`) is a name.
    """
    facts = link_facts()
    while True:
        if (other := facts["hosts"].get(host)) is not None:
            host = other
            continue
        for pattern, to in facts["mirrors"]:
            if pattern.match(host) and host != to:
                host = to
                break
        else:
            first, _, rest = host.partition(".")
            if first not in facts["layouts"] or not _keeps_a_name(first, rest):
                return host
            host = rest


def _keeps_a_name(first: str, rest: str) -> bool:
    if "." not in rest or rest[-1].isdigit():
        return False
    if rest in link_facts()["hosting"]:
        return first == "www"
    return rest.rpartition(".")[2] in SPECIAL_TLDS or bool(_suffixes(private=True)(rest).domain)


def telling(place: str, pairs: list[str]) -> list[str]:
    """Of a query's `name=value` pairs those that say which page of `host/path` it is."""
    facts = link_facts()
    pairs = [pair for pair in pairs if not facts["needed"].match(pair.partition("=")[0])]
    for pattern, names in facts["queries"] if pairs else ():
        if pattern.match(place):
            return [pair for pair in pairs if pair.partition("=")[0] in names]
    for pattern, names in facts["surplus"] if pairs else ():
        if pattern.match(place):
            return [pair for pair in pairs if not names.match(pair.partition("=")[0])]
    return pairs


def routes(fragment: str, place: str) -> bool:
    """Whether a fragment says which page it is, and does not only point into one."""
    facts = link_facts()
    if not fragment or facts["pointers"].match(fragment):
        return False
    return place.partition("/")[0] in facts["fragments"] or bool(
        re.match("[!/@?]", fragment) or re.search(r"/|[=?]\w", fragment)
    )


def rewritten(place: str) -> str:
    """The one place for what the platform writes in several ways."""
    facts = link_facts()
    for pattern, to in facts["rewrites"] if facts["rewritten"].match(place) else ():
        place = pattern.sub(to, place)
    return place


def unwrapped(place: str, pairs: list[str]) -> str | None:
    """The address that a page only passes on to, None where it is a page of its own."""
    facts = link_facts()
    host, _, path = place.partition("/")
    names = facts["wrappers"].get(place.rstrip("/")) or facts["wrappers"].get(f"{host}/*")
    for wanted in [names] if isinstance(names, str) else names or ():
        for pair in pairs:
            name, _, value = pair.partition("=")
            target = unquote(value)
            if name == wanted and re.match(r"https?:/{2}", target, re.IGNORECASE):
                return target
            if name == wanted and re.match(r"/\w", target):
                return f"https://{host}{target}"
    if path or pairs:
        whole = place + ("?" + "&".join(pairs) if pairs else "")
        for pattern, to in facts["paths"]:
            if found := pattern.match(whole):
                target = found.expand(to)
                return unquote(target) if re.match("https?%3A", target, re.IGNORECASE) else target
    return None
