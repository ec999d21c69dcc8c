"""The partners' sealed lists of terms: those in use, and those left out until they are mended.

A list is `$LINDUNG_HOME/lexicons/NAME.json`, and its key `NAME.key` beside it, which may name
another place (`env:NAME`, `exec:COMMAND`). The worker opens them, and notes what it leaves out for
the console and `lindung status`: nobody else needs the keys.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from lindung.text import KeyUnusableError, LexiconError, Reader, open_lexicon, read_key

from .left_out import left_out, note

log = logging.getLogger(__name__)

RETRY = 60  # seconds: a key service may be back, or a file's rights mended


def reader() -> Reader:
    """The reader with the default policy and the lists as they are now."""
    home: Path = settings.ENV.home
    files = sorted((home / "lexicons").glob("*"))
    stamp = (*map(_stamp, files), datetime.now(UTC).date())
    return _reader(home, stamp, int(time.monotonic() / RETRY) if left_out(home) else 0)


@lru_cache(maxsize=1)
def _reader(home: Path, _as_they_are: tuple[object, ...], _turn: int) -> Reader:
    sealed, problems = [], {}
    for file in sorted((home / "lexicons").glob("*.json")):
        try:
            sealed.append(open_lexicon(file, read_key(file.with_suffix(".key"))))
        except (OSError, ValueError) as error:  # one partner's list never stops the hotline
            log.error("A list of terms is left out: %s", error)
            problems[file.name] = _problem(error)
    try:
        note(home, problems)
    except OSError as error:
        log.error("The lists that are left out could not be noted: %s", error)
    return Reader.load(lexicons=sealed, region=settings.ENV["COUNTRY"])


def _problem(error: Exception) -> str:
    if isinstance(error, KeyUnusableError):
        return "key"
    return error.problem if isinstance(error, LexiconError) else "damaged"


def _stamp(file: Path) -> tuple[str, int, int]:
    try:
        found = file.stat()
    except OSError:  # gone since it was listed
        return file.name, 0, 0
    return file.name, found.st_mtime_ns, found.st_size
