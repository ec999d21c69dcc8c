"""Pages that no part of the casework owns: refusals, and whether this process is well."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils import translation

SECRET_FIELDS = ("csrfmiddlewaretoken", "password", "code", "credential")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page was open too long, or the browser keeps no cookies."""
    return again(request) or render(request, "403_csrf.html", status=403)


def again(request: HttpRequest, *, signed_out: bool = False) -> HttpResponse | None:
    """A form that could not be taken, with all that was typed, ready to be sent once more.

    None for a form of another site, which is never offered for sending, and for sign-in, whose
    fields are secrets.
    """
    ours = request.headers.get("Sec-Fetch-Site") == "same-origin" or (
        "Sec-Fetch-Site" not in request.headers
        and request.headers.get("Origin") in settings.CSRF_TRUSTED_ORIGINS
    )
    if not ours or request.method != "POST" or request.path.startswith("/accounts/"):
        return None
    typed = [
        (name, value)
        for name, values in request.POST.lists()
        if not name.startswith(SECRET_FIELDS)
        for value in values
        if isinstance(value, str)
    ]
    context = {"typed": typed, "signed_out": signed_out}
    return render(request, "console/again.html", context, status=403)


def too_large(request: HttpRequest) -> HttpResponse:
    """Comes before the language is known, so it looks for it."""
    with translation.override(translation.get_language_from_request(request)):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return render(request, "413.html", {"limit": filesizeformat(limit)}, status=413)


def unreadable(request: HttpRequest) -> HttpResponse:
    """A request that no page of ours sends. Comes before the language is known, too."""
    with translation.override(translation.get_language_from_request(request)):
        return render(request, "400.html", status=400)


def healthz(request: HttpRequest) -> HttpResponse:
    """`ok` when this process reaches its database, 503 when it does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("no database\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")
