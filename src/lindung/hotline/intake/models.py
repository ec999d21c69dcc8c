"""What reporters send, sealed to the hotline's public key before it is stored."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class About(models.TextChoices):
    SEEN = "seen", _("I saw it online")
    ME = "me", _("It is about me")
    CHILD = "child", _("It is about a child I know")


class Report(models.Model):
    """One report. The public process may insert a row and can never read one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    receipt_hash = models.BinaryField(max_length=32, unique=True)
    received_at = models.DateTimeField(default=timezone.now)
    about = models.CharField(max_length=8, choices=About.choices)
    danger = models.BooleanField()
    is_child = models.BooleanField()
    language = models.CharField(max_length=8)
    sealed = models.BinaryField()
