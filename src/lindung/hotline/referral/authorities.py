"""Who may get letters: adding, changing, switching off, and a test letter where it goes by mail."""

from __future__ import annotations

from django.utils import timezone, translation

from .forms import AuthorityForm
from .mail import Email
from .models import Adapter, Authority
from .problems import NotDelivered


def authority(pk: int) -> Authority | None:
    return Authority.objects.filter(pk=pk).first()


def save(form: AuthorityForm) -> Authority:
    """Add or change an authority; the database logs it. A new address is tested first."""
    tested = not form.instance.pk or {"adapter", "address"} & set(form.changed_data)
    saved: Authority = form.save()
    if saved.adapter == Adapter.EMAIL and tested:
        ask_for_test(saved)
    return saved


def switch(one: Authority, *, active: bool) -> None:
    """Offer an authority for referrals, or no longer. Letters that are on their way go on."""
    Authority.objects.filter(pk=one.pk).exclude(active=active).update(active=active)


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
