"""What the detectors found. A signal orders a queue and explains itself; it decides nothing."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Signal(models.Model):
    """One rule's finding in one sealed text. `spans` are offsets; the words stay sealed."""

    case = models.ForeignKey("casework.Case", on_delete=models.PROTECT, related_name="signals")
    item = models.ForeignKey(
        "casework.Item", null=True, on_delete=models.PROTECT, related_name="signals"
    )
    report = models.ForeignKey(
        "intake.Report", null=True, on_delete=models.PROTECT, related_name="signals"
    )
    rule = models.CharField(max_length=80)
    version = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    weight = models.FloatField()
    spans = models.JSONField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "item", "report", "rule"],
                name="triage_signal_once",
                nulls_distinct=False,
            ),
        ]


class Media(models.Model):
    """A picture or video of a capture, hashed by the machine before anybody could see it."""

    case = models.ForeignKey("casework.Case", on_delete=models.PROTECT, related_name="media")
    item = models.ForeignKey("casework.Item", on_delete=models.PROTECT, related_name="media")
    sha256 = models.CharField(max_length=64)
    sha1 = models.CharField(max_length=40)
    md5 = models.CharField(max_length=32)
    kind = models.CharField(max_length=12, blank=True)
    pdq = models.CharField(max_length=64, blank=True)
    quality = models.IntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "item", "sha256"], name="triage_media_once"),
        ]


class Match(models.Model):
    """A hash-list hit on an item."""

    case = models.ForeignKey("casework.Case", on_delete=models.PROTECT, related_name="matches")
    item = models.ForeignKey("casework.Item", on_delete=models.PROTECT, related_name="matches")
    list_name = models.CharField(max_length=120)
    entry = models.CharField(max_length=200)
    category = models.CharField(max_length=80, blank=True)
    algorithm = models.CharField(max_length=12)
    digest = models.CharField(max_length=64)
    distance = models.IntegerField(default=0)
    transform = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "item", "list_name", "entry", "algorithm", "digest"],
                name="triage_match_once",
            ),
        ]
