"""The public pages: report, receipt, status. Receipts travel in request bodies, never in URLs.

These pages set no cookie and need none: nobody is signed in, so a forged request could do nothing
that its forger could not do. What comes from another site is shown, and sent only when the person
presses the button here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt

from . import services
from .forms import CheckForm, ReportForm, as_typed, fresh_nonce
from .models import About

View = Callable[[HttpRequest], HttpResponse]


def _in_the_chosen_language(view: View) -> View:
    """The page again in another language, with all that was typed: its buttons send the form."""

    @wraps(view)
    def show(request: HttpRequest) -> HttpResponse:
        chosen = request.POST.get("language", "")
        if chosen not in dict(settings.LANGUAGES):
            return view(request)
        with translation.override(chosen):
            response = view(request)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            path=settings.LANGUAGE_COOKIE_PATH,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Strict",
        )
        return response

    return show


def _from_elsewhere(request: HttpRequest) -> bool:
    """Whether another site sent this form, as far as the browser says where it came from."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in ("same-origin", "none")
    ours = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    return request.headers.get("Origin", next(iter(ours))) not in ours


@csrf_exempt
@_in_the_chosen_language
def report(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        asked = request.GET.get("about", "")
        about = asked if asked in About.values else About.SEEN
        form = ReportForm(initial={"about": about, "nonce": fresh_nonce()})
        return _report_page(request, form, about)
    typed = request.POST.copy()
    if request.POST.get("choose") in About.values:
        typed["about"] = request.POST["choose"]
    about = typed.get("about", "")
    elsewhere = _from_elsewhere(request)
    if elsewhere or {"choose", "language"} & request.POST.keys():
        status = 403 if elsewhere else 200
        return _report_page(request, as_typed(typed.dict()), about, status=status)
    form = ReportForm(typed)
    if form.is_valid():
        return _receive(request, form)
    return _report_page(request, form, about, status=422)


def _report_page(
    request: HttpRequest, form: ReportForm, about: str, status: int = 200
) -> HttpResponse:
    about = about if about in About.values else About.SEEN
    context = {"form": form, "about": about, "from_elsewhere": status == 403}
    return render(request, "public/report.html", context, status=status)


def _receive(request: HttpRequest, form: ReportForm) -> HttpResponse:
    data = form.cleaned_data
    words = services.receive(
        services.Content(
            data["where"], data["words"], data["contact"], data["pass_on"], data["danger"]
        ),
        nonce=data["nonce"],
        about=data["about"],
        danger=data["danger"] != "no",  # "not sure" counts as danger until somebody looked
        is_child=data["is_child"],
        language=get_language() or "en",
    )
    return render(request, "public/receipt.html", {"words": words, "about": data["about"]})


@csrf_exempt
@_in_the_chosen_language
def check(request: HttpRequest) -> HttpResponse:
    if "language" in request.POST:
        form = CheckForm(initial={"receipt": request.POST.get("receipt", "")})
        return render(request, "public/check.html", {"form": form, "not_found": False})
    form = CheckForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        found = services.status(form.cleaned_data["receipt"])
        if found is not None:
            context = {
                "status": found.status,
                "explanation": found.explanation,
                "since": found.since,
            }
            return render(request, "public/status.html", context)
        return render(request, "public/check.html", {"form": form, "not_found": True}, status=404)
    return render(request, "public/check.html", {"form": form, "not_found": False})
