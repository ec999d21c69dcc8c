"""Pictures are hashed before the seal, matched, counted, and feed the hotline's own list."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lindung import evidence, media
from lindung.evidence import Capture, Policy
from lindung.hotline.casework import selectors as casework
from lindung.hotline.casework import services as decisions
from lindung.hotline.casework.models import Category
from lindung.hotline.triage import services
from lindung.hotline.triage.models import Match, Media

from .test_casework import named, person, report

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def pattern(seed: int) -> Image.Image:
    """A benign picture: smooth random colours."""
    few = np.random.default_rng(seed).integers(0, 255, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(few).resize((640, 480), Image.Resampling.BICUBIC)


@pytest.fixture
def payloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The pictures that a capture is said to hold."""
    files: list[Path] = []

    def as_payloads(capture: Capture, into: Path) -> Iterator[evidence.Payload]:
        for number, file in enumerate(files):
            copy = into / f"{number}.media"
            copy.write_bytes(file.read_bytes())
            yield evidence.Payload("https://example.com/picture", "image/png", copy)

    monkeypatch.setattr(evidence, "media_payloads", as_payloads)
    return files


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[media.ListStore]:
    with media.ListStore.open(tmp_path / "lists") as store:
        monkeypatch.setattr(services, "hash_lists", lambda: store)
        yield store


def captured(tmp_path: Path) -> Capture:
    return Capture(
        "https://example.com", Policy.FULL, "complete", None, "", "", "", tmp_path, (), {}
    )


def known(store: media.ListStore, tmp_path: Path, picture: Path) -> None:
    """Import a partner's list that names this picture."""
    sums = media.digests(picture)
    with (tmp_path / "partner.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", "sha256"], ["P-1", sums.sha256]])
    assert store.import_file(tmp_path / "partner.csv", list_name="partner").imported == 1


def test_a_case_whose_every_picture_is_known_needs_no_opening(
    payloads: list[Path], lists: media.ListStore, tmp_path: Path
) -> None:
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    pattern(1).save(one)
    pattern(2).save(two)
    known(lists, tmp_path, one)
    found = decisions.sight(report(), [named()], danger=False)[0]
    payloads.append(one)
    services.look_at_media(found.case, found.item.pk, captured(tmp_path))
    services._count(found.case)
    assert found.case in [row.case.number for row in casework.queue("known")]

    payloads.append(two)
    services.look_at_media(found.case, found.item.pk, captured(tmp_path))
    services._count(found.case)
    assert found.case not in [row.case.number for row in casework.queue("known")]
    assert Media.objects.filter(case_id=found.case).count() == 2
    assert Match.objects.get(case_id=found.case).list_name == "partner"


def test_a_reported_digest_is_matched_exactly(lists: media.ListStore, tmp_path: Path) -> None:
    picture = tmp_path / "one.png"
    pattern(1).save(picture)
    known(lists, tmp_path, picture)
    digest = services._canonical(media.digests(picture).sha256.upper(), "MY")
    assert digest.kind == "digest"
    found = decisions.sight(report(), [digest], danger=False)[0]
    services.match_digest(found.case, found.item.pk, digest.value)
    match = Match.objects.get(case_id=found.case)
    assert (match.list_name, match.entry, match.distance) == ("partner", "P-1", 0)


def test_a_confirmed_case_feeds_the_own_list_and_a_changed_copy_is_found(
    payloads: list[Path], lists: media.ListStore, tmp_path: Path
) -> None:
    picture, copy = tmp_path / "one.png", tmp_path / "copy.jpg"
    pattern(3).save(picture)
    pattern(3).resize((320, 240)).save(copy, quality=60)
    found = decisions.sight(report(), [named()], danger=False)[0]
    payloads.append(picture)
    services.look_at_media(found.case, found.item.pk, captured(tmp_path))
    decisions.assess(found.case, person(), Category.BASELINE, "Example")
    decisions.confirm(found.case, person(), agrees=True, note="")
    assert _jobs(found.case) == 1
    assert services.learn(found.case) == 1
    hits = media.examine(copy, lists).hits
    assert hits and hits[0].list_name == services.OWN_LIST and hits[0].kind == "pdq"
    assert lists.export(services.OWN_LIST, tmp_path / "own.csv") == 1


def _jobs(case: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'triage.learn'"
            " AND args->>'case' = %s",
            [case],
        )
        return int(cursor.fetchone()[0])
