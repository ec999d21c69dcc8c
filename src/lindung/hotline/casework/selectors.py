"""What the console and the outbox read of cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, F, Q

from .models import Assessment, Case, Category, Confirmation, Item, Sighting, Status

QUEUES: dict[str, Q] = {
    "danger": Q(danger=True) & ~Q(status__in=[Status.REFERRED, Status.CLOSED]),
    "known": Q(media_whole=True, media_total__gt=0, media_known=F("media_total"))
    & Q(status__in=[Status.NEW, Status.OPEN, Status.ASSESSED]),
    "new": Q(status=Status.NEW),
    "open": Q(status=Status.OPEN),
    "confirm": Q(status=Status.ASSESSED),
    "refer": Q(status=Status.CONFIRMED),
    "done": Q(status__in=[Status.REFERRED, Status.CLOSED]),
    "all": Q(),
}
PAGE = 100


@dataclass(frozen=True)
class ItemOfCase:
    id: UUID
    kind: str
    display: str
    url: str
    corroboration: int


@dataclass(frozen=True)
class QueuedCase:
    """A case in a list, with how many reports and items it holds."""

    case: Case
    reports: int
    items: int


def counts() -> dict[str, int]:
    return Case.objects.aggregate(**{k: Count("pk", filter=q) for k, q in QUEUES.items()})


def queue(key: str, search: str = "") -> list[QueuedCase]:
    """Cases of one queue: danger first, then the highest score, then the oldest."""
    cases = Case.objects.filter(QUEUES.get(key, Q()))
    if search:
        cases = cases.filter(
            Q(number__icontains=search)
            | Q(sightings__item__display__icontains=search)
            | Q(sightings__item__value__icontains=search)
        )
    found = (
        cases.annotate(
            reports=Count("sightings__report", distinct=True),
            items=Count("sightings__item", distinct=True),
        )
        .order_by("-danger", F("score").desc(nulls_last=True), "opened_at")
        .distinct()
    )
    return [QueuedCase(case, case.reports, case.items) for case in found[:PAGE]]


def titles(numbers: Sequence[str]) -> dict[str, str]:
    """The first item of each case, as its title in lists."""
    found: dict[str, str] = {}
    sightings = Sighting.objects.filter(case_id__in=numbers).select_related("item").order_by("at")
    for sighting in sightings:
        found.setdefault(sighting.case_id, sighting.item.display)
    return found


def all_known() -> list[str]:
    """The numbers of the cases whose every file was known when it was last counted."""
    return list(Case.objects.filter(QUEUES["known"]).values_list("number", flat=True))


def case(number: str) -> Case | None:
    return Case.objects.filter(pk=number).first()


def is_finished(number: str) -> bool:
    """Whether nothing of the case waits any more."""
    return Case.objects.filter(pk=number, status__in=[Status.REFERRED, Status.CLOSED]).exists()


def url_of(item: UUID) -> str:
    """The address at which an item can be captured; empty where there is none."""
    return Item.objects.values_list("url", flat=True).get(pk=item)


def items_of(number: str) -> list[ItemOfCase]:
    items = Item.objects.filter(sightings__case_id=number).order_by("first_seen_at").distinct()
    # Corroboration counts every report of the item, whichever case it came into.
    seen = dict(
        Item.objects.filter(pk__in=[i.pk for i in items])
        .annotate(n=Count("sightings__report", distinct=True))
        .values_list("pk", "n")
    )
    return [ItemOfCase(i.pk, i.kind, i.display, i.url, seen[i.pk]) for i in items]


def reports_of(number: str) -> list[UUID]:
    ids = Sighting.objects.filter(case_id=number).values_list("report_id", flat=True)
    return list(ids.distinct())


def assessment_of(number: str) -> Assessment | None:
    """The newest assessment of a case."""
    return Assessment.objects.filter(case_id=number).order_by("-at").first()


def confirmation_of(number: str) -> Confirmation | None:
    """The second person's answer to the newest assessment."""
    newest = assessment_of(number)
    return Confirmation.objects.filter(assessment=newest).first() if newest else None


def confirmed_files(number: str) -> Assessment | None:
    """The newest assessment, if two people found by it that the files it marks are illegal."""
    answer = confirmation_of(number)
    if answer is None or not answer.agrees:
        return None
    illegal = answer.assessment.category in (Category.BASELINE, Category.NATIONAL)
    return answer.assessment if illegal else None


def cleared(files: Sequence[str]) -> dict[str, str]:
    """Which of these files (SHA-256) two people found not illegal, and the case in which."""
    found = Assessment.objects.filter(
        category=Category.NOT_ILLEGAL, confirmation__agrees=True, files__has_any_keys=files
    )
    return {file: one.case_id for one in found.order_by("at") for file in one.files}
