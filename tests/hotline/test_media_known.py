"""A case is "all known" only when that is true: every way in which it once was not."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from pytest_django import Settings

from lindung import media
from lindung.evidence import Policy
from lindung.evidence.capture.records import Warc
from lindung.hotline.accounts.models import Person
from lindung.hotline.casework import selectors as casework
from lindung.hotline.casework import services as decisions
from lindung.hotline.casework.models import Case
from lindung.hotline.console import case_page
from lindung.hotline.custody.services import FIRST
from lindung.hotline.triage import captures, selectors, services
from lindung.hotline.triage.models import Match, Media
from lindung.media import StoreError

from .captured import Site, pattern, picture
from .test_casework import named, person, report

pytestmark = pytest.mark.database

ONE, TWO = picture(1), picture(2)


def claimed(case: str) -> bool:
    """Whether the queue and the case say that everything is known; they must agree."""
    queued = case in [row.case.number for row in casework.queue("known").rows]
    assert queued == selectors.files_of(case).all_known
    return queued


def animation(*seeds: int) -> bytes:
    out = io.BytesIO()
    first, *rest = (pattern(seed).convert("P") for seed in seeds)
    first.save(out, "GIF", save_all=True, append_images=rest, duration=500)
    return out.getvalue()


def test_a_case_whose_every_picture_is_known_needs_no_opening(site: Site) -> None:
    site.listed(ONE)
    found = site.visit(ONE)
    assert claimed(found.case)
    match = Match.objects.get(case_id=found.case)
    assert (match.list_name, match.entry, match.disputed) == ("partner", "P-1", False)


def test_one_unknown_picture_is_enough(site: Site) -> None:
    site.listed(ONE)
    assert not claimed(site.visit(ONE, TWO).case)


def test_a_picture_in_a_text_or_unknown_bytes_are_enough(site: Site) -> None:
    site.listed(ONE)
    inside = b"<img src='data:image/png;base64,%s'>" % base64.b64encode(TWO)
    assert not claimed(site.visit(ONE, inside).case)
    assert not claimed(site.visit(ONE, np.random.default_rng(1).bytes(300)).case)


def test_a_file_that_cannot_be_hashed_counts_unless_a_digest_names_it(site: Site) -> None:
    broken = ONE[:8] + np.random.default_rng(1).bytes(90)
    site.listed(ONE)
    found = site.visit(ONE, broken)
    assert not claimed(found.case)
    assert Media.objects.get(case_id=found.case, kind="").error
    site.partner(f"P-1,{site.digests(ONE).sha256}", f"P-2,{site.digests(broken).sha256}")
    services.count(found.case)
    assert claimed(found.case)


def test_a_file_without_digests_counts(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.listed(ONE)
    real = media.hash_file

    def unreadable(path: Path, *rest: Any, **how: Any) -> media.Examination:
        found = real(path, *rest, **how)
        gone = found.digests and found.digests.sha256 != site.digests(ONE).sha256
        return media.Examination(str(path), error="cannot be read\0") if gone else found

    monkeypatch.setattr(media, "hash_file", unreadable)
    found = site.visit(ONE, TWO, picture(3))
    assert Media.objects.filter(case_id=found.case, sha256="").count() == 2
    assert not claimed(found.case)


def test_an_answer_that_cannot_be_decoded_counts(site: Site) -> None:
    site.listed(ONE)

    def brotli(path: Path) -> None:
        import io

        warc = Warc(path.with_name("more.warc.gz"), {"software": "test"})
        block = io.BytesIO(b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n" + TWO)
        warc._put("response", "https://example.com/b", block, "application/http", {})
        warc.close()

    site.spoil = brotli
    found = site.visit(ONE)
    assert not claimed(found.case)
    assert "br" in Media.objects.get(case_id=found.case, sha256="").error


def test_a_still_is_known_by_its_looks(site: Site) -> None:
    site.partner(f"P-1,{site.looks(ONE)}", columns="id,pdq")
    assert claimed(site.visit(picture(1, "JPEG", quality=70)).case)


def test_a_damaged_still_is_not_known_by_its_looks(site: Site) -> None:
    whole = picture(1, "JPEG", quality=90)
    site.partner(f"P-1,{site.looks(whole)}", columns="id,pdq")
    found = site.visit(whole[: len(whole) * 9 // 10])
    assert Media.objects.get(case_id=found.case).note
    assert not claimed(found.case)


def test_one_known_frame_does_not_make_an_animation_known(site: Site) -> None:
    moving = animation(1, 2, 3)
    site.partner(f"P-1,{site.looks(moving)}", columns="id,pdq")
    found = site.visit(moving)
    assert Match.objects.filter(case_id=found.case, algorithm="pdq").exists()
    assert not claimed(found.case)
    site.listed(moving, "P-2")
    services.count(found.case)
    assert claimed(found.case)


@pytest.mark.parametrize(("by", "is_known"), [("pdq", False), ("clip", True)])
def test_a_video_is_known_as_a_clip_and_not_by_a_frame(
    site: Site, monkeypatch: pytest.MonkeyPatch, by: str, is_known: bool
) -> None:
    rng = np.random.default_rng(5)
    frames = [
        media.Frame(float(n), rng.integers(0, 256, (8, 32), np.uint8), 100) for n in range(12)
    ]
    sums = site.digests(ONE)
    video = media.Examination(
        "v", sums, "video", pdq=bytes(frames[0].codes[0]).hex(), quality=100, frames=frames
    )
    monkeypatch.setattr(media, "hash_file", lambda *_, **how: video)
    if by == "clip":
        other = replace(sums, sha256="0" * 64, sha1="0" * 40, md5="0" * 32)
        media.confirm(site.lists, "partner", replace(video, digests=other))
    else:
        site.partner(f"P-1,{video.pdq}", columns="id,pdq")
    found = site.visit(ONE)
    assert Match.objects.get(case_id=found.case).algorithm == by
    assert claimed(found.case) is is_known


def test_a_disputed_entry_never_counts(site: Site) -> None:
    site.listed(ONE)
    site.lists.dispute("partner", "P-1", "Example", "a landscape")
    found = site.visit(ONE)
    assert Match.objects.get(case_id=found.case).disputed
    assert not claimed(found.case)


@pytest.mark.parametrize("category", ["not illegal", "Not_Illegal", "non-CSAM", "benign"])
def test_an_entry_that_says_not_illegal_never_counts(site: Site, category: str) -> None:
    site.partner(f"P-1,{site.digests(ONE).sha256},{category}", columns="id,sha256,category")
    assert not claimed(site.visit(ONE).case)


def test_a_list_that_changes_later_is_asked_again(site: Site) -> None:
    site.listed(ONE)
    by_digest = site.visit(ONE)
    site.partner(
        f"P-1,{site.digests(ONE).sha256},", f"P-2,,{site.looks(TWO)}", columns="id,sha256,pdq"
    )
    by_looks = site.visit(picture(2, "JPEG"))
    disputed = site.visit(ONE)
    assert all(claimed(found.case) for found in (by_digest, by_looks, disputed))

    site.lists.dispute("partner", "P-1", "Example", "a landscape")
    assert not selectors.files_of(disputed.case).all_known  # before anything was counted again
    site.partner(f"P-9,{site.digests(picture(9)).sha256}")  # withdraws the others
    assert not selectors.files_of(by_looks.case).all_known
    services.recount()
    assert not any(claimed(found.case) for found in (by_digest, by_looks, disputed))
    stood = selectors.matches_of(by_digest.case, selectors.files_of(by_digest.case))
    assert [live for _, live in stood] == [False]


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "partial", "problem": "The capture is partial: \0."},
        {"outcome": "unreachable", "problem": "The page could not be captured: \ud800."},
        {"policy": Policy.NO_MEDIA, "authority": None},
    ],
    ids=["partial", "unreachable", "no-media"],
)
def test_every_capture_must_be_whole(site: Site, changes: dict[str, Any]) -> None:
    site.listed(ONE)
    assert not claimed(site.visit(ONE, **changes).case)


def test_a_second_capture_that_is_not_whole_or_not_yet_made_counts(site: Site) -> None:
    site.listed(ONE)
    found = site.visit(ONE)
    again = replace(named(), url="https://example.com/post/2")
    first = decisions.Named(found.item.kind, found.item.value, found.item.display, found.item.url)
    second = decisions.sight(report(), [first, again], danger=False)[1]
    assert second.case == found.case
    assert not claimed(found.case)  # it was named, and nobody has captured it yet
    site.changes = {"outcome": "partial", "problem": "The capture is partial."}
    captures.capture(second.case, second.item.pk, FIRST)
    services.count(second.case)
    assert not claimed(found.case)


def test_a_case_without_media_is_not_known(site: Site) -> None:
    assert not claimed(site.visit(b"<p>words</p>").case)


def test_lists_that_cannot_be_read_make_nothing_known(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.listed(ONE)
    found = site.visit(ONE)

    def broken(**_: str) -> None:
        raise StoreError("damaged")

    monkeypatch.setattr(site.lists, "match_digests", broken)
    seen = selectors.files_of(found.case)
    assert (seen.known, seen.problem) == (0, "damaged")


def test_the_page_says_all_known_only_while_it_is(site: Site, settings: Settings) -> None:
    settings.ROOT_URLCONF = "lindung.hotline.config.urls_console"
    site.listed(ONE)
    found = site.visit(ONE)
    who = Person.objects.get(pk=person())

    def said() -> str:
        words: str = case_page.context(Case.objects.get(pk=found.case), who)["next_step"]
        return words

    assert "Every picture is known" in said()
    site.lists.dispute("partner", "P-1", "Example", "a landscape")
    assert "Every picture is known" not in said()


def test_a_reported_digest_is_matched_exactly(site: Site) -> None:
    site.listed(ONE)
    digest = services._canonical(site.digests(ONE).sha256.upper(), uuid4())
    assert digest.kind == "digest"
    found = decisions.sight(report(), [digest], danger=False)[0]
    services.match_digest(found.case, found.item.pk, digest.value)
    match = Match.objects.get(case_id=found.case)
    assert (match.list_name, match.entry, match.distance) == ("partner", "P-1", 0)
    assert [live for _, live in selectors.matches_of(found.case, selectors.Files())] == [True]
