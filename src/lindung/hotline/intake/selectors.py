"""Opening sealed reports: for the worker and the console, which hold the report key."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lindung.hotline.config import sealing

from .models import Report
from .services import Content


@dataclass(frozen=True)
class OpenedReport:
    id: UUID
    received_at: datetime
    about: str
    danger: bool
    is_child: bool
    content: Content


def opened(ids: Iterable[UUID]) -> list[OpenedReport]:
    """The reports with their sealed text opened, oldest first."""
    found = []
    for report in Report.objects.filter(pk__in=list(ids)).order_by("received_at"):
        data = json.loads(sealing.unseal(report.sealed))
        content = Content(tuple(data["where"]), data["words"], data["contact"])
        found.append(
            OpenedReport(
                report.pk,
                report.received_at,
                str(report.get_about_display()),
                report.danger,
                report.is_child,
                content,
            )
        )
    return found


def unexamined(before: datetime) -> int:
    """How many reports came in before this time and still wait for the worker."""
    return Report.objects.filter(received_at__lt=before, sightings=None).count()
