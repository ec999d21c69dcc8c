"""The people of the hotline and how they are invited."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ANALYST = "analyst", _("Analyst")
    MANAGER = "manager", _("Manager")
    AUDITOR = "auditor", _("Auditor (reads only)")


class People(BaseUserManager["Person"]):
    def create_person(self, username: str, password: str, *, name: str, role: str) -> Person:
        person = self.model(username=username.strip().lower(), name=name.strip(), role=role)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Someone who works at the hotline."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.SlugField(_("user name"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[People] = People()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name", "role"]

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def may_decide(self) -> bool:
        return self.role in (Role.ANALYST, Role.MANAGER)

    @property
    def is_manager(self) -> bool:
        return self.role == Role.MANAGER


class Invitation(models.Model):
    """A one-time link that lets one person set up their account. Only its hash is kept."""

    token_hash = models.BinaryField(max_length=32, primary_key=True)
    role = models.CharField(max_length=12, choices=Role.choices)
    invited_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
