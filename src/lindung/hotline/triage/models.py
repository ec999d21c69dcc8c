"""What the detectors found. A signal orders a queue and explains itself; it decides nothing."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Signal(models.Model):
    """One rule's finding in one sealed text: of a report, or of a capture (`evidence`).

    `spans` are offsets into it; the words stay sealed.
    """

    case = models.ForeignKey("casework.Case", on_delete=models.PROTECT, related_name="signals")
    item = models.ForeignKey(
        "casework.Item", null=True, on_delete=models.PROTECT, related_name="signals"
    )
    report = models.ForeignKey(
        "intake.Report", null=True, on_delete=models.PROTECT, related_name="signals"
    )
    evidence = models.ForeignKey(
        "custody.Evidence", null=True, on_delete=models.PROTECT, related_name="signals"
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
                fields=["case", "item", "report", "evidence", "rule"],
                name="triage_signal_once",
                nulls_distinct=False,
            ),
        ]


class Media(models.Model):
    """A file of a capture that is, or may be, a picture or a video, hashed by the machine.

    Without digests it could not be read; `error` says why. `frames` is what it looks like, in
    hashes, so that it can be matched again (see files.py).
    """

    case = models.ForeignKey("casework.Case", on_delete=models.PROTECT, related_name="media")
    item = models.ForeignKey("casework.Item", on_delete=models.PROTECT, related_name="media")
    where = models.CharField(max_length=500, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    sha1 = models.CharField(max_length=40, blank=True)
    md5 = models.CharField(max_length=32, blank=True)
    size = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=12, blank=True)
    pdq = models.CharField(max_length=64, blank=True)
    quality = models.IntegerField(null=True)
    frames = models.BinaryField(default=b"", db_default=b"")
    note = models.CharField(max_length=300, blank=True, db_default="")
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "item", "sha256"],
                condition=~models.Q(sha256=""),
                name="triage_media_once",
            ),
        ]


class Match(models.Model):
    """A hash-list hit on an item, as it was when it was found. The entry may be gone since."""

    case = models.ForeignKey("casework.Case", on_delete=models.PROTECT, related_name="matches")
    item = models.ForeignKey("casework.Item", on_delete=models.PROTECT, related_name="matches")
    list_name = models.CharField(max_length=120)
    entry = models.CharField(max_length=200)
    category = models.CharField(max_length=200, blank=True)
    algorithm = models.CharField(max_length=12)
    digest = models.CharField(max_length=64)
    distance = models.IntegerField(default=0)
    transform = models.CharField(max_length=200, blank=True)
    disputed = models.BooleanField(default=False, db_default=False)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "item", "list_name", "entry", "algorithm", "digest"],
                name="triage_match_once",
            ),
        ]
