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
    """Where a referral can go: police, regulator, another hotline."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    adapter = models.CharField(_("how it is sent"), max_length=12, choices=Adapter.choices)
    address = models.CharField(_("folder or e-mail address"), max_length=400)
    active = models.BooleanField(_("active"), default=True)

    def __str__(self) -> str:
        return self.name


class State(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent, not yet acknowledged")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")


class Referral(models.Model):
    """One letter to one authority about one confirmed assessment.

    The database refuses a row whose confirmation is missing, disagrees, or comes from the
    person who assessed; it lets the state go forward only, and lets nothing else change. It copies
    `adapter` and `address` from the authority: a letter goes where it was approved to go.
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

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["confirmation", "authority"], name="referral_once_per_authority"
            ),
        ]
