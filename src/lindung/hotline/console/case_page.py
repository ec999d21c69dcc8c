"""Everything one case page shows, gathered from the apps that own it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from lindung.hotline.accounts import selectors as accounts
from lindung.hotline.accounts.models import Person
from lindung.hotline.casework import selectors as casework
from lindung.hotline.casework.forms import AssessForm, ConfirmForm
from lindung.hotline.casework.models import Assessment, Case, Status
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
DECIDING = (Status.ASSESSED, Status.CONFIRMED)  # somebody still acts on the assessment


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
    found = entities(text, region=settings.ENV["COUNTRY"])
    return list(dict.fromkeys((e.kind, e.value) for e in found))[:MOST_NAMED]


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


def context(case: Case, person: Person, page: int = 1) -> dict[str, Any]:
    """The context of `console/case.html`, with one page of the case's reports."""
    number = case.number
    signals, evidence = triage.signals_of(number), custody.evidence_of(number)
    files = triage.files_of(number)
    matches = triage.matches_of(number, files)
    waiting = custody.waits(number)
    items = []
    for item in casework.items_of(number):
        own = [e for e in evidence if e.item_id == item.id]
        texts = {e.pk: sealing.unseal(e.sealed_text) for e in reversed(own)}
        found = [(s, text) for pk, text in texts.items() for s in signals if s.evidence_id == pk]
        newest = {s.rule: (s, text) for s, text in reversed(found)}
        items.append(
            {
                "id": item.id,
                "place": f"kept-{item.id}",
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
                "waits": kept.waits(waiting, item.id),
                "tries": kept.tries(own, finished=case.is_finished),
                "capture_url": reverse("case_capture", args=[number, item.id])
                if item.url and person.may_decide and not case.is_finished
                else "",
                "named": named_in("\n".join(texts.values())),
                "texts": _texts(own, texts, signals),
            }
        )
    reports = []
    since = casework.reports_since_assessment(number) if case.status in DECIDING else set()
    told = casework.reports_page(number, page)
    opened = {report.id: report for report in intake.opened(told.ids)}
    for report in (opened[one] for one in told.ids):
        text = report.content.words
        struck = [s for s in signals if s.report_id == report.id]
        reports.append(
            {
                "received_at": report.received_at,
                "about": report.about,
                "is_child": report.is_child,
                "danger": report.danger_said,
                "unreadable": report.unreadable,
                "pass_on": report.content.pass_on,
                "since": report.id in since,
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
        **_others(case),
        "since": len(since),
        "may_judge_danger": person.may_decide and not case.is_finished,
        "lists_problem": files.problem,
        "items": items,
        "captured": bool(evidence),
        "reports": reports,
        "told": told,
        "referrals": referral.rows(number),
        "history": _history(number),
        **_decisions(case, person, files, told.total, evidence),
    }


def _others(case: Case) -> dict[str, Any]:
    """The cases that held an item of this one before it, and those opened since."""
    rows = [
        {
            "number": other.number,
            "url": reverse("case", args=[other.number]),
            "status": other.get_status_display(),
            "status_key": other.status,
            "opened": other.opened_at,
            "explanation": other.explanation if other.status == Status.CLOSED else "",
            "closed": _closed(other),
            "referrals": referral.rows(other.number),
            "earlier": other.opened_at < case.opened_at,
        }
        for other in casework.others_of(case.number)
    ]
    return {
        "earlier": [row for row in rows if row["earlier"]],
        "later": [row for row in rows if not row["earlier"]],
    }


def _closed(case: Case) -> datetime | None:
    answer = casework.confirmation_of(case.number) if case.status == Status.CLOSED else None
    return answer.at if answer else None


def _history(number: str) -> list[dict[str, Any]]:
    """The custody log of a case; what one person did again and again in a row is one line."""
    entries = custody.history(number)
    names = accounts.names({e.actor for e in entries if e.actor})
    runs = [list(run) for _, run in groupby(entries, lambda e: (e.actor, e.process, e.kind))]
    return [
        {
            "at": run[-1].at,
            "who": names.get(run[0].actor) or run[0].process,
            "what": run[0].kind,
            "index": run[0].index,
            "last": run[-1].index,
        }
        for run in runs
    ]


def _decisions(
    case: Case, person: Person, files: Files, reports: int, captures: Sequence[Evidence]
) -> dict[str, Any]:
    """What was decided, which forms this person may use now, and what comes next."""
    assessment = casework.assessment_of(case.number)
    confirmation = casework.confirmation_of(case.number)
    decided = casework.was_decided(case.number)
    may = person.may_decide
    own = assessment is not None and assessment.person_id == person.pk
    waits = case.status == Status.ASSESSED
    marked = assessment.files if assessment else []
    table = file_table.context(files, marked)
    assess_form = refer_form = None
    if may and not waits and (person.is_manager or not decided):
        # Nothing is marked at first; who corrects a decision begins with its marks.
        initial: dict[str, Any] = {"assessment": assessment.pk if assessment else ""}
        if decided and assessment:
            kept = [row["choice"] for row in table if row["marked"]]
            initial |= {"category": assessment.category, "marked": kept}
        assess_form = AssessForm(initial=initial, captures=len(captures))
    if may and confirmation and confirmation.agrees:
        refer_form = referral.refer_form(
            case.number, confirmation.pk, reports, told_only=case.status == Status.CLOSED
        )
    return {
        "assessment": assessment
        and {
            "category": assessment.get_category_display(),
            "reason": assessment.reason,
            "files": [sha256[: file_table.SHORT] for sha256 in marked],
            "dropped": _dropped(assessment),
            "by": str(assessment.person),
            "at": assessment.at,
            "older": any(e.at > assessment.at for e in captures),
        },
        "confirmation": confirmation
        and {
            "agrees": confirmation.agrees,
            "note": confirmation.note,
            "by": str(confirmation.person),
            "at": confirmation.at,
        },
        "files": table,
        "decided": decided,
        "assess_form": assess_form,
        "confirm_form": ConfirmForm(
            initial={"assessment": assessment.pk, "reports": reports}, captures=len(captures)
        )
        if may and waits and not own and assessment
        else None,
        "refer_form": refer_form,
        "next_step": _next_step(case, files, own=own, decided=decided, untold=bool(refer_form)),
    }


def _next_step(case: Case, files: Files, *, own: bool, decided: bool, untold: bool) -> str:
    if case.status in (Status.NEW, Status.OPEN):
        if decided:
            return _("Next: a manager decides it anew.")
        if files.all_known:
            return _("Next: assess. Every picture is known, so nobody needs to open one.")
        return _("Next: read the reasons, then assess.")
    if case.status == Status.CLOSED and untold:
        return _("Closed. Next: tell those who had a letter.")
    return {
        Status.ASSESSED: _("Next: another person confirms.")
        if own
        else _("Next: confirm, as the second person."),
        Status.CONFIRMED: _("Next: refer it, and wait for the acknowledgement."),
        Status.REFERRED: _("Passed on. Nothing is waiting."),
        Status.CLOSED: _("Closed."),
    }[Status(case.status)]


def _dropped(assessment: Assessment) -> list[dict[str, str]]:
    """The files that a new decision no longer marks, and the case by which one stays listed."""
    dropped = casework.dropped_by(assessment)
    kept = casework.illegal(dropped, but=assessment.case_id)
    return [{"file": f[: file_table.SHORT], "kept_by": kept.get(f, "")} for f in dropped]
