"""Only files that two people decided about are learned; nobody and nothing changes the marks."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from django.db import connection
from django.test import Client

from lindung import media
from lindung.hotline.casework import selectors as casework
from lindung.hotline.casework import services as decisions
from lindung.hotline.casework.models import Assessment, Case, Category, Status
from lindung.hotline.console import case_page, file_table
from lindung.hotline.custody.models import Entry
from lindung.hotline.triage import files, services
from lindung.hotline.triage.models import Media

from .captured import Site, picture
from .console_page import ConsolePage
from .test_casework import person

pytestmark = pytest.mark.database

ONE, LOGO = picture(1), picture(2)


def decided(case: str, *marked: str, category: str = Category.BASELINE) -> None:
    decisions.assess(case, person(), category, "Example", marked)
    decisions.confirm(case, person(), agrees=True, note="")


def jobs(case: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'triage.learn'"
            " AND args->>'case' = %s",
            [case],
        )
        return int(cursor.fetchone()[0])


def own(site: Site) -> list[dict[str, str]]:
    """The hotline's own list as partners get it."""
    file = site.folder / "own.csv"
    try:
        site.lists.export(media.OWN_LIST, file)
    except KeyError:
        return []
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_only_the_marked_file_is_learned_and_a_changed_copy_is_found(
    site: Site, tmp_path: Path
) -> None:
    found = site.visit(ONE, LOGO)
    decided(found.case, site.digests(ONE).sha256)
    assert jobs(found.case) == 1
    assert services.learn(found.case) == services.learn(found.case) == 1
    assert [row["sha256"] for row in own(site)] == [site.digests(ONE).sha256]
    assert [row["category"] for row in own(site)] == ["baseline"]
    for seed, hits in ((1, 1), (2, 0)):
        (tmp_path / "copy.jpg").write_bytes(picture(seed, "JPEG", quality=60))
        assert len(media.examine(tmp_path / "copy.jpg", site.lists).hits) == hits
    entry = Entry.objects.get(subject=found.case, kind="media.listed")
    assert json.loads(entry.entry)["files"] == [site.digests(ONE).sha256]


def test_without_a_mark_nothing_is_learned(site: Site) -> None:
    found = site.visit(ONE)
    decided(found.case)
    assert (jobs(found.case), services.learn(found.case), own(site)) == (0, 0, [])


@pytest.mark.parametrize("category", [Category.OFFER, Category.POLICE, Category.NOT_ILLEGAL])
def test_a_decision_that_is_not_about_illegal_pictures_teaches_nothing(
    site: Site, category: str
) -> None:
    found = site.visit(ONE)
    decided(found.case, site.digests(ONE).sha256, category=category)
    assert (jobs(found.case), services.learn(found.case), own(site)) == (0, 0, [])


def test_nothing_is_learned_before_the_second_person_or_against_them(site: Site) -> None:
    found = site.visit(ONE)
    decisions.assess(found.case, person(), Category.BASELINE, "Example", [site.digests(ONE).sha256])
    assert services.learn(found.case) == 0
    decisions.confirm(found.case, person(), agrees=False, note="a landscape")
    assert (services.learn(found.case), own(site)) == (0, [])


def test_a_newer_assessment_voids_the_marks_of_the_older(site: Site) -> None:
    found = site.visit(ONE, LOGO)
    decided(found.case, site.digests(LOGO).sha256)
    Assessment.objects.create(  # past the services, as a defect or a script might
        case_id=found.case, person_id=person("manager"), category="baseline", reason="Example",
        files=[site.digests(ONE).sha256], at="2099-01-01T00:00:00Z",
    )  # fmt: skip
    assert (services.learn(found.case), own(site)) == (0, [])


def test_a_video_is_learned_as_a_clip_and_an_animation_by_its_digests(site: Site) -> None:
    rng = np.random.default_rng(5)
    frames = [media.Frame(float(n), rng.integers(0, 256, (8, 32), np.uint8), 100) for n in range(6)]
    file = Media(
        sha256="a" * 64, sha1="b" * 40, md5="c" * 32, kind="video", frames=files._packed(frames)
    )
    media.confirm(site.lists, "own", files.as_examined(file))
    file.kind, file.sha256 = "picture", "d" * 64
    media.confirm(site.lists, "own", files.as_examined(file))
    hits = site.lists.match_video(frames)
    assert [(hit.entry_id, hit.kind) for hit in hits] == [("a" * 64, "clip")]


def test_another_assessment_than_the_one_read_is_not_confirmed(site: Site) -> None:
    found = site.visit(ONE)
    read = decisions.assess(found.case, person(), Category.BASELINE, "Example").pk
    decisions.confirm(found.case, person(), agrees=False, note="", read=read)
    decisions.assess(found.case, person(), Category.BASELINE, "Example", [site.digests(ONE).sha256])
    with pytest.raises(decisions.Refused, match="new assessment"):
        decisions.confirm(found.case, person(), agrees=True, note="", read=read)


