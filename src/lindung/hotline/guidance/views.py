"""The two pages that never change with a report: help, and what is kept about you."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "public/help.html")


def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "public/privacy.html")
