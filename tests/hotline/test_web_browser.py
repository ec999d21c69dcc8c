"""Every page in real Chromium: readable by machine, quiet in the console, whole on a small screen.

Requests of the browser are answered by Django's test client, so no server and no socket is needed.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as configured
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Browser, Page, Route, sync_playwright
from pytest_django import Settings

from lindung.evidence import browser as evidence_browser

PUBLIC = ("/", "/?about=me", "/?about=child", "/check/", "/help/", "/privacy/", "/nowhere/")
CONSOLE = ("/", "/?search=zorblat", "/outbox/", "/custody/", "/people/", "/authorities/")
SIGN_IN = (
    "/accounts/2fa/",
    "/accounts/2fa/webauthn/",
    "/accounts/logout/",
    "/accounts/password/",
)
PHONE, DESK = (390, "light"), (1440, "dark")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SITE = "http://localhost"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = evidence_browser.find_chromium()
    if path is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


def answered_by(client: Client, page: Page, paths: tuple[str, ...]) -> None:
    """Ask Django first: the browser's own moment has another database connection."""
    answers = {path: client.get(path) for path in paths}

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


def looked_at(
    browser: Browser,
    client: Client,
    paths: tuple[str, ...],
    looks: tuple[tuple[int, str], ...] = (PHONE, DESK),
    rules: list[str] = RULES,
) -> None:
    """Fail on any finding of axe and on any page that scrolls sideways."""
    findings = []
    for width, scheme in looks:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            bypass_csp=True,  # for axe itself; the policy has its own test below
        )
        page = context.new_page()
        answered_by(client, page, paths)
        for path in paths:
            page.goto(SITE + path)
            assert page.title(), path
            found = Axe().run(page, options={"runOnly": rules}).response["violations"]
            findings += [(path, width, f["id"], [n["target"] for n in f["nodes"]]) for f in found]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                findings.append((path, width, "scrolls sideways", []))
        context.close()
    assert findings == []


@pytest.fixture
def public(settings: Settings) -> Client:
    settings.MIDDLEWARE = [
        name
        for name in settings.MIDDLEWARE
        if name.startswith(("django.middleware", "lindung.hotline.web"))
    ]
    return Client(HTTP_HOST="localhost")


@pytest.fixture
def console(settings: Settings, db: None) -> Client:
    """A manager with a second factor, signed in."""
    from allauth.mfa.models import Authenticator
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP

    from lindung.hotline.accounts.models import Person

    settings.ROOT_URLCONF = "lindung.hotline.config.urls_console"
    settings.PROCESS = "console"
    person = Person.objects.create_person("aini", "violin harbor", name="Aini", role="manager")
    TOTP.activate(person, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(person)
    assert Authenticator.objects.filter(user=person).count() == 2
    client = Client(HTTP_HOST="localhost")
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_public_pages_are_readable_by_machine(chromium: Browser, public: Client) -> None:
    """Contrast included: at least 7:1 (WCAG AAA)."""
    looked_at(chromium, public, PUBLIC, rules=[*RULES, "wcag2aaa"])


def test_console_pages_are_readable_by_machine(chromium: Browser, console: Client) -> None:
    looked_at(chromium, console, CONSOLE)
    looked_at(chromium, console, SIGN_IN, (PHONE,))
    looked_at(chromium, Client(HTTP_HOST="localhost"), ("/accounts/login/",), (PHONE,))


def test_a_case_is_readable_by_machine(chromium: Browser, console: Client) -> None:
    from lindung.hotline.casework.models import Case
    from lindung.hotline.intake import services as intake
    from lindung.hotline.intake.forms import fresh_nonce
    from lindung.hotline.intake.models import Report
    from lindung.hotline.triage import services as triage

    words = "RM20 membership, join private group, ages 13-15 [redacted], DM @example_a"
    content = intake.Content(("@example_a",), words, "")
    intake.receive(
        content, nonce=fresh_nonce(), about="seen", danger=True, is_child=False, language="en"
    )
    triage.examine(Report.objects.get().pk)
    number = Case.objects.get().number
    looked_at(chromium, console, ("/", f"/cases/{number}/"))


@pytest.mark.parametrize("javascript", [True, False])
def test_the_browser_has_nothing_to_complain_about(
    chromium: Browser, public: Client, javascript: bool
) -> None:
    """The content policy is in force here: an inline style or script would be reported."""
    context = chromium.new_context(java_script_enabled=javascript)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    answered_by(public, page, PUBLIC)
    for path in PUBLIC:
        if path != "/nowhere/":
            page.goto(SITE + path)
    context.close()
    assert said == []


def test_esc_three_times_leaves_and_the_link_needs_no_script(
    chromium: Browser, public: Client
) -> None:
    context = chromium.new_context()
    page = context.new_page()
    answered_by(public, page, PUBLIC)
    left: list[str] = []

    def leaves(route: Route) -> None:
        left.append(route.request.url)
        route.abort()

    page.route("https://www.wikipedia.org/**", leaves)
    page.goto(SITE + "/?about=me")
    link = page.get_by_role("link", name="Leave this page")
    assert link.get_attribute("href") == "https://www.wikipedia.org"
    assert link.get_attribute("rel") == "noreferrer"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert page.locator("html").get_attribute("hidden") is None
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    assert left == ["https://www.wikipedia.org/"]
    context.close()


def test_yes_to_danger_shows_the_number_without_a_script(chromium: Browser, public: Client) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    answered_by(public, page, PUBLIC)
    page.goto(SITE + "/")
    assert not page.locator(".call").is_visible()
    page.check("[name=danger][value=yes]")
    assert page.locator(".call").is_visible()
    context.close()
