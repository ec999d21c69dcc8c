"""The files of a case as a table: what is known of each, and which the decision is about.

It spares people from looking: nothing in it shows a picture.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from lindung.hotline.casework import selectors as casework
from lindung.hotline.triage import selectors as triage
from lindung.hotline.triage.selectors import Files, SeenFile
from lindung.media import ListHit

SHORT = 12  # hexadecimal digits of a digest that people compare


def choices(number: str) -> dict[str, str]:
    """What can be marked: a file as the page shows it now, and its SHA-256 digest."""
    rows = context(triage.files_of(number))
    return {row["choice"]: row["sha256"] for row in rows if row["choice"]}


def context(found: Files, marked: Collection[str] = ()) -> list[dict[str, Any]]:
    """The rows of the table: what is marked first, then what is not known."""
    files = [one.file.sha256 for one in found.seen if one.file.sha256]
    cleared, illegal = casework.cleared(files), casework.illegal(files)
    rows = [_row(one, cleared, illegal, marked) for one in found.seen]
    return sorted(rows, key=lambda row: (not row["marked"], row["known"]))


def _row(
    one: SeenFile, cleared: dict[str, str], illegal: dict[str, str], marked: Collection[str]
) -> dict[str, Any]:
    file = one.file
    doubts = [
        (_("disputed: %(entry)s") if hit.disputed else _("listed as not illegal: %(entry)s"))
        % {"entry": _hit(hit)}
        for hit in one.doubted
    ]
    if case := cleared.get(file.sha256):
        doubts.append(_("two people found it not illegal in case %(case)s") % {"case": case})
    return {
        # The doubts that the person saw are part of the choice.
        "choice": f"{file.sha256}{'-doubted' * bool(doubts)}" if file.sha256 else "",
        "sha256": file.sha256,
        "short": file.sha256[:SHORT],
        "kind": file.kind,
        "size": file.size,
        "quality": file.quality,
        "known": one.known,
        "illegal_in": illegal.get(file.sha256, ""),
        "proofs": [_hit(hit) for hit in one.proofs],
        "parts": [_hit(h) for h in one.hits if h not in one.proofs and h not in one.doubted],
        "doubts": doubts,
        "problem": file.error or file.note,
        "where": file.where,
        "marked": file.sha256 in marked,
    }


def _hit(hit: ListHit) -> str:
    words = ", ".join(filter(None, [hit.list_name, hit.entry_id, hit.category]))
    how = [hit.kind]
    if hit.distance:
        how.append(_("distance %(d)s") % {"d": hit.distance})
    return f"{words} ({', '.join(filter(None, [*how, hit.transform]))})"
