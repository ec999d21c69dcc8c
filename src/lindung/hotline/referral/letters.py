"""The letter an authority receives: what an officer needs tonight, in the officer's language.

What people typed is marked line by line with "> ", so that no reporter can write a part of the
letter; links in it cannot be clicked, and marks that turn text around are shown as such.
"""

from __future__ import annotations

import re
import secrets
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from lindung.hotline.casework import selectors as casework
from lindung.hotline.custody import selectors as custody
from lindung.hotline.custody.models import Evidence
from lindung.hotline.intake import selectors as intake
from lindung.hotline.intake.selectors import OpenedReport
from lindung.hotline.triage import selectors as triage
from lindung.text import entities

from .models import LEFT, Authority, Referral

MOST_WORDS = 200_000  # characters of all reports together; the rest is announced
MOST_NAMED = 40
WIDTH = 76
NAMED_IN_LETTERS = ("phone", "email", "account", "group", "wallet", "address")
LINK = re.compile(r"https?://[^\s/?#]*|\bwww\.[^\s/?#]*", re.IGNORECASE)
# Bidirectional marks, and control characters but tab and line feed.
TURNING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Written:
    """A letter as it is sealed: its text, its number, and the letter that it recalls."""

    text: str
    number: str
    recalls: Referral | None


def write(case: str, authority: Authority) -> Written:
    """The letter about the decision that stands in this case.

    Raises ValueError where two people have not decided.
    """
    assessment, confirmation = casework.assessment_of(case), casework.confirmation_of(case)
    if assessment is None or confirmation is None:
        raise ValueError(f"Case {case} has no confirmed assessment.")
    number = f"{secrets.randbelow(10**8):08d}"
    number = f"{number[:4]}-{number[4:]}"
    recalled = _recalled(case, authority, str(confirmation.pk))
    files = triage.files_of(case)
    captures = custody.evidence_of(case)
    reports = intake.opened(casework.reports_of(case))
    context = {
        "authority": authority.name,
        "hotline": settings.ENV["HOTLINE_NAME"],
        "contact": settings.ENV["CONTACT"] or settings.ENV["MAIL_FROM"],
        "case": case,
        "number": number,
        "now": _time(timezone.now()),
        "recalled": recalled
        and {
            "number": recalled.number or str(recalled.pk)[:8],
            "sent": _time(recalled.sent_at or recalled.queued_at),
            "category": recalled.confirmation.assessment.category,
        },
        "danger": _danger(reports),
        "child": any(report.is_child for report in reports),
        "category": assessment.category,
        "reason": _quoted(assessment.reason),
        "assessed": _time(assessment.at),
        "confirmed": _time(confirmation.at),
        "reports": _reports(reports),
        "items": [
            {
                "kind": item.kind,
                "value": _shown(item.kind, item.display),
                "reports": item.corroboration,
            }
            for item in casework.items_of(case)
            if item.kind != "words"
        ],
        "bundles": [
            {
                "name": record.bundle,
                "at": _time(record.captured_at),
                "sha256": record.manifest_sha256,
                "partial": record.outcome != "complete",
            }
            for record in captures
            if record.bundle
        ],
        "lost": [_plain(problem) for problem in _lost(captures)],
        "waits": [_time(one.since) for one in custody.waits(case)],
        "files": assessment.files,
        "matches": [
            {
                "list": _plain(match.list_name),
                "entry": _plain(match.entry),
                "category": _plain(match.category),
                "digest": match.digest,
                "disputed": match.disputed,
            }
            for match, live in triage.matches_of(case, files)
            if live
        ],
        "pem": custody.signer_pem(),
        "fingerprint": custody.signer_fingerprint(),
        "folder": authority.adapter == "folder",
    }
    with translation.override(authority.language):
        text = render_to_string("letters/referral.txt", context)
    return Written(_folded(re.sub(r"\n{3,}", "\n\n", text).strip()), number, recalled)


