from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
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
    except services.InvitationSpent:
        text = _("This link was used or has expired. Ask a manager for a new one.")
        return render(request, "console/message.html", {"message": text}, status=410)
    return render(request, "console/setup.html", {"form": form})


def people(request: HttpRequest) -> HttpResponse:
    if not signed_in(request).is_manager:
        raise PermissionDenied
    if "switch" in request.POST:
        return _switch(request)
    form = InviteForm(request.POST or None)
    link = None
    if request.method == "POST" and form.is_valid():
        link = services.invite(form.cleaned_data["role"], by=signed_in(request))
    return render(
        request,
        "console/people.html",
        {"people": selectors.people(), "invite_form": form, "link": link},
    )


def _switch(request: HttpRequest) -> HttpResponse:
    try:
        services.switch(request.POST["switch"], active=request.POST.get("to") == "on")
    except services.LastManager:
        messages.error(request, _("The hotline needs one active manager."))
    return redirect("people")
