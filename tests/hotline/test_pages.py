"""Every page of both faces in real Chromium: accessible, no inline code, nothing from elsewhere.

The hotline runs for real; the people of the demo use it. Screenshots land in the folder
`$SCREENSHOTS`, where it is set, to be looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from lindung.evidence import find_chromium
from lindung.hotline.demo import people, site
from lindung.hotline.demo.people import Account
from lindung.hotline.demo.walk import FLAGS

from .house import House, free_port, house

SCREENSHOTS = os.environ.get("SCREENSHOTS", "")
WIDTHS = (390, 1440)
PUBLIC = ("/", "/?about=me", "/?about=child", "/check/", "/help/", "/privacy/", "/nowhere/")
CONSOLE = ("/", "/outbox/", "/custody/", "/people/", "/authorities/", "/authorities/1/",
           "/accounts/2fa/", "/accounts/2fa/recovery-codes/", "/nowhere/")  # fmt: skip


@dataclass
class Visited:
    """A hotline in which one report has gone all the way, and a manager who looks on."""

    built: House
    browser: Browser
    manager: Page
    case: str
    receipt: str
    links: list[str]


@pytest.fixture(scope="module")
def visited() -> Iterator[Visited]:
    port = free_port()
    with ExitStack() as stack:
        built = stack.enter_context(house(LINDUNG_CAPTURE_ALLOW=f"127.0.0.1:{port}"))
        address = stack.enter_context(site.serving(port))
        links = re.findall(r"http\S+/setup/\S+", built.up())
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=find_chromium(), args=list(FLAGS)
        )
        stack.callback(browser.close)
        url = f"{address}/@example_seller/posts/1"
        receipt = people.report(browser, built.public, where=url, words="I saw this post.")
        accounts = [Account(f"example-{n}", f"Example {n}", "correct horse 12") for n in range(3)]
        manager, _ = stack.enter_context(people.joined(browser, links[0], accounts[0]))
        ana, _ = stack.enter_context(people.joined(browser, links[1], accounts[1]))
        link = people.invite(manager, built.console, "analyst")
        people.approve(ana, built.console)
        ben, _ = stack.enter_context(people.joined(browser, link, accounts[2]))
        people.add_authority(manager, built.console, "Example Police", "example-police")

        def captured() -> bool:
            ana.goto(f"{built.console}/?queue=all")
            if not ana.locator("tr[data-row] th a").count():
                return False
            ana.locator("tr[data-row] th a").first.click()
            return ana.locator(".evidence").count() > 0

        people.wait_until("the post is captured", captured)
        case = ana.url.rstrip("/").rpartition("/")[2]
        people.assess(ana, "offer", "Price, private group and a stated age.")
        ben.goto(f"{built.console}/cases/{case}/")
        people.confirm(ben, "I agree.")
        people.refer(ben, "Example Police")
        yield Visited(built, browser, manager, case, receipt, [*links, link])


def inspect(page: Page, name: str) -> None:
    """axe-core finds nothing, no inline style or script, nothing was refused or fetched away."""
    results = Axe().run(page, options={"resultTypes": ["violations"]})
    assert results.violations_count == 0, f"{name}\n{results.generate_report()}"
    assert page.locator("[style], style, [onclick], [onload], [onsubmit]").count() == 0, name
    inline = page.locator("script:not([src]):not([type='application/json'])")
    assert inline.count() == 0, name
    if SCREENSHOTS:
        width = (page.viewport_size or {"width": 0})["width"]
        safe = re.sub(r"\W+", "-", name).strip("-")
        page.screenshot(path=Path(SCREENSHOTS) / f"{safe}-{width}.png", full_page=True)


def watch(page: Page, origin: str) -> list[str]:
    """Collects what a page should never do: break its policy, fail, or call another host."""
    seen: list[str] = []
    page.on("console", lambda m: seen.append(m.text) if "Content Security" in m.text else None)
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith(origin) else seen.append(r.url))
    return seen


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("language", ["en", "ms"])
def test_public_pages(visited: Visited, width: int, scripts: bool, language: str) -> None:
    context = visited.browser.new_context(
        viewport={"width": width, "height": 900},
        java_script_enabled=scripts,
        locale=language,
    )
    try:
        page = context.new_page()
        seen = watch(page, visited.built.public)
        for path in PUBLIC:
            answer = page.goto(visited.built.public + path)
            assert answer
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy and "unsafe" not in policy
            assert page.locator("html").get_attribute("lang") == language
            wide = page.evaluate("document.documentElement.scrollWidth") if scripts else 0
            assert wide <= width, f"{path} scrolls sideways at {width}"
            if scripts:
                inspect(page, f"public {path} {language}")
        assert not seen
    finally:
        context.close()


def test_a_first_visit_is_light(visited: Visited) -> None:
    context = visited.browser.new_context()
    page = context.new_page()
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(len(answer.body())))
    page.goto(visited.built.public, wait_until="networkidle")
    context.close()
    assert sum(sizes) <= 60_000, sizes


@pytest.mark.parametrize("width", WIDTHS)
def test_receipt_status_and_error_pages(visited: Visited, width: int) -> None:
    context = visited.browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    try:
        page.goto(visited.built.public)
        page.fill("[name=where]", "http://")
        page.fill("[name=words]", "Words that must stay")
        page.evaluate("document.querySelector('main form').noValidate = true")
        page.click("main form button.main")
        assert page.input_value("[name=words]") == "Words that must stay"
        inspect(page, "public errors")
        page.fill("[name=where]", "@example_someone")
        page.check("[name=danger][value=no]")
        page.click("main form button.main")
        assert page.locator(".receipt ol li").count() == 7
        inspect(page, "public receipt")
        page.goto(f"{visited.built.public}/check/")
        page.fill("[name=receipt]", "not a receipt")
        page.click("main form button.main")
        inspect(page, "public not found")
        page.fill("[name=receipt]", visited.receipt)
        page.click("main form button.main")
        assert page.locator(".line").count() == 1
        inspect(page, "public status")
    finally:
        context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_console_pages(visited: Visited, width: int) -> None:
    page = visited.manager
    page.set_viewport_size({"width": width, "height": 900})
    seen = watch(page, visited.built.console)
    for path in (*CONSOLE, f"/cases/{visited.case}/"):
        answer = page.goto(visited.built.console + path)
        assert answer and "unsafe" not in answer.headers["content-security-policy"]
        inspect(page, f"console {path}")
    assert not seen


@pytest.mark.parametrize("width", WIDTHS)
def test_signed_out_pages(visited: Visited, width: int) -> None:
    context = visited.browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    seen = watch(page, visited.built.console)
    try:
        for path in ("/", f"/cases/{visited.case}/", "/custody/"):
            page.goto(visited.built.console + path)
            assert "/accounts/login/" in page.url, path
        inspect(page, "console sign-in")
        page.goto(f"{visited.built.console}/setup/made-up-link/")
        inspect(page, "console spent link")
        assert not seen
    finally:
        context.close()


def test_too_much_is_413_with_the_limit(visited: Visited) -> None:
    from .reporter import Reporter

    reporter = Reporter(visited.built.public)
    reporter.open_form()
    status, page = reporter.post("/", {**reporter.hidden, "words": "x" * 300_000})
    reporter.close()
    assert status == 413 and re.search(r"\d+\s*(kB|KB|kilobytes|characters)", page), page[:2000]


def test_an_unreachable_address_becomes_a_case_that_says_why(visited: Visited) -> None:
    where = f"http://127.0.0.1:{free_port()}/post"
    people.report(visited.browser, visited.built.public, where=where, words="Gone?")
    page = visited.manager

    def explained() -> bool:
        page.goto(f"{visited.built.console}/?search={where.removeprefix('http://')}")
        if not page.locator("tr[data-row] th a").count():
            return False
        page.locator("tr[data-row] th a").first.click()
        return page.locator(".evidence .problem").count() > 0

    people.wait_until("the case says why it could not be captured", explained)
    assert "could not be captured" in page.locator(".evidence").inner_text()


def test_nothing_of_the_post_or_the_report_lies_on_the_disk_in_plain(visited: Visited) -> None:
    """The stolen disk: database files, logs, keys, bundles, all of it but what a letter is for: its
    authority reads there what the reporter wrote."""
    with visited.built.connect("owner") as owner:
        assert owner.execute("SELECT count(*) FROM custody_evidence").fetchone() != (0,)
    visited.built.lindung("stop")  # so that all that was written is in files
    secrets = [
        b"RM20 membership, join private group",  # the page, as text and inside its HTML
        b"Video call RM50",
        b"I saw this post.",  # what the reporter wrote
        visited.receipt.encode(),
        visited.receipt.replace(" ", "").encode(),
    ]
    files = [path for path in visited.built.home.rglob("*") if path.is_file()]
    logs = [path for path in files if path.parent.name == "log"]
    for log in logs:
        # Nobody's name, and no link that opens something.
        for word in (b"example-0", b"Example 1", *(link[-20:].encode() for link in visited.links)):
            assert word not in log.read_bytes(), log
    assert any(path.name.endswith(".lindung.tar") for path in files)
    assert any("postgres" in path.parts for path in files)
    for path in files:
        content = path.read_bytes()
        if path.name == "letter.txt" and "outbox" in path.parts:
            assert visited.receipt.encode() not in content
            assert b"RM20 membership, join private group" not in content
            continue
        for secret in secrets:
            assert secret not in content, path
