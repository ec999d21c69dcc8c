"""Authorities and the outbox."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Adapter(models.TextChoices):
    FOLDER = "folder", _("Folder")
    EMAIL = "email", _("E-mail")


class Authority(models.Model):
    """Where a referral can go: police, regulator, another hotline. Letters speak its language.

    One that is reached by mail is offered once a test letter went out to its address; else
    `test_problem` says why not, as a keyword (see problems.py).
    """

    name = models.CharField(_("name"), max_length=120, unique=True)
    adapter = models.CharField(_("how it is sent"), max_length=12, choices=Adapter.choices)
    address = models.CharField(_("folder or e-mail address"), max_length=400)
    language = models.CharField(
        _("language of letters"), max_length=8, default="en", db_default="en"
    )
    active = models.BooleanField(_("active"), default=True)
    test_asked_at = models.DateTimeField(null=True, editable=False)
    tested_at = models.DateTimeField(null=True, editable=False)
    test_problem = models.CharField(max_length=500, blank=True, db_default="", editable=False)

    def __str__(self) -> str:
        return self.name


class State(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent, not yet acknowledged")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    CANCELLED = "cancelled", _("Cancelled, never sent")


LEFT = (State.SENT, State.ACKNOWLEDGED)  # the other side may hold the letter
REPLACED = "replaced"  # the reason of a letter that a newer decision cancelled


class Referral(models.Model):
    """One letter to one authority about one confirmed assessment.

    The database refuses a row whose confirmation is missing, disagrees, or comes from the
    person who assessed; it lets the state go forward only, and lets nothing else change. It lets a
    letter be sent only while its confirmation stands: `sending_at` is when the running attempt
    was allowed, and `fallen_at` when a newer assessment was written. `number` stands in the letter
    alone, so who repeats it has read the letter. `recalls` is the letter to the same authority
    that this one recalls; `last_error` is a keyword with facts (see problems.py). `adapter` and
    `address` are the authority's when it was queued: it goes where it was approved to go.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("casework.Case", on_delete=models.PROTECT, related_name="referrals")
    confirmation = models.ForeignKey("casework.Confirmation", on_delete=models.PROTECT)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT)
    adapter = models.CharField(max_length=12, editable=False, db_default="")
    address = models.CharField(max_length=400, editable=False, db_default="")
    queued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    sealed_letter = models.BinaryField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    queued_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    reference = models.CharField(max_length=120, blank=True)
    attempts = models.IntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    alarmed_at = models.DateTimeField(null=True)
    number = models.CharField(max_length=12, blank=True, db_default="")
    recalls = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="recalled_by"
    )
    sending_at = models.DateTimeField(null=True)
    fallen_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    cancel_reason = models.CharField(max_length=500, blank=True, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["confirmation", "authority"],
                condition=~models.Q(state="cancelled"),
                name="referral_once_per_authority",
            ),
        ]
        indexes = [
            models.Index(
                fields=["fallen_at"],
                condition=models.Q(fallen_at__isnull=False),
                name="referral_fallen",
            ),
        ]
