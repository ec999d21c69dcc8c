"""Console views. Whoever gets here is signed in with a second factor (see accounts.middleware)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lindung.hotline.accounts import selectors as accounts
from lindung.hotline.accounts.models import Person
from lindung.hotline.accounts.views import signed_in
from lindung.hotline.casework import selectors as casework
from lindung.hotline.casework import services as decisions
from lindung.hotline.casework.forms import AssessForm, ConfirmForm
from lindung.hotline.casework.models import Case
from lindung.hotline.custody import selectors as custody
from lindung.hotline.custody import services as log
from lindung.hotline.intake import selectors as intake
from lindung.hotline.referral import selectors as referral
from lindung.hotline.referral import services as outbox_services
from lindung.hotline.referral.forms import AcknowledgeForm, AuthorityForm, CancelForm, ReferForm
from lindung.hotline.triage import selectors as triage

from . import case_page, file_table

LOG_PAGE = 200


def _alarms() -> list[str]:
    """What needs somebody's attention now, in sentences."""
    late = timezone.now() - timedelta(minutes=settings.ENV["STUCK_AFTER"])
    waiting = intake.unexamined(late)
    words = ngettext(
        "%(count)s report waits too long: is the worker running?",
        "%(count)s reports wait too long: is the worker running?",
        waiting,
    )
    seals = [
        _("Case %(case)s: the bundle %(bundle)s is missing or not as it was sealed.")
        % {"case": one.evidence.case_id, "bundle": one.evidence.bundle}
        for one in custody.broken()
    ]
    unread = [words % {"count": waiting}] if waiting else []
    return [*seals, *unread, *referral.alarms(), *triage.alarms()]


