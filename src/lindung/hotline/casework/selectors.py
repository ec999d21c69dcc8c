"""What the console and the outbox read of cases."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Count, Exists, Min, OuterRef, Q
from django.db.models.expressions import RawSQL

from lindung.runtime import storable

from .models import (
    FINISHED,
    ILLEGAL,
    KNOWN,
    ORDER,
    Assessment,
    Case,
    CaseCount,
    Category,
    Confirmation,
    Item,
    Sighting,
    Status,
)

DECIDABLE = (Status.NEW, Status.OPEN, Status.ASSESSED)
QUEUES: dict[str, Q] = {
    "todo": ~Q(status__in=FINISHED),
    "danger": Q(danger=True) & ~Q(status__in=FINISHED),
    "known": KNOWN & Q(status__in=DECIDABLE),
    "new": Q(status=Status.NEW),
    "open": Q(status=Status.OPEN),
    "confirm": Q(status=Status.ASSESSED),
    "refer": Q(status=Status.CONFIRMED),
    "done": Q(status__in=FINISHED),
    "all": Q(),
}
# The same of a row of counts.
COUNTED: dict[str, Callable[[CaseCount], bool]] = {
    "todo": lambda n: n.status not in FINISHED,
    "danger": lambda n: n.danger and n.status not in FINISHED,
    "known": lambda n: n.known and n.status in DECIDABLE,
    "new": lambda n: n.status == Status.NEW,
    "open": lambda n: n.status == Status.OPEN,
    "confirm": lambda n: n.status == Status.ASSESSED,
    "refer": lambda n: n.status == Status.CONFIRMED,
    "done": lambda n: n.status in FINISHED,
    "all": lambda n: True,
}
PAGE, REPORTS_PAGE = 100, 10
SHORTEST_SEARCH = 3
LONGEST_TITLE = 200


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


@dataclass(frozen=True)
class Listed:
    """One page of a queue: its rows, which page of how many, and how many cases there are."""

    rows: list[QueuedCase]
    page: int
    pages: int
    total: int

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


@dataclass(frozen=True)
class Reports:
    """One page of a case's reports: their ids, which page of how many, and how many there are."""

    ids: list[UUID]
    page: int
    pages: int
    total: int

    @property
    def first(self) -> int:
        return (self.page - 1) * REPORTS_PAGE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.ids) - 1


def counts() -> dict[str, int]:
    """How many cases each queue holds; the database counts as they change."""
    rows = list(CaseCount.objects.all())
    return {key: sum(n.cases for n in rows if belongs(n)) for key, belongs in COUNTED.items()}


def queue(key: str, search: str = "", page: int = 1) -> Listed:
    """One page of a queue: danger first, then the highest score, then the oldest."""
    cases = Case.objects.filter(QUEUES[key])
    if search:
        cases = cases.filter(pk__in=_matching(search))
    total = cases.count() if search else counts()[key]
    pages = max(1, -(-total // PAGE))
    page = min(max(page, 1), pages)
    found = list(cases.order_by(*ORDER)[(page - 1) * PAGE : page * PAGE])
    held = {
        row["case_id"]: row
        for row in Sighting.objects.filter(case_id__in=[case.pk for case in found])
        .values("case_id")
        .annotate(reports=Count("report", distinct=True), items=Count("item", distinct=True))
    }
    none = {"reports": 0, "items": 0}
    rows = []
    for case in found:
        own = held.get(case.pk, none)
        rows.append(QueuedCase(case, own["reports"], own["items"]))
    return Listed(rows, page, pages, total)


def _matching(search: str) -> set[str]:
    """The numbers of the cases whose number, or an item of theirs, holds these letters."""
    if len(search) < SHORTEST_SEARCH or "\0" in search:
        return set()
    letters = storable(search, 200)
    numbers = Case.objects.filter(_holds("number", letters), number__icontains=letters)
    items = Item.objects.filter(
        _holds("display || chr(10) || value", letters),
        Q(display__icontains=letters) | Q(value__icontains=letters),
    )
    of_items = Sighting.objects.filter(item__in=items).values_list("case_id", flat=True)
    return {*numbers.values_list("number", flat=True), *of_items.distinct()}


def _holds(text: str, letters: str) -> RawSQL:
    """Whether an expression has all the threes of letters, by the index on it (sql/items.sql)."""
    held = f"casework_grams({text}) @> casework_grams(%s)"
    return RawSQL(held, [letters], output_field=BooleanField())  # noqa: S611  no text of a person


def titles(numbers: Sequence[str]) -> dict[str, str]:
    """The first item of each case, as its title in lists."""
    first = Sighting.objects.filter(case_id__in=numbers).order_by("case_id", "at", "id")
    pairs = first.distinct("case_id").values_list("case_id", "item__display")
    return {case: storable(display, LONGEST_TITLE) for case, display in pairs}


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


def reported_with(item: UUID) -> set[UUID]:
    """The items that the newest report of this one names, itself among them."""
    newest = Sighting.objects.filter(item=item).order_by("-at").values("report")[:1]
    return set(Sighting.objects.filter(report__in=newest).values_list("item_id", flat=True))


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


def reports_page(number: str, page: int) -> Reports:
    """One page of a case's reports, newest first: what was not read yet comes first."""
    newest = Sighting.objects.filter(case_id=number).values("report_id").annotate(last=Min("at"))
    total = newest.count()
    pages = max(1, -(-total // REPORTS_PAGE))
    page = min(max(page, 1), pages)
    rows = newest.order_by("-last", "report_id").values_list("report_id", flat=True)
    ids = list(rows[(page - 1) * REPORTS_PAGE : page * REPORTS_PAGE])
    return Reports(ids, page, pages, total)


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
    pairs = Sighting.objects.filter(case_id__in=numbers).values_list("case_id", "item_id")
    here = set(pairs.distinct())
    opened = dict(Case.objects.filter(pk__in=numbers).values_list("pk", "opened_at"))
    # The oldest case of each item: one row for each, however often it was reported.
    oldest = dict(
        Sighting.objects.filter(item_id__in={item for _, item in here})
        .values("item_id")
        .annotate(first=Min("case__opened_at"))
        .values_list("item_id", "first")
    )
    return {case for case, item in here if oldest[item] < opened[case]}


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
