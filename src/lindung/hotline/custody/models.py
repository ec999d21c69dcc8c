"""The append-only log of everything that happened, and what was sealed."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Entry(models.Model):
    """One leaf of the log. Only the database function `custody_append` writes it."""

    index = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    process = models.CharField(max_length=40)
    actor = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=200)
    entry = models.TextField()
    salt = models.BinaryField(max_length=32)
    leaf_hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "custody_entry"
        indexes = [models.Index(fields=["subject", "index"])]


class Node(models.Model):
    """The digest of one complete subtree of the log; `(0, i)` repeats leaf i."""

    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "index"], name="custody_node_once"),
        ]


class Checkpoint(models.Model):
    """A signed head of the log (C2SP tlog-checkpoint)."""

    size = models.BigIntegerField(primary_key=True)
    note = models.TextField()
    at = models.DateTimeField(db_default=Now())


class CaptureRequest(models.Model):
    """Somebody asked for a capture now. The database logs it, and defers the job."""

    case = models.ForeignKey("casework.Case", on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey("casework.Item", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())


class CaptureWait(models.Model):
    """A capture that this machine could not make, whatever the site: it is made when it can be.

    It is the try number `attempt`, or what `request` asked for, as in `Evidence`.
    """

    case = models.ForeignKey("casework.Case", on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey("casework.Item", on_delete=models.PROTECT, related_name="+")
    attempt = models.SmallIntegerField(null=True)
    request = models.ForeignKey(CaptureRequest, null=True, on_delete=models.PROTECT)
    since = models.DateTimeField(db_default=Now())
    tries = models.SmallIntegerField(db_default=1)
    again_at = models.DateTimeField()
    problem = models.CharField(max_length=1000)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "item", "attempt", "request"],
                name="custody_wait_once",
                nulls_distinct=False,
            ),
        ]


class Evidence(models.Model):
    """A sealed capture of one item, or the reason why there is none.

    It is the hotline's own try number `attempt`, or what `request` asked for. The next try is due
    at `next_at`, if there is one. `unexamined` says why the machine could not look through its
    media before it was sealed. `weaker` says what did not hold the browser: "sandbox", or
    "namespaces".
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey("casework.Item", on_delete=models.PROTECT, related_name="evidence")
    case = models.ForeignKey("casework.Case", on_delete=models.PROTECT, related_name="evidence")
    attempt = models.SmallIntegerField(null=True, db_default=1)
    request = models.OneToOneField(CaptureRequest, null=True, on_delete=models.PROTECT)
    at = models.DateTimeField(db_default=Now())
    captured_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12)
    problem = models.CharField(max_length=500, blank=True)
    policy = models.CharField(max_length=16, blank=True, db_default="")
    weaker = models.CharField(max_length=12, blank=True, db_default="")
    unexamined = models.CharField(max_length=300, blank=True, db_default="")
    bundle = models.CharField(max_length=200, blank=True)
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    log_index = models.BigIntegerField(null=True)
    sealed_text = models.BinaryField()
    preview = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "item", "attempt"], name="custody_evidence_once"
            ),
        ]

    @property
    def is_page(self) -> bool:
        """Whether the page was captured, and neither in part nor as a refusal."""
        return self.outcome == "complete" and not self.problem


class Vouching(models.Model):
    """What outsiders have said of a bundle: time stamps, and witnesses of the log.

    `pending` says who has not yet, and why; they are asked again at `next_at`.
    """

    evidence = models.OneToOneField(Evidence, primary_key=True, on_delete=models.PROTECT)
    since = models.DateTimeField(db_default=Now())
    stamps = models.SmallIntegerField(db_default=0)
    cosignatures = models.SmallIntegerField(db_default=0)
    pending = models.JSONField(default=list)
    tries = models.SmallIntegerField(db_default=0)
    next_at = models.DateTimeField(null=True)


class SealCheck(models.Model):
    """The last time that a whole bundle was read: 0 authentic, 1 tampered, 2 cannot establish.

    `file` is what the file system showed of the file then; `by` is who had it read.
    """

    evidence = models.OneToOneField(Evidence, primary_key=True, on_delete=models.PROTECT)
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    status = models.SmallIntegerField()
    words = models.CharField(max_length=500, blank=True)
    file = models.CharField(max_length=120, blank=True)
