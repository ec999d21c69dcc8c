"""Console views. Whoever gets here is signed in with a second factor (see accounts.middleware)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from lindung.hotline.accounts import selectors as accounts
from lindung.hotline.accounts.models import Person
from lindung.hotline.accounts.views import signed_in
from lindung.hotline.casework import selectors as casework
from lindung.hotline.casework import services as decisions
from lindung.hotline.casework.forms import AssessForm, ConfirmForm
from lindung.hotline.casework.models import Case
from lindung.hotline.custody import selectors as custody
from lindung.hotline.custody import services as log
from lindung.hotline.referral import services as outbox_services
from lindung.hotline.referral.forms import ReferForm

from . import case_page, file_table

LOG_PAGE = 200


def shown(
    request: HttpRequest, name: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    return render(request, f"console/{name}.html", context, status=status)


def _case(number: str) -> Case:
    found = casework.case(number)
    if found is None:
        raise Http404
    return found


def _number(request: HttpRequest, name: str) -> int:
    """A page's number from the address; the first one for anything that is none."""
    asked = request.GET.get(name, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1


def decider(request: HttpRequest) -> Person:
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
        "todo": _("to do"),
        "danger": _("danger"),
        "known": _("all pictures known"),
        "new": _("new"),
        "open": _("being examined"),
        "confirm": _("to confirm"),
        "refer": _("to refer"),
        "done": _("passed on or closed"),
        "all": _("all"),
    }
    search = request.GET.get("search", "").strip()
    key = request.GET.get("queue", "")
    key = key if key in labels else "all" if search else "todo"
    counts = casework.counts()
    listed = casework.queue(key, search, _number(request, "page"))
    numbers = [row.case.number for row in listed.rows]
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
        for row in listed.rows
    ]
    sidebar = [
        {"key": k, "label": label, "count": counts[k], "url": f"?queue={k}", "current": k == key}
        for k, label in labels.items()
    ]
    context = {
        "counts": sidebar,
        "rows": rows,
        "search": search,
        "too_short": bool(search) and len(search) < casework.SHORTEST_SEARCH,
        "listed": listed,
        "query": urlencode({"queue": key, **({"search": search} if search else {})}),
    }
    return shown(request, "queue", context)


def case(request: HttpRequest, number: str, **replaced: forms.Form) -> HttpResponse:
    """The case page; a refused form comes back in `replaced` with what was typed."""
    found, person = _case(number), signed_in(request)
    if person.may_decide:
        decisions.begin(number)
        found.refresh_from_db()
    log.read(number, person.pk)
    said = list(messages.get_messages(request))
    context = case_page.context(found, person, _number(request, "reports"))
    context |= {"said": said} | replaced
    return shown(request, "case", context, status=422 if replaced else 200)


def back(number: str, place: str = "next") -> HttpResponse:
    """The case page again, where somebody was: what was said last stands there, with the focus."""
    return redirect(f"{reverse('case', args=[number])}#{place}")


def _take(
    request: HttpRequest,
    number: str,
    name: str,
    form: forms.Form,
    step: Callable[[dict[str, Any]], object],
    done: str,
) -> HttpResponse:
    """Take one step of a case, and say so; a refusal is a sentence on its page, never an error
    page."""
    _case(number)
    if not form.is_valid():
        if wrong := next((field for field in form.errors if field in form.fields), None):
            form.fields[wrong].widget.attrs["autofocus"] = True
        return case(request, number, **{name: form})
    try:
        step(form.cleaned_data)
        messages.success(request, done)
    except decisions.Refused as refused:
        messages.error(request, str(refused))
    except outbox_services.AlreadyQueued:
        messages.error(request, _("This authority already has this referral."))
    return back(number)


@sent
def assess(request: HttpRequest, number: str) -> HttpResponse:
    who = decider(request).pk
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
        _("Saved. Another person confirms it, or does not."),
    )


@sent
def confirm(request: HttpRequest, number: str) -> HttpResponse:
    who = decider(request).pk
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
        _("Your answer is saved."),
    )


@sent
def refer(request: HttpRequest, number: str) -> HttpResponse:
    who = decider(request).pk
    return _take(
        request,
        number,
        "refer_form",
        ReferForm(request.POST),
        lambda typed: outbox_services.queue(
            number, typed["authority"], who, reports=typed["reports"]
        ),
        _("In the outbox. It leaves within a minute; you can cancel it until then."),
    )


@sent
def capture(request: HttpRequest, number: str, item: UUID) -> HttpResponse:
    """Ask for a capture of one item now: it may be gone, or changed, in an hour."""
    who = decider(request).pk
    _case(number)
    if not any(one.id == item and one.url for one in casework.items_of(number)):
        raise Http404
    place = f"kept-{item}"
    try:
        if casework.is_finished(number):
            messages.error(
                request,
                _("This case is finished, so nothing is captured any more."),
                extra_tags=place,
            )
        else:
            log.ask(number, item, who)
            messages.success(
                request,
                _("Asked for. The capture appears here in a minute or so."),
                extra_tags=place,
            )
    except log.TooSoon:
        messages.error(
            request,
            _("Somebody asked for this less than two minutes ago. The capture appears here."),
            extra_tags=place,
        )
    return back(number, place)


@sent
def check_seal(request: HttpRequest, evidence_id: UUID) -> HttpResponse:
    """Read a whole bundle now and say whether it is what was sealed."""
    found = custody.evidence_record(evidence_id)
    if found is None or not found.bundle:
        raise Http404
    verdict = log.check(found, str(signed_in(request)))
    place = f"evidence-{found.pk}"
    if verdict.status == 0:
        messages.success(
            request, _("Read whole just now: it is what was sealed."), extra_tags=place
        )
    else:
        messages.error(
            request, _("Read just now: it cannot be shown to be what was sealed."), extra_tags=place
        )
    return back(found.case_id, place)


@sent
def danger(request: HttpRequest, number: str) -> HttpResponse:
    """Somebody looked whether a child is in danger now: "not sure" counts as danger until then."""
    decider(request)
    _case(number)
    yes = request.POST.get("danger") == "yes"
    decisions.judge_danger(number, danger=yes)
    messages.success(
        request,
        _("Noted: a child may be in danger. The case comes first.")
        if yes
        else _("Noted: you looked and saw no danger now. The case waits with the others."),
    )
    return back(number)


def preview(request: HttpRequest, evidence_id: UUID) -> HttpResponse:
    """The tiny grey preview made before sealing: no detail of the page is in it."""
    found = custody.evidence_record(evidence_id)
    if found is None or not found.preview:
        raise Http404
    return HttpResponse(bytes(found.preview), content_type="image/png")


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
        "without_outside_proof": custody.without_outside_proof(),
        "root": head.note.splitlines()[2] if head else "",
        "root_size": head.size if head else 0,
    }
    return shown(request, "custody", context)
