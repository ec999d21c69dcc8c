"""How much capture time one site and one report may waste, so that neither keeps others waiting.

Only what was lost counts: a site whose pages come whole may be captured all day. Nothing is given
up: what has spent its time waits until the hour has moved on. What a person asks for always goes.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from urllib.parse import urlsplit
from uuid import UUID

import tldextract
from django.utils import timezone

from lindung.hotline.casework import selectors as cases
from lindung.hotline.custody import selectors as kept

WINDOW = timedelta(hours=1)
LOST = timedelta(minutes=5)  # that a site, or a report, may lose in the window
AT_ONCE = 2  # captures of one site
SHORT = timedelta(seconds=20)

_running: Counter[str] = Counter()
_one = threading.Lock()


class Later(Exception):
    """Not now: `due` says when to try again."""

    def __init__(self, due: datetime) -> None:
        super().__init__(f"Not before {due:%H:%M:%S}.")
        self.due = due


@cache
def _suffixes() -> tldextract.TLDExtract:
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def site_of(url: str) -> str:
    """The registered domain of an address, or its host where there is none."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = url
    return _suffixes()(host).top_domain_under_public_suffix or host


@contextmanager
def spending(item: UUID, url: str) -> Iterator[None]:
    """A place among the captures of this item's site for the block. Raises Later."""
    site, now = site_of(url), timezone.now()
    lost = kept.lost_since(now - WINDOW)
    beside = cases.reported_with(item)
    for spent in (
        [one for one in lost if site_of(one.url) == site],
        [one for one in lost if one.item in beside],
    ):
        if sum((one.took for one in spent), timedelta()) >= LOST:
            raise Later(max(min(one.at for one in spent) + WINDOW, now + SHORT))
    with _one:
        if _running[site] >= AT_ONCE:
            raise Later(now + SHORT)
        _running[site] += 1
    try:
        yield
    finally:
        with _one:
            _running[site] -= 1
            if not _running[site]:
                del _running[site]
