"""Opening sealed reports: for the worker and the console, which hold the report key."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nacl.exceptions import CryptoError

from lindung.hotline.config import sealing

from .models import Report
from .services import Content


@dataclass(frozen=True)
class OpenedReport:
    """`about` and `language` are keywords; `danger` counts "I am not sure" as danger.

    `unreadable`: the sealed text is damaged, or sealed to a key that we do not hold.
    """

    id: UUID
    received_at: datetime
    about: str
    danger: bool
    is_child: bool
    language: str
    content: Content
    unreadable: bool = False

    @property
    def danger_said(self) -> str:
        """What the reporter answered: yes, no or unsure."""
        return self.content.danger or ("yes" if self.danger else "no")


def opened(ids: Iterable[UUID]) -> list[OpenedReport]:
    """The reports with their sealed text opened, oldest first."""
    found = []
    for report in Report.objects.filter(pk__in=list(ids)).order_by("received_at"):
        content, unreadable = Content((), "", ""), False
        try:
            data = json.loads(sealing.unseal(report.sealed))
            content = Content(**{**data, "where": tuple(data["where"])})
        except (CryptoError, ValueError, LookupError, TypeError):
            unreadable = True
        found.append(
            OpenedReport(
                report.pk,
                report.received_at,
                report.about,
                report.danger,
                report.is_child,
                report.language,
                content,
                unreadable,
            )
        )
    return found


def unexamined(before: datetime) -> int:
    """How many reports came in before this time and still wait for the worker."""
    return Report.objects.filter(received_at__lt=before, sightings=None).count()
