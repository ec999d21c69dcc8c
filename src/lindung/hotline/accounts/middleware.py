"""Every console page asks for a second factor and tells the database who is acting."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.db import connection
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from lindung.hotline.web.views import again

Handler = Callable[[HttpRequest], HttpResponseBase]

OPEN_PATHS = ("/accounts/", "/setup/", "/static/", "/healthz", "/language/")


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
    """Name the acting person to the database for this request; the custody log records it."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        person = str(request.user.pk) if request.user.is_authenticated else ""
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lindung.actor', %s, false)", [person])
        return get_response(request)

    return handle
