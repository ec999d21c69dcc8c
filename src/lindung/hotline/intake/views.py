"""The public pages: report, receipt, status. Receipts travel in request bodies, never in URLs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from . import services
from .forms import CheckForm, ReportForm, fresh_nonce
from .models import About


def report(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        form = ReportForm(request.POST)
        if form.is_valid():
            return _receive(request, form)
        return _report_page(request, form, request.POST.get("about", ""), status=422)
    about = request.GET.get("about", "")
    about = about if about in About.values else About.SEEN
    form = ReportForm(initial={"about": about, "nonce": fresh_nonce()})
    return _report_page(request, form, about)


def _report_page(
    request: HttpRequest, form: ReportForm, about: str, status: int = 200
) -> HttpResponse:
    about = about if about in About.values else About.SEEN
    context = {"form": form, "about": about}
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


def check(request: HttpRequest) -> HttpResponse:
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
