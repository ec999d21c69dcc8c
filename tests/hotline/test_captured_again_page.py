"""The case page says when a page is tried again, and lets an analyst ask for it now."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from lindung.hotline.accounts.models import Role
from lindung.hotline.casework import services as decisions
from lindung.hotline.casework.models import Assessment, Category, Confirmation
from lindung.hotline.casework.services import Sighted

from .captured import Site
from .console_page import ConsolePage
from .test_captured_again import GONE, ONE, ask, run, waiting
from .test_casework import person

pytestmark = pytest.mark.database


class TestPage(ConsolePage):
    def words(self, client: Client, found: Sighted) -> str:
        return " ".join(client.get(f"/cases/{found.case}/").content.decode().split())

    def test_it_says_when_the_next_try_is(self, site: Site, client: Client) -> None:
        self.sign_in(client)
        now = timezone.localtime()
        found = site.visit(ONE, **GONE, facts={"started": now.isoformat()})
        page = self.words(client, found)
        assert f"Not reachable at {now:%H:%M}" in page
        assert "in 1 min" in page and "(2 of 5)" in page
        for number in range(2, 6):
            run(found, attempt=number)
        assert "that was the last try (5 of 5)" in self.words(client, found)
        site.changes = {}
        run(found, request=ask(found))
        assert "last try" not in self.words(client, found)

    def test_asking_takes_one_click_and_says_what_comes(self, site: Site, client: Client) -> None:
        found = site.visit(ONE)
        self.sign_in(client)
        where = f"/cases/{found.case}/capture/{found.item.pk}/"
        assert f'action="{where}"' in self.words(client, found)
        assert client.get(where).status_code == 302  # the page, not an error
        assert "Asked for" in client.post(where, follow=True).content.decode()
        assert "less than two minutes" in client.post(where, follow=True).content.decode()
        assert len(waiting(found)) == 1

    def test_an_auditor_cannot_ask_nor_anybody_for_an_item_of_another_case(
        self, site: Site, client: Client
    ) -> None:
        found, other = site.visit(ONE), site.visit(ONE)
        where = f"/cases/{found.case}/capture/{found.item.pk}/"
        self.sign_in(client, Role.AUDITOR)
        assert client.post(where).status_code == 403
        self.sign_in(client)
        assert client.post(f"/cases/{other.case}/capture/{found.item.pk}/").status_code == 404
        assert not waiting(found)

    def test_both_texts_of_a_page_that_changed_are_there(self, site: Site, client: Client) -> None:
        found = site.visit(ONE, text="Words before")
        site.changes = {"text": "Words after"}
        run(found, request=ask(found))
        self.sign_in(client)
        page = self.words(client, found)
        assert page.index("Words after") < page.index("Words before")
        assert page.count("Text of the page") == 2

    @pytest.mark.parametrize("step", ["assess", "confirm"])
    def test_nobody_decides_about_a_capture_that_they_did_not_see(
        self, site: Site, client: Client, step: str
    ) -> None:
        found = site.visit(ONE)
        if step == "confirm":
            decisions.assess(found.case, person(), Category.OFFER, "Example")
        self.sign_in(client)
        shown = client.get(f"/cases/{found.case}/").context[f"{step}_form"]
        form = {name: shown[name].value() or "" for name in shown.fields if name != "marked"}
        form |= {"category": "offer", "reason": "Words that stay", "agrees": "yes"}
        form["note"] = "Words that stay"
        run(found, request=ask(found))
        answer = client.post(f"/cases/{found.case}/{step}/", form)
        page = answer.content.decode()
        assert answer.status_code == 422 and "A capture came in" in page
        assert "Words that stay" in page
        assert not Assessment.objects.filter(reason="Words that stay").exists()
        assert not Confirmation.objects.filter(assessment__case=found.case).exists()
        back = answer.context[f"{step}_form"]
        form["captures"] = back["captures"].value()
        assert client.post(f"/cases/{found.case}/{step}/", form).status_code == 302
