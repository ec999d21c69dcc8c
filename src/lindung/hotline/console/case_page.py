"""Everything one case page shows, gathered from the apps that own it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from lindung.hotline.accounts import selectors as accounts
from lindung.hotline.accounts.models import Person
from lindung.hotline.casework import selectors as casework
from lindung.hotline.casework.forms import AssessForm, ConfirmForm
from lindung.hotline.casework.models import Case, Status
from lindung.hotline.config import sealing
from lindung.hotline.custody import selectors as custody
from lindung.hotline.custody.models import Evidence
from lindung.hotline.intake import selectors as intake
from lindung.hotline.referral import selectors as referral
from lindung.hotline.triage import selectors as triage
from lindung.hotline.triage.models import Signal
from lindung.hotline.triage.selectors import Files
from lindung.text import entities

from . import file_table, kept

Parts = list[tuple[str, bool]]
AROUND = 40
MOST_NAMED = 40


def marked(text: str, spans: Iterable[Sequence[Any]]) -> Parts:
    """The text cut at the spans: (piece, is it part of a reason)."""
    hit = bytearray(len(text))
    for start, end, *_label in spans:
        hit[start:end] = b"\1" * (min(end, len(text)) - start)
    pieces = re.finditer(rb"\x01+|\x00+", bytes(hit))
    return [(text[m.start() : m.end()], m.group()[0] == 1) for m in pieces]


def excerpt(text: str, spans: Sequence[Sequence[Any]]) -> Parts:
    """The neighbourhood of a signal's spans, for the list of reasons."""
    if not spans:
        return []
    first, last = min(s[0] for s in spans), max(s[1] for s in spans)
    # Whole words of the same line before; whole words after.
    start = max(text.rfind("\n", 0, first), text.find(" ", max(0, first - AROUND), first)) + 1
    end = min(len(text), last + AROUND)
    end = end if end == len(text) else max(last, text.rfind(" ", last, end))
    return marked(text[start:end], [(s[0] - start, s[1] - start) for s in spans])


def named_in(text: str) -> list[tuple[str, str]]:
    """What a text names: (kind, value) of accounts, phones, groups, prices, ages …, each once."""
    return list(dict.fromkeys((e.kind, e.value) for e in entities(text)))[:MOST_NAMED]


def _signal(signal: Signal, text: str) -> dict[str, Any]:
    return {
        "title": signal.title,
        "rule": signal.rule,
        "version": signal.version,
        "weight": signal.weight,
        "excerpt_parts": excerpt(text, signal.spans),
    }


def _texts(
    own: Sequence[Evidence], texts: Mapping[UUID, str], signals: Sequence[Signal]
) -> list[dict[str, Any]]:
    """Each text that a page had, once and as it was last seen, newest first."""
    shown = {texts[e.pk]: e for e in own if texts[e.pk]}
    return [
        {
            "at": e.captured_at,
            "parts": marked(
                text, [span for s in signals if s.evidence_id == e.pk for span in s.spans]
            ),
        }
        for text, e in sorted(shown.items(), key=lambda one: one[1].at, reverse=True)
    ]