def subject(case: str, language: str, *, recall: bool) -> str:
    """The subject of the mail, in the recipient's language; it says nothing of what it is about."""
    with translation.override(language):
        words = (
            translation.gettext("Recall of a referral: case %(case)s, %(hotline)s")
            if recall
            else translation.gettext("Referral: case %(case)s, %(hotline)s")
        )
        return words % {"case": case, "hotline": settings.ENV["HOTLINE_NAME"]}


def _recalled(case: str, authority: Authority, confirmation: str) -> Referral | None:
    """The newest letter of another decision of this case that this authority may hold."""
    older = Referral.objects.filter(case_id=case, authority=authority, state__in=LEFT)
    older = older.exclude(confirmation_id=confirmation).order_by("-queued_at")
    return older.select_related("confirmation__assessment").first()


def _danger(reports: Sequence[OpenedReport]) -> str:
    said = {report.danger_said for report in reports}
    return next((answer for answer in ("yes", "unsure") if answer in said), "no")


def _reports(reports: Sequence[OpenedReport]) -> list[dict[str, Any]]:
    left = MOST_WORDS
    rows = []
    for report in reports:
        content = report.content
        whole = len(content.words) <= left
        left -= len(content.words) if whole else 0
        rows.append(
            {
                "at": _time(report.received_at),
                "about": report.about,
                "language": report.language,
                "danger": report.danger_said,
                "is_child": report.is_child,
                "unreadable": report.unreadable,
                "where": _quoted("\n".join(content.where)),
                "words": _quoted(content.words) if whole else "",
                "left_out": not whole,
                "contact": _plain(content.contact) if content.pass_on else "",
                "contact_kept": bool(content.contact) and not content.pass_on,
                "named": _named("\n".join((*content.where, content.words))),
            }
        )
    return rows


def _named(text: str) -> list[tuple[str, str]]:
    """What the words name, each once and in full: telephones, accounts, groups, wallets."""
    found = ((e.kind, e.value) for e in entities(text, region=settings.ENV["COUNTRY"]))
    known = dict.fromkeys((k, _shown(k, v)) for k, v in found if k in NAMED_IN_LETTERS)
    return list(known)[:MOST_NAMED]


def _lost(captures: Iterable[Evidence]) -> list[str]:
    """Why an item has no capture, for each that has none."""
    captures = list(captures)
    kept = {record.item_id for record in captures if record.bundle}
    lost = {record.item_id: record.problem for record in captures if record.item_id not in kept}
    return list(lost.values())


def _shown(kind: str, text: str) -> str:
    """A thing in full; a web address so that it cannot be clicked."""
    return _plain(text.replace(".", "[.]") if kind in ("address", "group") else text)


def _plain(text: str) -> str:
    """One line of somebody's text: nothing in it can be clicked, nothing turns it around."""
    text = text.encode("utf-8", "backslashreplace").decode()
    text = TURNING.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)
    return LINK.sub(_unlinked, " ".join(text.split()))


def _unlinked(found: re.Match[str]) -> str:
    link = re.sub("(?i)^http", "hxxp", found[0])
    return re.sub(r"(?<!\[)\.", "[.]", link)


def _quoted(text: str) -> str:
    """Somebody's text, each line marked, long ones folded."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    folded = (
        textwrap.wrap(_plain(line), WIDTH - 2, break_on_hyphens=False) or [""] for line in lines
    )
    return "\n".join(f"> {piece}".rstrip() for pieces in folded for piece in pieces).strip()


def _folded(text: str) -> str:
    """Long sentences as lines of a mail; nothing without spaces is broken."""
    return "".join(
        textwrap.fill(line, WIDTH + 2, break_long_words=False, break_on_hyphens=False) + "\n"
        if len(line) > WIDTH + 2 and not line.startswith(">")
        else line + "\n"
        for line in text.split("\n")
    )


def _time(when: datetime) -> str:
    return f"{when.astimezone(timezone.get_fixed_timezone(0)):%Y-%m-%d %H:%M} UTC"
