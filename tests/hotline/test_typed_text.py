"""What somebody typed stays: another door, another language, an old form, a look at another page.

The public pages run for real on loopback, without their database, and a real Chromium uses them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.http import QueryDict
from playwright.sync_api import Browser, Page
from pytest_django import Settings

from lindung.hotline.config import settings as configured
from lindung.hotline.intake import services
from lindung.hotline.intake.forms import MOST_WORDS, ReportForm, as_typed, fresh_nonce
from lindung.hotline.web.templatetags.face import whatsapp

TYPED = "He asks me to keep a secret.\nHe wants to meet."


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def public(settings: Settings) -> Iterator[str]:
    settings.PROCESS = "public"
    settings.MIDDLEWARE = configured._first + configured._public
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = chromium.new_context(java_script_enabled=request.param, locale="en-GB")
    yield context.new_page()
    context.close()


def fill(page: Page) -> None:
    page.fill("[name=words]", TYPED)
    page.fill("[name=where]", "@example_a")
    page.fill("[name=contact]", "example@example.org")
    page.check("[name=danger][value=unsure]")
    page.check("[name=is_child]")
    page.check("[name=pass_on]")


def stands(page: Page) -> None:
    assert page.input_value("[name=words]") == TYPED
    assert page.input_value("[name=where]") == "@example_a"
    assert page.input_value("[name=contact]") == "example@example.org"
    for name in ("[name=danger][value=unsure]", "[name=is_child]", "[name=pass_on]"):
        assert page.is_checked(name)
    assert not page.locator(".errors").count()


def test_another_door_another_language_another_page(public: str, page: Page) -> None:
    page.goto(public)
    fill(page)
    page.get_by_role("button", name="It is about me").click()
    assert "You can tell us" in page.inner_text("h1")
    stands(page)
    page.get_by_role("button", name="Bahasa Melayu").click()
    assert page.locator("html").get_attribute("lang") == "ms"
    stands(page)
    assert page.locator(".choices [aria-current]").get_attribute("value") == "me"
    page.goto(f"{public}/help/")
    assert page.locator("html").get_attribute("lang") == "ms"  # it is remembered


def test_a_look_at_another_page_and_back(public: str, page: Page) -> None:
    page.goto(public)
    fill(page)
    page.get_by_role("link", name="Privacy").click()
    page.wait_for_url("**/privacy/")
    page.go_back()
    page.wait_for_url(f"{public}/")
    stands(page)


def test_enter_sends_and_does_not_change_the_door(public: str, page: Page) -> None:
    page.goto(public)
    page.focus("[name=danger][value=no]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".errors")
    assert page.locator(".choices [aria-current]").get_attribute("value") == "seen"


def test_a_sent_form_is_empty_when_somebody_presses_back(
    public: str, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "receive", lambda *_, **__: ["word"] * 7)
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(public)
    fill(page)
    page.click("main form button.main")
    page.wait_for_selector(".receipt")
    page.go_back()
    page.wait_for_url(f"{public}/")
    assert page.input_value("[name=words]") == "" == page.input_value("[name=contact]")
    context.close()


def test_no_cookie_but_for_a_chosen_language(public: str, page: Page) -> None:
    for path in ("/", "/check/", "/help/", "/privacy/"):
        page.goto(public + path)
    assert not page.context.cookies()
    page.goto(public)
    page.get_by_role("button", name="Bahasa Melayu").click()
    (cookie,) = page.context.cookies()
    assert cookie["name"] == "django_language" and cookie["expires"] == -1


class TestForm:
    def filled(self, **fields: str) -> ReportForm:
        data = QueryDict(mutable=True)
        data.update({"about": "seen", "nonce": fresh_nonce(), "danger": "no", **fields})
        return ReportForm(data)

    def test_after_an_old_number_it_goes_at_the_next_press(self) -> None:
        form = self.filled(words="Kept words", nonce="old")
        assert not form.is_valid()
        again = {name: form[name].value() for name in form.fields}
        assert again["words"] == "Kept words"
        sent = QueryDict(mutable=True)
        sent.update({name: value for name, value in again.items() if value})
        assert ReportForm(sent).is_valid()

    def test_a_pasted_chat_is_not_cut_and_counts_as_it_was_typed(self) -> None:
        chat = "\n".join(["example line"] * 3000)
        assert 20_000 < len(chat) <= MOST_WORDS
        form = self.filled(words=chat.replace("\n", "\r\n"))
        assert form.is_valid() and form.cleaned_data["words"] == chat
        assert "maxlength" not in str(form["words"]) + str(form["where"])

    def test_too_much_is_said_with_its_length_and_stays(self) -> None:
        form = self.filled(words="x" * (MOST_WORDS + 1))
        assert not form.is_valid()
        assert str(MOST_WORDS + 1) in form.errors["words"][0]
        assert "x" * (MOST_WORDS + 1) in str(form["words"])

    def test_the_same_number_is_kept_while_doors_change(self) -> None:
        """So that the form, sent twice, is still one report."""
        nonce = fresh_nonce()
        assert as_typed({"nonce": nonce})["nonce"].value() == nonce
        assert as_typed({"nonce": "made-up"})["nonce"].value() != "made-up"


@pytest.mark.parametrize(
    ("number", "country", "link"),
    [
        ("019-261 5999", "MY", "https://wa.me/60192615999"),
        ("+60 3-2000 0000", "XX", "https://wa.me/60320000000"),
        ("15", "MY", ""),
        ("019-261 5999", "XX", ""),
    ],
)
def test_whatsapp_opens_a_chat_and_dials_nothing(number: str, country: str, link: str) -> None:
    assert whatsapp(number, country) == link