def context(case: Case, person: Person) -> dict[str, Any]:
    """The context of `console/case.html`."""
    number = case.number
    signals, evidence = triage.signals_of(number), custody.evidence_of(number)
    files = triage.files_of(number)
    matches = triage.matches_of(number, files)
    finished = casework.is_finished(number)
    items = []
    for item in casework.items_of(number):
        own = [e for e in evidence if e.item_id == item.id]
        texts = {e.pk: sealing.unseal(e.sealed_text) for e in reversed(own)}
        found = [(s, text) for pk, text in texts.items() for s in signals if s.evidence_id == pk]
        newest = {s.rule: (s, text) for s, text in reversed(found)}
        items.append(
            {
                "kind": item.kind,
                "display": item.display,
                "corroboration": item.corroboration,
                "signals": [_signal(*one) for one in found if newest[one[0].rule] == one],
                "matches": [
                    {
                        "list": m.list_name,
                        "entry": m.entry,
                        "category": m.category,
                        "algorithm": m.algorithm,
                        "distance": m.distance,
                        "transform": m.transform,
                        "disputed": m.disputed,
                        "live": live,
                    }
                    for m, live in matches
                    if m.item_id == item.id
                ],
                "evidence": kept.captures(own),
                "tries": kept.tries(own, finished=finished),
                "capture_url": reverse("case_capture", args=[number, item.id])
                if item.url and person.may_decide and not finished
                else "",
                "named": named_in("\n".join(texts.values())),
                "texts": _texts(own, texts, signals),
            }
        )
    reports = []
    for report in intake.opened(casework.reports_of(number)):
        text = report.content.words
        struck = [s for s in signals if s.report_id == report.id]
        reports.append(
            {
                "received_at": report.received_at,
                "about": report.about,
                "is_child": report.is_child,
                "danger": report.danger,
                "words": bool(text),
                "words_parts": marked(text, [span for s in struck for span in s.spans]),
                "signals": [_signal(s, text) for s in struck],
                "named": named_in(text),
                "where": report.content.where,
                "contact": report.content.contact,
            }
        )
    return {
        "case": {
            "number": number,
            "status": case.get_status_display(),
            "status_key": case.status,
            "danger": case.danger,
            "score": case.score,
            "opened": case.opened_at,
            "due": case.due,
            "media_total": len(files.seen),
            "media_known": files.known,
            "media_whole": files.whole,
        },
        "lists_problem": files.problem,
        "items": items,
        "reports": reports,
        "referrals": referral.rows(number),
        "history": _history(number),
        **_decisions(case, person, files, evidence),
    }


def _history(number: str) -> list[dict[str, Any]]:
    entries = custody.history(number)
    names = accounts.names({e.actor for e in entries if e.actor})
    return [
        {"at": e.at, "who": names.get(e.actor) or e.process, "what": e.kind, "index": e.index}
        for e in entries
    ]


def _decisions(
    case: Case, person: Person, files: Files, evidence: Sequence[Evidence]
) -> dict[str, Any]:
    """What was decided, which forms this person may use now, and what comes next."""
    assessment = casework.assessment_of(case.number)
    confirmation = casework.confirmation_of(case.number)
    may = person.may_decide
    own = assessment is not None and assessment.person_id == person.pk
    waits = case.status == Status.ASSESSED
    can_refer = case.status in (Status.CONFIRMED, Status.REFERRED)
    marked = assessment.files if assessment else []
    read = (
        _("Next: assess. Every picture is known, so nobody needs to open one.")
        if files.all_known
        else _("Next: read the reasons, then assess.")
    )
    next_step = {
        Status.NEW: read,
        Status.OPEN: read,
        Status.ASSESSED: _("Next: another person confirms.")
        if own
        else _("Next: confirm, as the second person."),
        Status.CONFIRMED: _("Next: refer it, and wait for the acknowledgement."),
        Status.REFERRED: _("Passed on. Nothing is waiting."),
        Status.CLOSED: _("Closed."),
    }[Status(case.status)]
    return {
        "assessment": assessment
        and {
            "category": assessment.get_category_display(),
            "reason": assessment.reason,
            "files": [sha256[: file_table.SHORT] for sha256 in marked],
            "by": str(assessment.person),
            "at": assessment.at,
            "older": any(e.at > assessment.at for e in evidence),
        },
        "confirmation": confirmation
        and {
            "agrees": confirmation.agrees,
            "note": confirmation.note,
            "by": str(confirmation.person),
            "at": confirmation.at,
        },
        "files": file_table.context(files, marked),
        "assess_form": AssessForm(captures=len(evidence))
        if may and case.status in (Status.NEW, Status.OPEN)
        else None,
        "confirm_form": ConfirmForm(initial={"assessment": assessment.pk}, captures=len(evidence))
        if may and waits and not own and assessment
        else None,
        "refer_form": referral.refer_form(confirmation.pk)
        if may and can_refer and confirmation
        else None,
        "next_step": next_step,
    }
