"""The people of the hotline and how they are invited."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ANALYST = "analyst", _("Analyst")
    MANAGER = "manager", _("Manager")
    AUDITOR = "auditor", _("Auditor (reads only)")


class People(BaseUserManager["Person"]):
    """Found by user name; made by the database alone (sql/people.sql)."""


class Person(AbstractBaseUser):
    """Someone who works at the hotline.

    `made_by` is the one person who alone brought them in; it is empty once two people who do not
    owe each other their accounts stand for them. The two of such a pair never decide together.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.SlugField(_("user name"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[People] = People()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name", "role"]

    def __str__(self) -> str:
        return self.name or self.username

    def check_password(self, raw_password: str | None) -> bool:
        """Whether this is the password. Never stores it anew: only the person changes it."""
        return check_password(raw_password, self.password)

    @property
    def may_decide(self) -> bool:
        return self.role in (Role.ANALYST, Role.MANAGER)

    @property
    def is_manager(self) -> bool:
        return self.role == Role.MANAGER


class Invitation(models.Model):
    """A one-time link that lets one person set up their account. Only its hash is kept.

    It opens once a second person has approved it. It is an `exception` while the hotline has
    nobody independent of the inviter who could.
    """

    token_hash = models.BinaryField(max_length=32, primary_key=True)
    role = models.CharField(max_length=12, choices=Role.choices)
    invited_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    approved_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    exception = models.BooleanField(default=False, db_default=False)
    revoked_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    @property
    def key(self) -> str:
        """What names this invitation on a page; the link cannot be made from it."""
        return bytes(self.token_hash).hex()

    @property
    def waits(self) -> bool:
        """Whether a second person must approve it before it opens."""
        return not (self.exception or self.approved_by_id or self.invited_by_id is None)


class Session(models.Model):
    """One sign-in, made by the database once it has seen the proof of a password.

    The console's role can neither read nor write it; it holds the token of whoever signed in.
    """

    token_hash = models.BinaryField(max_length=32, unique=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)


class Attempt(models.Model):
    """A failed try at a door ("password" or "code"); `name` and `source` are digests."""

    door = models.CharField(max_length=12)
    name = models.CharField(max_length=64)
    source = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["door", "name", "at"])]


class KnownSource(models.Model):
    """From where a person signed in before; what others try elsewhere does not hinder them."""

    name = models.CharField(max_length=64)
    source = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "source"], name="accounts_source_once"),
        ]


class UsedCode(models.Model):
    """A code of a second factor that opened the door already (RFC 6238 section 5.2)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "code"], name="accounts_code_once"),
        ]
