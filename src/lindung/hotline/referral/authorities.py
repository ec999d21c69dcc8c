"""Who may get letters: adding, changing, switching off, and a test letter where it goes by mail."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation

from lindung.hotline.custody import services as custody

from .forms import AuthorityForm
from .mail import Email
from .models import Adapter, Authority
from .problems import NotDelivered


def authority(pk: int) -> Authority | None:
    return Authority.objects.filter(pk=pk).first()


@transaction.atomic
def save(form: AuthorityForm, person: UUID) -> Authority:
    """Add or change an authority, and log it. Another address is tested again before it is used."""
    changed = list(form.changed_data)
    new = form.instance.pk is None
    if {"adapter", "address"} & set(changed):
        form.instance.tested_at, form.instance.test_problem = None, ""
        form.instance.test_asked_at = None
    saved: Authority = form.save()
    kind = "authority.added" if new else "authority.changed"
    what = {"name": saved.name, "person": str(person), "fields": changed}
    if new or changed:
        custody.append(kind, str(saved.pk), what)
    if saved.adapter == Adapter.EMAIL and saved.test_asked_at is None:
        ask_for_test(saved)
    return saved


@transaction.atomic
def switch(one: Authority, person: UUID, *, active: bool) -> None:
    """Offer an authority for referrals, or no longer. Letters that are on their way go on."""
    if Authority.objects.filter(pk=one.pk).exclude(active=active).update(active=active):
        custody.append("authority.switched", str(one.pk), {"active": active, "person": str(person)})


def ask_for_test(one: Authority) -> None:
    """Have the worker send a test letter; the database defers the job."""
    Authority.objects.filter(pk=one.pk).update(test_asked_at=timezone.now())


def test(pk: int) -> None:
    """Send a test letter and keep what came of it. Only then can the authority be chosen."""
    one = Authority.objects.get(pk=pk)
    if one.adapter != Adapter.EMAIL:
        return
    with translation.override(one.language):
        try:
            Email(one.address).test()
        except NotDelivered as error:
            Authority.objects.filter(pk=pk).update(test_problem=error.stored)
            return
    Authority.objects.filter(pk=pk, address=one.address).update(
        tested_at=timezone.now(), test_problem=""
    )
