"""What the public pages do in real Chromium that the whole hotline is not needed for.

Requests of the browser are answered by Django's test client, so no server and no socket is needed.
"""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as configured
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Browser, Page, Route
from pytest_django import Settings

PAGES = ("/", "/?about=me", "/?about=child", "/check/", "/help/", "/privacy/", "/nowhere/")
SITE = "http://localhost"


@pytest.fixture
def public(settings: Settings) -> Client:
    """The public process: no session, no sign-in, no database."""
    settings.MIDDLEWARE = [
        name
        for name in settings.MIDDLEWARE
        if name.startswith(("django.middleware", "lindung.hotline.web"))
    ]
    return Client(HTTP_HOST="localhost")


def answered_by(client: Client, page: Page) -> None:
    answers = {path: client.get(path) for path in PAGES}

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(SITE)
        if path.startswith(configured.STATIC_URL):
            found = finders.find(path.removeprefix(configured.STATIC_URL))
            assert isinstance(found, str), path
            route.fulfill(path=found)
        elif path in answers:
            response = answers[path]
            route.fulfill(
                status=response.status_code, headers=dict(response.items()), body=response.content
            )
        else:
            route.abort()

    page.route("**/*", answer)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_seven_to_one(chromium: Browser, public: Client, scheme: str) -> None:
    """WCAG AAA, and nothing scrolls sideways at 320 px, which is also 200 % zoom at 640."""
    context = chromium.new_context(viewport={"width": 320, "height": 800}, bypass_csp=True)
    page = context.new_page()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    answered_by(public, page)
    for path in PAGES:
        page.goto(SITE + path)
        found = Axe().run(page, options={"runOnly": ["color-contrast-enhanced", "target-size"]})
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
    context.close()


def test_esc_three_times_leaves_and_the_link_needs_no_script(
    chromium: Browser, public: Client
) -> None:
    context = chromium.new_context()
    page = context.new_page()
    answered_by(public, page)
    page.route("https://www.wikipedia.org/**", lambda route: route.abort())
    page.goto(SITE + "/?about=me")
    link = page.get_by_role("link", name="Leave this page")
    assert link.get_attribute("href") == "https://www.wikipedia.org"
    assert link.get_attribute("rel") == "noreferrer"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert page.locator("html").get_attribute("hidden") is None
    with page.expect_request("https://www.wikipedia.org/**") as leaving:
        page.keyboard.press("Escape")
    assert leaving.value.url == "https://www.wikipedia.org/"
    context.close()


def test_yes_to_danger_shows_the_number_without_a_script(chromium: Browser, public: Client) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    answered_by(public, page)
    page.goto(SITE + "/")
    assert not page.locator(".call").is_visible()
    page.check("[name=danger][value=yes]")
    assert page.locator(".call").is_visible()
    context.close()
