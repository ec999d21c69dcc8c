"""What every page knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from lindung.hotline.guidance import selectors as guidance


def hotline(request: HttpRequest) -> dict[str, Any]:
    """The hotline's name, the way out, the process, the country's guidance and the languages."""
    return {
        "hotline_name": settings.ENV["HOTLINE_NAME"],
        "exit_url": settings.ENV["EXIT_URL"],
        "process": settings.PROCESS,
        "country": guidance.country(settings.ENV["COUNTRY"]),
        "languages": settings.LANGUAGES,
    }
