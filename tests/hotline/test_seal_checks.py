"""What the console says of a seal is true, and does not read gigabytes at each view."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.test import Client
from pytest_django import Settings

from lindung import evidence
from lindung.hotline.accounts.models import Person
from lindung.hotline.casework import services as decisions
from lindung.hotline.casework.models import Category
from lindung.hotline.casework.services import Sighted
from lindung.hotline.custody import checking
from lindung.hotline.custody import selectors as custody
from lindung.hotline.custody.models import Entry, Evidence, SealCheck
from lindung.hotline.custody.services import check_due
from lindung.hotline.referral import services as referral
from lindung.hotline.referral.models import Authority, Referral, State
from lindung.hotline.referral.problems import NotDelivered

from .captured import Site, picture
from .console_page import enter
from .test_casework import person

pytestmark = pytest.mark.database

ONE = picture(1)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the bundles that were read whole."""
    names: list[str] = []
    real = evidence.verify

    def verify(bundle: Path, trust: evidence.Trust) -> evidence.Verdict:
        names.append(bundle.name)
        return real(bundle, trust)

    monkeypatch.setattr(evidence, "verify", verify)
    return names


@pytest.fixture
def client(settings: Settings, db: None) -> Client:
    settings.ROOT_URLCONF = "lindung.hotline.config.urls_console"
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "second_factor" not in m]
    client = Client(HTTP_HOST="127.0.0.1")
    found = Person.objects.get(pk=person())
    enter(client, found)
    return client


def bundle(found: Sighted) -> Path:
    home: Path = configured.ENV.home
    return home / "evidence" / Evidence.objects.get(case_id=found.case).bundle


def tamper(path: Path) -> None:
    """Change one bit in the middle, in place: the same file, of the same size and time."""
    times = path.stat()
    with path.open("r+b") as file:
        file.seek(times.st_size // 2)
        byte = file.read(1)[0]
        file.seek(times.st_size // 2)
        file.write(bytes([byte ^ 1]))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def words(client: Client, found: Sighted) -> str:
    return " ".join(client.get(f"/cases/{found.case}/").content.decode().split())


def test_it_is_read_when_sealed_and_not_at_each_view(
    site: Site, client: Client, read: list[str]
) -> None:
    found = site.visit(ONE)
    assert read == [bundle(found).name]
    for _ in range(3):
        page = words(client, found)
        assert "seal verified" in page and "when it was sealed" in page
    assert len(read) == 1


def test_a_tampered_bundle_is_shown_as_such_at_the_next_view(
    site: Site, client: Client, read: list[str]
) -> None:
    found = site.visit(ONE)
    assert "seal verified" in words(client, found)
    tamper(bundle(found))
    page = words(client, found)
    assert "seal broken" in page and "seal verified" not in page
    assert "when this page was opened" in page
    assert f"{bundle(found).name} is missing or not as it was sealed" in words(client, found)
    assert len(read) == 2
    assert Entry.objects.filter(subject=found.case, kind="seal.broken").count() == 1


def test_a_replaced_a_missing_and_a_restored_bundle_are_seen(site: Site, client: Client) -> None:
    found, other = site.visit(ONE), site.visit(ONE)
    path = bundle(found)
    whole = path.read_bytes()
    path.with_name("new").write_bytes(bundle(other).read_bytes())
    path.with_name("new").replace(path)
    tamper(path)
    assert "seal broken" in words(client, found)
    path.unlink()
    assert "seal cannot be established" in words(client, found)
    assert f"{path.name} is missing" in words(client, found)
    path.write_bytes(whole)
    assert "seal verified" in words(client, found)
    assert Entry.objects.filter(subject=found.case, kind="seal.holds").count() == 1


def test_bits_that_rot_unseen_are_found_by_the_daily_check(
    site: Site, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = site.visit(ONE)
    tamper(bundle(found))
    known = SealCheck.objects.get(evidence__case=found.case)
    now = checking._stamp(known.evidence)
    SealCheck.objects.filter(pk=known.pk).update(file=now)  # as if the file system showed nothing
    assert "seal verified" in words(client, found)
    SealCheck.objects.filter(pk=known.pk).update(at=known.at - timedelta(hours=25))
    assert check_due() >= 1
    page = words(client, found)
    assert "seal broken" in page and "by the daily check" in page


def test_the_daily_check_reads_what_is_due_longest_ago_first_and_some_at_a_time(
    site: Site, monkeypatch: pytest.MonkeyPatch, read: list[str]
) -> None:
    check_due()
    cases = [site.visit(ONE) for _ in range(3)]
    read.clear()
    assert check_due() == 0 and read == []
    for found, hours in zip(cases, (25, 40, 30), strict=True):
        known = SealCheck.objects.get(evidence__case=found.case)
        SealCheck.objects.filter(pk=known.pk).update(at=known.at - timedelta(hours=hours))
    monkeypatch.setattr(checking, "MOST_AT_ONCE", 1)
    assert [check_due() for _ in range(4)] == [1, 1, 1, 0]
    assert read == [bundle(cases[n]).name for n in (1, 2, 0)]


def test_anybody_may_have_it_read_now(site: Site, client: Client, read: list[str]) -> None:
    found = site.visit(ONE)
    record = Evidence.objects.get(case_id=found.case)
    assert client.get(f"/evidence/{record.pk}/check/").status_code == 302
    assert client.post(f"/evidence/{record.pk}/check/").status_code == 302
    assert len(read) == 2
    seal = custody.seal_of(record)
    assert (
        seal and seal.by and seal.by not in ("sealing", "view") and seal.by in words(client, found)
    )


@pytest.fixture
def queued(site: Site) -> Iterator[tuple[Sighted, Referral]]:
    found = site.visit(ONE)
    decisions.assess(found.case, person(), Category.OFFER, "Example")
    decisions.confirm(found.case, person(), agrees=True, note="")
    authority = Authority.objects.create(name=found.case, adapter="folder", address="checked")
    yield found, referral.queue(found.case, authority, person())


@pytest.mark.parametrize("harm", [tamper, Path.unlink])
def test_a_broken_bundle_never_leaves_and_the_letter_waits_for_it(
    queued: tuple[Sighted, Referral], harm: object
) -> None:
    found, letter = queued
    whole = bundle(found).read_bytes()
    harm(bundle(found))  # type: ignore[operator]
    with pytest.raises(NotDelivered, match="Restore it from a backup"):
        referral.deliver(letter.pk)
    assert Referral.objects.get(pk=letter.pk).state == State.QUEUED
    assert bundle(found).name in Referral.objects.get(pk=letter.pk).last_error
    bundle(found).write_bytes(whole)
    referral.deliver(letter.pk)
    assert Referral.objects.get(pk=letter.pk).state == State.SENT


def test_what_leaves_is_read_whole_whatever_was_read_before(
    queued: tuple[Sighted, Referral], read: list[str]
) -> None:
    found, letter = queued
    referral.deliver(letter.pk)
    assert read == [bundle(found).name]
