"""Who of those that share a list says that an entry does not belong on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lindung.media.lists.reading import Bad, Row, unfit


def disputed(number: int, found: Row | Bad, by_whom: Iterable[str]) -> Row | Bad:
    """The row with those who dispute it. Names that cannot be kept make it a Bad."""
    names = sorted({name.strip()[:200] or "a member" for name in by_whom})
    if isinstance(found, Bad) or not names:
        return found
    if why := unfit({"disputed_by": " ".join(names)}):
        return Bad(number, why)
    return replace(found, disputed_by=tuple(sorted({*found.disputed_by, *names})))
