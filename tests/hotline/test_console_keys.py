"""Single keys of the console can be switched off (WCAG 2.1.4), and stay off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Page, Route, sync_playwright

from lindung.evidence import find_chromium

PAGE = """<!doctype html><title>x</title><script src="/console.js" defer></script>
<input data-search><button data-keys>keys</button>
<dialog id="keys"><button data-keys-switch aria-pressed="false">off</button>
<form method="dialog"><button id="close">close</button></form></dialog>"""


@pytest.fixture
def page() -> Iterator[Page]:
    script = finders.find("web/console.js")
    assert isinstance(script, str)

    def answer(route: Route) -> None:
        if route.request.url.endswith("/console.js"):
            route.fulfill(path=script, content_type="text/javascript")
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.route("**/*", answer)
        page.goto("http://localhost/")
        yield page
        browser.close()


def searching(page: Page) -> bool:
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    return bool(page.evaluate("document.activeElement.hasAttribute('data-search')"))


def test_keys_are_switched_off_and_on_again(page: Page) -> None:
    assert searching(page)
    for pressed, works in (("true", False), ("false", True)):
        page.click("[data-keys]")
        page.click("[data-keys-switch]")
        assert page.get_attribute("[data-keys-switch]", "aria-pressed") == pressed
        page.click("#close")
        page.reload()
        assert searching(page) is works
