"""The public pages: report, receipt, status. Receipts travel in request bodies, never in URLs.

These pages set no cookie and need none: nobody is signed in, so a forged request could do nothing
that its forger could not do. What comes from another site is shown, and sent only when the person
presses the button here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import cache, lru_cache, wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language, gettext
from django.views.decorators.csrf import csrf_exempt

from lindung.hotline.web.context import hotline

from . import services
from .flood import Answer, Gate
from .forms import CheckForm, ReportForm, as_typed, fresh_nonce
from .models import About
from .receipts import WORDS_IN_RECEIPT

BLANKS = tuple(f"blank-{number}-{secrets.token_hex(8)}" for number in range(WORDS_IN_RECEIPT))
LATER = {"Retry-After": "60"}

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
    sent = not {"choose", "language"} & request.POST.keys()
    answer = _gate().ask(request.META.get("REMOTE_ADDR", "")) if sent else Answer.TAKE
    if answer is Answer.SHUT:
        words = gettext(
            "Nothing was sent. Go back, wait a minute, and send it again: what you wrote is still "
            "there."
        )
        return HttpResponse(f"{words}\n", status=429, headers=LATER, content_type="text/plain")
    typed = request.POST.copy()
    if request.POST.get("choose") in About.values:
        typed["about"] = request.POST["choose"]
    about = typed.get("about", "")
    elsewhere = _from_elsewhere(request)
    if elsewhere or not sent:
        status = 403 if elsewhere else 200
        return _report_page(request, as_typed(typed.dict()), about, status=status)
    if answer is Answer.WAIT:
        response = _report_page(request, as_typed(typed.dict()), about, status=429)
        response["Retry-After"] = LATER["Retry-After"]
        return response
    form = ReportForm(typed)
    if form.is_valid():
        return _receive(request, form)
    return _report_page(request, form, about, status=422)


def _report_page(
    request: HttpRequest, form: ReportForm, about: str, status: int = 200
) -> HttpResponse:
    about = about if about in About.values else About.SEEN
    context = {
        "form": form,
        "about": about,
        "from_elsewhere": status == 403,
        "many_write": status == 429,
    }
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
    page = _receipt_page(get_language() or "en", data["about"])
    for blank, word in zip(BLANKS, words, strict=True):
        page = page.replace(blank, word)
    return HttpResponse(page)


@lru_cache(maxsize=64)
def _receipt_page(language: str, about: str) -> str:
    """The page of a receipt with blanks for its words: nothing else of it depends on the report."""
    with translation.override(language):
        return render_to_string(
            "public/receipt.html", {"words": BLANKS, "about": about, **hotline(HttpRequest())}
        )


@cache
def _gate() -> Gate:
    return Gate(settings.ENV["REPORTS_A_MINUTE"])


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
