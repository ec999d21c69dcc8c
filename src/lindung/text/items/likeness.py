"""What two items may have in common without being one: a link with a reason, for a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from lindung.text.items.canonical import FEDIVERSE, Canonical

Reason = Literal["same handle", "same fediverse account", "same page", "same but for capitals"]

_PROFILE = re.compile(r"([^/?#]+)/(?:@|users/)([\w.-]+)", re.ASCII)
_ANSWERS_BY_QUERY = re.compile(r"\.(?:php\d?|aspx?|cgi|jsp|do)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Items that share a `key` are worth a link, for this reason. They may still be two."""

    key: str
    reason: Reason


def likenesses(item: Canonical) -> tuple[Likeness, ...]:
    """By what `item` is to be linked with others that are not certainly the same."""
    if item.kind == "account":
        if FEDIVERSE.fullmatch(item.value):
            name, _, host = item.value[1:].partition("@")
            return (
                Likeness(f"handle:{name}", "same handle"),
                Likeness(f"fediverse:{name}@{host}", "same fediverse account"),
            )
        name = item.value.rpartition(":")[2].removeprefix("@")
        return () if name.isdigit() else (Likeness(f"handle:{name}", "same handle"),)
    if item.kind != "address":
        return ()
    found = [Likeness(f"capitals:{item.value.casefold()}", "same but for capitals")]
    place = re.split(r"[?#]", item.value)[0]
    if profile := _PROFILE.fullmatch(place):
        host, name = profile[1], profile[2].casefold()
        found.append(Likeness(f"fediverse:{name}@{host}", "same fediverse account"))
        found.append(Likeness(f"handle:{name}", "same handle"))
    if "/" in place and not _ANSWERS_BY_QUERY.search(place):
        found.append(Likeness(f"page:{place}", "same page"))
    return tuple(found)
