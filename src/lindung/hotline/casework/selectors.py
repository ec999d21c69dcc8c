"""What the console and the outbox read of cases."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q

from .models import (
    FINISHED,
    ILLEGAL,
    Assessment,
    Case,
    Category,
    Confirmation,
    Item,
    Sighting,
    Status,
)

QUEUES: dict[str, Q] = {
    "danger": Q(danger=True) & ~Q(status__in=FINISHED),
    "known": Q(media_whole=True, media_total__gt=0, media_known=F("media_total"))
    & Q(status__in=[Status.NEW, Status.OPEN, Status.ASSESSED]),
    "new": Q(status=Status.NEW),
    "open": Q(status=Status.OPEN),
    "confirm": Q(status=Status.ASSESSED),
    "refer": Q(status=Status.CONFIRMED),
    "done": Q(status__in=FINISHED),
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
    return Case.objects.filter(pk=number, status__in=FINISHED).exists()


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


def reports_since_assessment(number: str) -> set[UUID]:
    """The reports that came into a case after its newest assessment was written."""
    newest = assessment_of(number)
    if newest is None:
        return set()
    later = Sighting.objects.filter(case_id=number, pk__gt=newest.last_sighting)
    return set(later.values_list("report_id", flat=True))


def others_of(number: str) -> list[Case]:
    """The other cases that hold an item of this one, oldest first."""
    items = Sighting.objects.filter(case_id=number).values("item")
    same = Case.objects.filter(sightings__item__in=items).exclude(pk=number)
    return list(same.order_by("opened_at").distinct())


def reported_before(numbers: Sequence[str]) -> set[str]:
    """Which of these cases hold an item that an earlier case held."""
    earlier = Q(item__sightings__case__opened_at__lt=F("case__opened_at"))
    found = Sighting.objects.filter(earlier, case_id__in=numbers)
    return set(found.values_list("case_id", flat=True))


def assessment_of(number: str) -> Assessment | None:
    """The newest assessment of a case."""
    return Assessment.objects.filter(case_id=number).order_by("-seq").first()


def confirmation_of(number: str) -> Confirmation | None:
    """The second person's answer to the newest assessment."""
    newest = assessment_of(number)
    return Confirmation.objects.filter(assessment=newest).first() if newest else None


def confirmed_files(number: str) -> Assessment | None:
    """The newest assessment, if two people found by it that the files it marks are illegal."""
    decision = decision_of(number)
    return decision if decision and decision.category in ILLEGAL else None


def decision_of(number: str) -> Assessment | None:
    """The newest assessment, if a second person agreed with it."""
    answer = confirmation_of(number)
    return answer.assessment if answer and answer.agrees else None


def stands(confirmation: UUID) -> bool:
    """Whether two people decided so, each by their own sign-in, and nobody has decided anew.

    What leaves is asked about here: the place where their signatures will be checked.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM casework_decided_by(%s))", [confirmation])
        return bool(cursor.fetchone()[0])


def replaced_by(assessment: Assessment) -> Assessment | None:
    """What two people had decided of the case before, if this assessment replaces a decision."""
    before = Assessment.objects.filter(
        case=assessment.case_id, seq__lt=assessment.seq, confirmation__agrees=True
    )
    return before.order_by("-seq").first()


def dropped_by(assessment: Assessment) -> list[str]:
    """The files (SHA-256) that the replaced decision marked as illegal, and this one does not."""
    before = replaced_by(assessment)
    if before is None or before.category not in ILLEGAL:
        return []
    kept = assessment.files if assessment.category in ILLEGAL else []
    return sorted(set(before.files) - set(kept))


def was_decided(number: str) -> bool:
    """Whether two people have ever decided the case: then a manager decides it anew."""
    return Assessment.objects.filter(case=number, confirmation__agrees=True).exists()


def cleared(files: Collection[str]) -> dict[str, str]:
    """Which of these files (SHA-256) two people found not illegal, and the case in which."""
    return _decided(files, [Category.NOT_ILLEGAL])


def illegal(files: Collection[str], *, but: str = "") -> dict[str, str]:
    """Which of these files (SHA-256) two people found illegal, and the case in which, `but` one."""
    return _decided(files, ILLEGAL, but)


def _decided(files: Collection[str], categories: Collection[str], but: str = "") -> dict[str, str]:
    """By the decision that stands in each case, also while it is being decided anew."""
    newer = Assessment.objects.filter(
        case=OuterRef("case"), seq__gt=OuterRef("seq"), confirmation__agrees=True
    )
    found = Assessment.objects.exclude(case=but).filter(
        ~Exists(newer),
        confirmation__agrees=True,
        category__in=categories,
        files__has_any_keys=list(files),
    )
    return {f: one.case_id for one in found.order_by("seq") for f in one.files if f in files}