class TestPage(ConsolePage):
    def test_none_is_marked_by_default_and_the_second_person_sees_the_marks(
        self, site: Site, client: Client
    ) -> None:
        found = site.visit(ONE, LOGO)
        sha256 = site.digests(ONE).sha256
        self.sign_in(client)
        page = client.get(f"/cases/{found.case}/").content.decode()
        assert page.count('name="marked"') == 2 and " checked" not in page
        assert "<img" not in page
        answer = client.post(
            f"/cases/{found.case}/assess/",
            {"category": "baseline", "reason": "Example", "marked": [sha256]},
        )
        assert answer.status_code == 302
        assert Assessment.objects.get(case_id=found.case).files == [sha256]

        self.sign_in(client)
        context = client.get(f"/cases/{found.case}/").context
        assert [row["sha256"] for row in context["files"] if row["marked"]] == [sha256]
        assert context["assessment"]["files"] == [sha256[: file_table.SHORT]]
        form = {"agrees": "yes", **context["confirm_form"].initial}
        assert client.post(f"/cases/{found.case}/confirm/", form).status_code == 302
        assert Case.objects.get(pk=found.case).status == Status.CONFIRMED
        assert services.learn(found.case) == 1

    @pytest.mark.parametrize("marked", ["0" * 64, "x", ""])
    def test_a_file_that_is_none_of_the_case_is_refused(
        self, site: Site, client: Client, marked: str
    ) -> None:
        found = site.visit(ONE)
        self.sign_in(client)
        form = {"category": "baseline", "reason": "Example", "marked": [marked]}
        assert client.post(f"/cases/{found.case}/assess/", form).status_code == 422
        assert not Assessment.objects.filter(case_id=found.case).exists()

    def test_a_doubt_is_shown_beside_the_box_before_the_mark_counts(
        self, site: Site, client: Client
    ) -> None:
        site.listed(ONE)
        found = site.visit(ONE)
        self.sign_in(client)
        sha256 = site.digests(ONE).sha256
        before = {"category": "baseline", "reason": "Words that stay", "marked": [sha256]}
        site.lists.dispute("partner", "P-1", "Example", "a landscape")
        answer = client.post(f"/cases/{found.case}/assess/", before)
        page = answer.content.decode()
        assert answer.status_code == 422 and "disputed: partner, P-1" in page
        assert "Look at the marks again" in page and "Words that stay" in page
        assert " checked" not in page
        after = before | {"marked": [f"{sha256}-doubted"]}
        assert client.post(f"/cases/{found.case}/assess/", after).status_code == 302
        assert Assessment.objects.get(case_id=found.case).files == [sha256]

    def test_what_two_people_cleared_is_said_in_later_cases(
        self, site: Site, client: Client
    ) -> None:
        first = site.visit(ONE)
        decided(first.case, site.digests(ONE).sha256, category=Category.NOT_ILLEGAL)
        later = site.visit(ONE, LOGO)
        (sha256, case) = next(iter(casework.cleared([site.digests(ONE).sha256]).items()))
        assert (sha256, case) == (site.digests(ONE).sha256, first.case)
        self.sign_in(client)
        page = client.get(f"/cases/{later.case}/").content.decode()
        assert f"two people found it not illegal in case {first.case}" in page
        assert f'value="{sha256}-doubted"' in page

    def test_a_file_that_was_not_read_has_no_box(self, site: Site, client: Client) -> None:
        def cut(path: Path) -> None:
            path.write_bytes(path.read_bytes()[:-30])

        site.spoil = cut
        found = site.visit(np.random.default_rng(1).bytes(3000))
        self.sign_in(client)
        page = client.get(f"/cases/{found.case}/").content.decode()
        assert 'name="marked"' not in page and "cannot be marked" in page

    def test_a_confirmation_without_the_assessment_that_was_read_is_refused(
        self, site: Site, client: Client
    ) -> None:
        found = site.visit(ONE)
        decisions.assess(found.case, person(), Category.BASELINE, "Example")
        self.sign_in(client)
        for form in (
            {"agrees": "yes"},
            {"agrees": "yes", "reports": 1, "assessment": str(uuid4())},
        ):
            client.post(f"/cases/{found.case}/confirm/", form)
            assert Case.objects.get(pk=found.case).status == Status.ASSESSED

    def test_the_next_step_and_the_history_use_words(self, site: Site, client: Client) -> None:
        found = site.visit(ONE)
        decided(found.case, site.digests(ONE).sha256)
        services.learn(found.case)
        who = self.sign_in(client)
        history = case_page.context(Case.objects.get(pk=found.case), who)["history"]
        assert "media.listed" in {row["what"] for row in history}

    def test_what_one_person_did_in_a_row_is_one_line_of_the_history(
        self, site: Site, client: Client
    ) -> None:
        found = site.visit(ONE)
        who = self.sign_in(client)
        for _ in range(3):
            client.get(f"/cases/{found.case}/")
        *_, read = case_page.context(Case.objects.get(pk=found.case), who)["history"]
        assert (read["what"], read["last"] - read["index"]) == ("case.read", 2)
