"""Items, sightings, cases, and the decisions of two people."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    NEW = "new", _("New")
    OPEN = "open", _("Being examined")
    ASSESSED = "assessed", _("Assessed, waits for confirmation")
    CONFIRMED = "confirmed", _("Confirmed")
    REFERRED = "referred", _("Passed on")
    CLOSED = "closed", _("Closed")


NEXT_DECISION = models.Func(
    models.Value("casework_decision_order", models.TextField()),
    function="nextval",
    output_field=models.BigIntegerField(),
)
FINISHED = (Status.REFERRED, Status.CLOSED)


class Category(models.TextChoices):
    """Illegality first, after INHOPE practice."""

    BASELINE = "baseline", _("Illegal: INTERPOL baseline")
    NATIONAL = "national", _("Illegal: national law")
    OFFER = "offer", _("Illegal: offer or solicitation in words")
    GROOMING = "grooming", _("Illegal: grooming or extortion")
    POLICE = "police", _("Not classified: for the police to judge")
    NOT_ILLEGAL = "not_illegal", _("Not illegal")
    NOT_FOUND = "not_found", _("Not found or not accessible")


# Danger first, then the highest score, then the oldest.
ORDER = (
    models.F("danger").desc(),
    models.F("score").desc(nulls_last=True),
    models.F("opened_at").asc(),
    models.F("number").asc(),
)
KNOWN = models.Q(media_whole=True, media_total__gt=0, media_known=models.F("media_total"))
ILLEGAL = (Category.BASELINE, Category.NATIONAL)  # what marked files go on our own list for


class Case(models.Model):
    """The unit of work. Every change of `status` leaves a custody-log entry (a trigger)."""

    number = models.CharField(max_length=16, primary_key=True, editable=False)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.NEW)
    danger = models.BooleanField(default=False)
    score = models.FloatField(null=True)
    opened_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField()
    explanation = models.CharField(max_length=500, blank=True)
    media_total = models.IntegerField(default=0)
    media_known = models.IntegerField(default=0)
    media_whole = models.BooleanField(default=False, db_default=False)

    class Meta:
        # The order of the queues: in one queue, among what waits, and among all.
        indexes = [
            models.Index("status", *ORDER, name="casework_case_queue"),
            models.Index(
                *ORDER,
                name="casework_case_waiting",
                condition=~models.Q(status__in=["referred", "closed"]),
            ),
            models.Index(
                *ORDER,
                name="casework_case_done",
                condition=models.Q(status__in=["referred", "closed"]),
            ),
            models.Index(*ORDER, name="casework_case_known", condition=KNOWN),
            models.Index(*ORDER, name="casework_case_all"),
        ]

    @property
    def is_finished(self) -> bool:
        """Whether nothing of the case waits any more."""
        return self.status in FINISHED

    @property
    def due(self) -> datetime | None:
        """By when somebody must act; None when nothing is waiting any more."""
        return None if self.is_finished else self.due_at


class CaseCount(models.Model):
    """How many cases have this status, danger and known media; the database keeps it true."""

    status = models.CharField(max_length=12)
    danger = models.BooleanField()
    known = models.BooleanField()
    cases = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["status", "danger", "known"], name="casework_casecount_once"
            ),
        ]


class ValueDigest(models.Func):
    """SHA-256 of a text, in the database."""

    function = "casework_value_digest"
    output_field = models.BinaryField()


class Item(models.Model):
    """One address, account, phone, group or words, in canonical form; it exists once.

    It is found by `digest`, because a value may be longer than an index takes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12)
    value = models.TextField()
    digest = models.GeneratedField(
        expression=ValueDigest("value"), output_field=models.BinaryField(), db_persist=True
    )
    display = models.TextField()
    url = models.TextField(blank=True)
    first_seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "digest"], name="casework_item_named_once"),
        ]


class Sighting(models.Model):
    """A report names an item. Distinct reports of one item are its corroboration."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="sightings")
    report = models.ForeignKey("intake.Report", on_delete=models.PROTECT, related_name="sightings")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="sightings")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "report"], name="casework_sighting_once"),
        ]


class Assessment(models.Model):
    """An analyst's classification of a case. Never changed; a new one replaces it.

    `files` are the SHA-256 digests of the case's media files that the decision is about. The
    database sets who, when and in which order (`seq`), the sign-in (`session`) under which it was
    made, and the last report that it knows of (`last_sighting`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="assessments")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    category = models.CharField(max_length=12, choices=Category.choices)
    reason = models.CharField(max_length=1000)
    files = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    at = models.DateTimeField(db_default=Now())
    seq = models.BigIntegerField(unique=True, editable=False, db_default=NEXT_DECISION)
    session = models.BigIntegerField(null=True, editable=False)
    last_sighting = models.BigIntegerField(editable=False, db_default=0)


class Confirmation(models.Model):
    """A second person's answer to an assessment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.OneToOneField(Assessment, on_delete=models.PROTECT)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    agrees = models.BooleanField()
    note = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField(db_default=Now())
    session = models.BigIntegerField(null=True, editable=False)