def _page(
    request: HttpRequest, name: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    return render(request, f"console/{name}.html", context | {"alarms": _alarms()}, status=status)


def _case(number: str) -> Case:
    found = casework.case(number)
    if found is None:
        raise Http404
    return found


def _decider(request: HttpRequest) -> Person:
    person = signed_in(request)
    if not person.may_decide:
        raise PermissionDenied
    return person


def sent(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """What a form sends. Whoever opens the address itself (after signing in, say) gets the page
    that the form is on."""

    @wraps(view)
    def take(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        if request.method == "POST":
            return view(request, *args, **named)
        return redirect("case", named["number"]) if "number" in named else redirect("outbox")

    return take


def queue(request: HttpRequest) -> HttpResponse:
    labels = {
        "danger": _("danger"),
        "known": _("all pictures known"),
        "new": _("new"),
        "open": _("being examined"),
        "confirm": _("to confirm"),
        "refer": _("to refer"),
        "done": _("passed on or closed"),
        "all": _("all"),
    }
    key, search = request.GET.get("queue", "all"), request.GET.get("search", "").strip()
    counts = casework.counts()
    found = casework.queue(key, search)
    numbers = [row.case.number for row in found]
    titles, before = casework.titles(numbers), casework.reported_before(numbers)
    rows = [
        {
            "number": row.case.number,
            "url": reverse("case", args=[row.case.number]),
            "title": titles.get(row.case.number, ""),
            "danger": row.case.danger,
            "before": row.case.number in before,
            "score": row.case.score,
            "reports": row.reports,
            "items": row.items,
            "status": row.case.get_status_display(),
            "status_key": row.case.status,
            "due": row.case.due,
            "opened": row.case.opened_at,
        }
        for row in found
    ]
    sidebar = [
        {"key": k, "label": label, "count": counts[k], "url": f"?queue={k}", "current": k == key}
        for k, label in labels.items()
    ]
    return _page(request, "queue", {"counts": sidebar, "rows": rows, "search": search})


def case(request: HttpRequest, number: str, **replaced: forms.Form) -> HttpResponse:
    """The case page; a refused form comes back in `replaced` with what was typed."""
    found, person = _case(number), signed_in(request)
    if person.may_decide:
        decisions.begin(number)
        found.refresh_from_db()
    log.append("case.read", number, {"person": str(person.pk)})
    context = case_page.context(found, person) | replaced
    return _page(request, "case", context, status=422 if replaced else 200)


def _take(
    request: HttpRequest,
    number: str,
    name: str,
    form: forms.Form,
    step: Callable[[dict[str, Any]], object],
) -> HttpResponse:
    """Take one step of a case; a refusal is a sentence on its page, never an error page."""
    _case(number)
    if not form.is_valid():
        return case(request, number, **{name: form})
    try:
        step(form.cleaned_data)
    except decisions.Refused as refused:
        messages.error(request, str(refused))
    except outbox_services.AlreadyQueued:
        messages.error(request, _("This authority already has this referral."))
    return redirect("case", number)


@sent
def assess(request: HttpRequest, number: str) -> HttpResponse:
    who = _decider(request).pk
    return _take(
        request,
        number,
        "assess_form",
        AssessForm(
            request.POST,
            files=file_table.choices(number),
            captures=custody.count(number),
        ),
        lambda typed: decisions.assess(
            number,
            who,
            typed["category"],
            typed["reason"],
            typed["marked"],
            read=typed["assessment"],
        ),
    )


@sent
def confirm(request: HttpRequest, number: str) -> HttpResponse:
    who = _decider(request).pk
    return _take(
        request,
        number,
        "confirm_form",
        ConfirmForm(request.POST, captures=custody.count(number)),
        lambda typed: decisions.confirm(
            number,
            who,
            agrees=typed["agrees"],
            note=typed["note"],
            read=typed["assessment"],
            reports=typed["reports"],
        ),
    )


@sent
def refer(request: HttpRequest, number: str) -> HttpResponse:
    who = _decider(request).pk
    return _take(
        request,
        number,
        "refer_form",
        ReferForm(request.POST),
        lambda typed: outbox_services.queue(
            number, typed["authority"], who, reports=typed["reports"]
        ),
    )


@sent
def capture(request: HttpRequest, number: str, item: UUID) -> HttpResponse:
    """Ask for a capture of one item now: it may be gone, or changed, in an hour."""
    who = _decider(request).pk
    _case(number)
    if not any(one.id == item and one.url for one in casework.items_of(number)):
        raise Http404
    try:
        if casework.is_finished(number):
            messages.error(request, _("This case is finished, so nothing is captured any more."))
        else:
            log.ask(number, item, who)
            messages.success(request, _("Asked for. The capture appears here in a minute or so."))
    except log.TooSoon:
        messages.error(
            request,
            _("Somebody asked for this less than two minutes ago. The capture appears here."),
        )
    return redirect("case", number)


@sent
def check_seal(request: HttpRequest, evidence_id: UUID) -> HttpResponse:
    """Read a whole bundle now and say whether it is what was sealed."""
    found = custody.evidence_record(evidence_id)
    if found is None or not found.bundle:
        raise Http404
    log.check(found, str(signed_in(request)))
    return redirect("case", found.case_id)


@sent
def acknowledge(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    _decider(request)
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["reference"][0]))
    elif not outbox_services.acknowledge(referral_id, form.cleaned_data["reference"]):
        messages.error(request, _("This referral is not waiting for an acknowledgement."))
    return redirect("outbox")


@sent
def cancel(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Take a letter back that has not left, with a reason."""
    who = _decider(request).pk
    form = CancelForm(request.POST, prefix=str(referral_id))
    if not form.is_valid():
        messages.error(request, str(form.errors["reason"][0]))
    else:
        try:
            outbox_services.cancel(referral_id, who, form.cleaned_data["reason"])
            messages.success(request, _("Cancelled. This letter does not leave."))
        except decisions.Refused as refused:
            messages.error(request, str(refused))
    case_number = referral.case_of(referral_id)
    return redirect("case", case_number) if case_number else redirect("outbox")


@sent
def danger(request: HttpRequest, number: str) -> HttpResponse:
    """Somebody looked whether a child is in danger now: "not sure" counts as danger until then."""
    _decider(request)
    _case(number)
    yes = request.POST.get("danger") == "yes"
    decisions.judge_danger(number, danger=yes)
    messages.success(
        request,
        _("Noted: a child may be in danger. The case comes first.")
        if yes
        else _("Noted: you looked and saw no danger now. The case waits with the others."),
    )
    return redirect("case", number)


def preview(request: HttpRequest, evidence_id: UUID) -> HttpResponse:
    """The tiny grey preview made before sealing: no detail of the page is in it."""
    found = custody.evidence_record(evidence_id)
    if found is None or not found.preview:
        raise Http404
    return HttpResponse(bytes(found.preview), content_type="image/png")


def outbox(request: HttpRequest) -> HttpResponse:
    return _page(request, "outbox", {"rows": referral.rows()})


def custody_log(request: HttpRequest) -> HttpResponse:
    page = Paginator(custody.entries(), LOG_PAGE).get_page(request.GET.get("page"))
    names = accounts.names({e.actor for e in page if e.actor})
    rows = [
        {
            "index": e.index,
            "at": e.at,
            "actor": names.get(e.actor) or e.process.removeprefix("lindung_"),
            "kind": e.kind,
            "subject": e.subject,
        }
        for e in page
    ]
    head = custody.last_checkpoint()
    context = {
        "entries": rows,
        "page": page,
        "size": page.paginator.count,
        "root": head.note.splitlines()[2] if head else "",
        "root_size": head.size if head else 0,
    }
    return _page(request, "custody", context)


def authorities(request: HttpRequest) -> HttpResponse:
    if not signed_in(request).is_manager:
        raise PermissionDenied
    form = AuthorityForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        authority = form.save()
        log.append("authority.added", str(authority.pk), {"name": authority.name})
        return redirect("authorities")
    return _page(request, "authorities", {"authorities": referral.authorities(), "form": form})
