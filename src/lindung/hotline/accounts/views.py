from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from . import selectors, services
from .forms import InviteForm, SetupForm
from .models import Person


def signed_in(request: HttpRequest) -> Person:
    """The person behind a console request; the middleware has let nobody else through."""
    assert isinstance(request.user, Person)  # noqa: S101
    return request.user


def setup(request: HttpRequest, token: str) -> HttpResponse:
    try:
        services.open_invitation(token)
        form = SetupForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            services.accept(
                token,
                username=data["username"],
                name=data["name"],
                password=data["password1"],
            )
            return redirect("account_login")
    except services.InvitationWaits:
        text = _("A second person has not approved this link yet. Open it again when they have.")
        return render(request, "console/message.html", {"message": text}, status=403)
    except services.InvitationSpent:
        text = _("This link was used or has expired. Ask a manager for a new one.")
        return render(request, "console/message.html", {"message": text}, status=410)
    return render(request, "console/setup.html", {"form": form})


def people(request: HttpRequest) -> HttpResponse:
    """Everyone, for those who decide: a second person approves here; the rest is a manager's."""
    person = signed_in(request)
    if not person.may_decide:
        raise PermissionDenied
    if "approve" in request.POST or "vouch" in request.POST:
        return _stand_for(request, person)
    if request.method == "POST" and not person.is_manager:
        raise PermissionDenied
    if {"switch", "revoke", "reset"} & request.POST.keys():
        return _manage(request, person)
    form = InviteForm(request.POST or None)
    link = None
    if request.method == "POST" and form.is_valid():
        link = services.invite(form.cleaned_data["role"], by=person)
    return render(
        request,
        "console/people.html",
        {
            "people": selectors.people(),
            "invitations": selectors.invitations(),
            "me": person,
            "manages": person.is_manager,
            "invite_form": form,
            "link": link,
        },
    )


def _said() -> HttpResponse:
    """The page again, at what was said of the last act."""
    return redirect(f"{reverse('people')}#said")


def _manage(request: HttpRequest, manager: Person) -> HttpResponse:
    """What managers do with accounts: let in or out, take a link back, reset a second factor."""
    if "revoke" in request.POST:
        if services.revoke(_token_hash(request.POST["revoke"]), manager):
            messages.success(request, _("Taken back. The link does not work any more."))
        else:
            messages.error(request, _("This link was used or taken back already."))
    elif "reset" in request.POST:
        whom = get_object_or_404(Person, username=request.POST["reset"])
        if whom.pk != manager.pk and services.reset_second_factor(whom, manager):
            words = _("Reset. %(name)s sets up a new second factor at the next sign-in.")
            messages.success(request, words % {"name": whom})
        else:
            messages.error(request, _("There was no second factor of somebody else to reset."))
    else:
        _switch(request, manager)
    return _said()


def _switch(request: HttpRequest, manager: Person) -> None:
    name, on = request.POST["switch"], request.POST.get("to") == "on"
    try:
        services.switch(name, active=on, by=manager)
    except services.LastManager:
        messages.error(request, _("The hotline needs one active manager."))
    else:
        words = _("%(name)s was switched on.") if on else _("%(name)s was switched off.")
        messages.success(request, words % {"name": name})


def _stand_for(request: HttpRequest, person: Person) -> HttpResponse:
    """Approve an invitation, or stand for somebody whom one person alone brought in."""
    try:
        if "approve" in request.POST:
            services.approve(_token_hash(request.POST["approve"]), person)
            messages.success(request, _("Approved. The link works now."))
        else:
            services.vouch(get_object_or_404(Person, username=request.POST["vouch"]), person)
            messages.success(request, _("You stand for this person from now on."))
    except services.NotIndependent:
        messages.error(
            request,
            _(
                "This needs somebody independent of the one who invited: neither they, nor anybody "
                "whom they alone brought in."
            ),
        )
    return _said()


def _token_hash(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Http404 from None
