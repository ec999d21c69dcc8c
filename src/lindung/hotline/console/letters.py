"""Letters and where they go: the outbox, acknowledgements, cancelling, and the authorities."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from lindung.hotline.accounts.views import signed_in
from lindung.hotline.casework.services import Refused
from lindung.hotline.custody import selectors as custody
from lindung.hotline.referral import authorities as kept
from lindung.hotline.referral import selectors as referral
from lindung.hotline.referral import services
from lindung.hotline.referral.forms import AcknowledgeForm, AuthorityForm, CancelForm

from .views import back, decider, sent, shown


def outbox(request: HttpRequest) -> HttpResponse:
    return shown(request, "outbox", {"rows": referral.rows()})


@sent
def acknowledge(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    decider(request)
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["reference"][0]))
    elif not referral.by_mail(referral_id):
        messages.error(request, _("They acknowledge it themselves, with a file beside the letter."))
    elif not services.acknowledge(referral_id, form.cleaned_data["reference"]):
        messages.error(request, _("This referral is not waiting for an acknowledgement."))
    else:
        messages.success(request, _("Recorded. The reporter can see now that it was passed on."))
    return _its_case(referral_id)


@sent
def cancel(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Take a letter back that has not left, with a reason."""
    who = decider(request).pk
    form = CancelForm(request.POST, prefix=str(referral_id))
    if not form.is_valid():
        messages.error(request, str(form.errors["reason"][0]))
    else:
        try:
            services.cancel(referral_id, who, form.cleaned_data["reason"])
            messages.success(request, _("Cancelled. This letter does not leave."))
        except Refused as refused:
            messages.error(request, str(refused))
    return _its_case(referral_id)


def _its_case(referral_id: UUID) -> HttpResponse:
    number = referral.case_of(referral_id)
    return back(number) if number else redirect("outbox")


def _manager(request: HttpRequest) -> None:
    if not signed_in(request).is_manager:
        raise PermissionDenied


def _at(page: str, *args: int) -> HttpResponse:
    """A page, at what was said of the last act."""
    return redirect(f"{reverse(page, args=args)}#said")


def authorities(request: HttpRequest) -> HttpResponse:
    """All authorities, and a form for one more."""
    _manager(request)
    form = AuthorityForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        added = kept.save(form)
        messages.success(request, _("%(name)s was added.") % {"name": added.name})
        return _at("authorities")
    context = {
        "authorities": referral.authorities(),
        "form": form,
        "fingerprint": custody.signer_fingerprint(),
    }
    return shown(request, "authorities", context, status=422 if form.errors else 200)


def authority(request: HttpRequest, pk: int) -> HttpResponse:
    """One authority: change it, switch it off or on, ask for a test letter."""
    _manager(request)
    found = kept.authority(pk)
    if found is None:
        raise Http404
    form = AuthorityForm(
        request.POST if "save" in request.POST else None, instance=kept.authority(pk)
    )
    if "switch" in request.POST:
        on = request.POST["switch"] == "on"
        kept.switch(found, active=on)
        words = _("%(name)s was switched on.") if on else _("%(name)s was switched off.")
        messages.success(request, words % {"name": found.name})
        return _at("authority", pk)
    if "test" in request.POST and found.adapter == "email":
        kept.ask_for_test(found)
        messages.success(
            request, _("A test letter is on its way. Load this page again in a minute.")
        )
        return _at("authority", pk)
    if form.is_bound and form.is_valid():
        changed = kept.save(form)
        messages.success(request, _("%(name)s was changed.") % {"name": changed.name})
        return _at("authorities")
    context = {"one": found, "problem": referral.test_problem(found), "form": form}
    return shown(request, "authority", context, status=422 if form.errors else 200)
