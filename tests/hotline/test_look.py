"""Whatever a partner's list or a site holds: the capture is sealed, and triage goes on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings as configured

from lindung import evidence, media
from lindung.hotline.casework import selectors as casework
from lindung.hotline.custody import selectors as custody
from lindung.hotline.custody.models import Entry, Evidence
from lindung.hotline.triage import files, selectors
from lindung.hotline.triage.models import Match, Media
from lindung.media import ListHit, StoreError

from .captured import Site, picture, told, worked

pytestmark = pytest.mark.database

ONE = picture(1)


def sealed(case: str) -> Evidence:
    """The capture of a case, which must be sealed whatever happened to the look."""
    record = Evidence.objects.get(case_id=case)
    seal = custody.seal_of(record)
    assert seal and seal.status == 0, seal and seal.words
    return record


def test_a_category_of_the_longest_kind_is_kept(site: Site) -> None:
    site.partner(f"P-1,{site.digests(ONE).sha256},{'c' * 200}", columns="id,sha256,category")
    found = site.visit(ONE)
    sealed(found.case)
    assert Match.objects.get(case_id=found.case).category == "c" * 200


@pytest.mark.parametrize("text", ["with \0 in it", "half \ud800 a character", "x" * 5000])
def test_no_text_of_a_partner_stops_triage(
    site: Site, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    hit = ListHit(text, text, text, text, "sha256", transform=text)
    monkeypatch.setattr(site.lists, "match_digests", lambda **_: [hit])
    found = site.visit(ONE)
    sealed(found.case)
    match = Match.objects.get(case_id=found.case)
    assert match.category and "\0" not in match.category
    assert [live for _, live in selectors.matches_of(found.case, selectors.files_of(found.case))]


@pytest.mark.parametrize("text", ["with \0 in it", "half \ud800 a character", "x" * 5000])
def test_no_text_of_a_site_stops_triage(
    site: Site, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    def payloads(capture: evidence.Capture, into: Path) -> Any:
        into.mkdir(exist_ok=True)
        (into / "one").write_bytes(ONE)
        yield evidence.Payload(text, text, into / "one")
        yield evidence.Payload(text, text, None, text)

    real = media.hash_file

    def hashed(*all: Any, **how: Any) -> media.Examination:
        found = real(*all, **how)
        found.note = found.error = text
        return found

    monkeypatch.setattr(evidence, "media_payloads", payloads)
    monkeypatch.setattr(media, "hash_file", hashed)
    found = site.visit(ONE, problem=text)
    sealed(found.case)
    assert Media.objects.filter(case_id=found.case).count() == 2
    gone = site.visit(ONE, problem=text, outcome="unreachable")
    assert Evidence.objects.get(case_id=gone.case).problem


def test_a_truncated_archive_is_sealed_and_not_known(site: Site) -> None:
    site.listed(ONE)

    def cut(path: Path) -> None:
        path.write_bytes(path.read_bytes()[:-300])

    site.spoil = cut
    found = site.visit(ONE, np.random.default_rng(1).bytes(3000))
    sealed(found.case)
    seen = selectors.files_of(found.case)
    assert not seen.all_known
    assert any("damaged" in one.file.error for one in seen.seen)


def test_a_look_that_fails_is_tried_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.listed(ONE)
    real, calls = media.hash_file, []

    def once(*all: Any, **how: Any) -> media.Examination:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("a defect")
        return real(*all, **how)

    monkeypatch.setattr(media, "hash_file", once)
    found = site.visit(ONE)
    assert sealed(found.case).unexamined == ""
    assert selectors.files_of(found.case).all_known


def test_a_look_that_never_succeeds_is_sealed_told_and_not_known(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.listed(ONE)
    real = media.hash_file

    def second_fails(path: Path, *rest: Any, **how: Any) -> media.Examination:
        if path.name.startswith("2-"):
            raise RuntimeError("a defect\0")
        return real(path, *rest, **how)

    monkeypatch.setattr(media, "hash_file", second_fails)
    found = site.visit(ONE, picture(2))
    assert "a defect" in sealed(found.case).unexamined
    assert Media.objects.get(case_id=found.case).sha256 == site.digests(ONE).sha256
    assert not selectors.files_of(found.case).all_known
    assert found.case not in [row.case.number for row in casework.queue("known").rows]
    assert Entry.objects.filter(subject=found.case, kind="media.unexamined").count() == 1


def test_what_cannot_be_stored_never_keeps_evidence_from_being_sealed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "look", lambda _: ([Media(sha256="x" * 99)], ""))
    found = site.visit(ONE)
    assert sealed(found.case).unexamined
    assert not Media.objects.filter(case_id=found.case).exists()


def test_lists_that_cannot_be_read_stop_the_job_after_the_seal_until_they_can(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.listed(ONE)
    site.bodies = [ONE]
    report = told("https://example.com/post/unread")

    def broken() -> None:
        raise StoreError("damaged")

    store = files.hash_lists
    monkeypatch.setattr(files, "hash_lists", broken)
    with pytest.raises(StoreError):
        worked(report)
    (row,) = casework.queue("all", "post/unread").rows
    case = row.case.number
    record = sealed(case)
    assert Media.objects.get(case_id=case).pdq
    assert not selectors.files_of(case).all_known

    monkeypatch.setattr(files, "hash_lists", store)
    worked(report)  # the jobs are tried again
    assert sealed(case).pk == record.pk
    assert selectors.files_of(case).all_known


def test_a_sealed_list_of_terms_that_is_expired_or_broken_is_left_out(site: Site) -> None:
    folder: Path = configured.ENV.home / "lexicons"
    folder.mkdir()
    try:
        (folder / "partner.json").write_text("{}")
        (folder / "partner.key").write_text("00" * 16)
        sealed(site.visit(ONE).case)
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


def test_a_capture_is_dated_when_it_was_made_and_not_when_it_was_sealed(site: Site) -> None:
    facts = {"started": "2026-01-01T00:00:00Z", "requests": []}
    found = site.visit(ONE, facts=facts)
    assert sealed(found.case).captured_at == datetime(2026, 1, 1, tzinfo=UTC)
