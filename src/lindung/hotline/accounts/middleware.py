"""Every console page asks for a second factor and tells the database who is acting."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from lindung.hotline.web.views import again

from . import sessions

Handler = Callable[[HttpRequest], HttpResponseBase]

OPEN_PATHS = ("/accounts/", "/setup/", "/static/", "/healthz", "/language/")
NOBODY_ACTS = ("/static/", "/healthz")


def second_factor(get_response: Handler) -> Handler:
    """Send a signed-out person to sign-in, and one without a second factor to set it up."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(OPEN_PATHS):
            return get_response(request)
        if not request.user.is_authenticated:
            if kept := again(request, signed_out=True):
                return kept
            return redirect(f"/accounts/login/?next={request.path}")
        if not is_mfa_enabled(request.user):
            return redirect("mfa_activate_totp")
        return get_response(request)

    return handle


def actor(get_response: Handler) -> Handler:
    """Act in the database by this request's own sign-in; a session without one has ended."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(NOBODY_ACTS):
            return get_response(request)
        person = sessions.take_up(request)
        if request.user.is_authenticated and request.user.pk != person:
            logout(request)
        response = get_response(request)
        sessions.keep(request, response)
        return response

    return handle
