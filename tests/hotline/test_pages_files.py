"""The table of a case's files in real Chromium, from the capture to the hotline's own list.

Marks are made with the keyboard and without JavaScript; nothing shows a picture.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from lindung.evidence import find_chromium
from lindung.hotline.demo import people
from lindung.hotline.demo.people import Account
from lindung.hotline.demo.walk import FLAGS
from lindung.media import ListStore

from .captured import picture
from .house import House, free_port, house
from .test_pages import inspect, watch

KNOWN, DISPUTED, NEW = picture(1), picture(2), picture(3, "JPEG")
CUT = NEW[: len(NEW) * 2 // 3]
PAGE = b"<!doctype html><title>Example</title>" + b"".join(
    b'<p>RM20 membership, private group</p><img src="/%d.bin" alt="a pattern">' % n
    for n in range(4)
)


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """A made-up site that calls its pictures plain bytes."""

    def do_GET(self) -> None:
        found = re.fullmatch(r"/(\d)\.bin", self.path)
        body = (KNOWN, DISPUTED, NEW, CUT)[int(found[1])] if found else PAGE
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream" if found else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(port: int) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Visited:
    built: House
    browser: Browser
    address: str
    manager: Page
    ana: Page
    ben: Page
    case: str


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visited]:
    port = free_port()
    with ExitStack() as stack:
        built = stack.enter_context(
            house(
                LINDUNG_CAPTURE_ALLOW=f"127.0.0.1:{port}", LINDUNG_MEDIA_AUTHORITY="Example Act s 1"
            )
        )
        partner = tmp_path_factory.mktemp("lists") / "partner.csv"
        partner.write_text(f"id,sha256\nP-1,{sha256(KNOWN)}\nP-2,{sha256(DISPUTED)}\n")
        links = re.findall(r"http\S+/setup/\S+", built.up())
        with ListStore.open(built.home / "lists") as lists:
            lists.import_file(partner, "partner")
            lists.dispute("partner", "P-2", "Example", "a landscape")
        address = stack.enter_context(serving(port))
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=find_chromium(), args=list(FLAGS)
        )
        stack.callback(browser.close)
        accounts = [Account(f"example-{n}", f"Example {n}", "correct horse 12") for n in range(3)]
        manager, _ = stack.enter_context(people.joined(browser, links[0], accounts[0]))
        ana, _ = stack.enter_context(people.joined(browser, links[1], accounts[1]))
        link = people.invite(manager, built.console, "analyst")
        people.approve(ana, built.console)
        ben, _ = stack.enter_context(people.joined(browser, link, accounts[2]))
        people.report(browser, built.public, where=f"{address}/post", words="I saw this post.")

        def captured() -> bool:
            ana.goto(f"{built.console}/?queue=all")
            if not ana.locator("tr[data-row] th a").count():
                return False
            ana.locator("tr[data-row] th a").first.click()
            return ana.locator(".files tbody tr").count() == 4

        people.wait_until("the files of the post are in the table", captured)
        number = ana.url.rstrip("/").rpartition("/")[2]
        yield Visited(built, browser, f"{address}/post", manager, ana, ben, number)


def show(page: Page, visited: Visited, name: str, case: str = "") -> None:
    """The case page at both widths: nothing inaccessible, nothing fetched, no picture."""
    seen = watch(page, visited.built.console)
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{visited.built.console}/cases/{case or visited.case}/")
        inspect(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator(".files img").count() == 0
    assert not seen


def own(built: House) -> str:
    """The hotline's own list as partners get it; nothing while there is none."""
    out, folder = built.home / "own.csv", str(built.home / "lists")
    built.lindung("lists", "export", "own", "--out", str(out), "--lists", folder)
    return out.read_text() if out.exists() else ""


def test_the_decision_is_about_what_two_people_marked(visited: Visited) -> None:
    ana, ben, built = visited.ana, visited.ben, visited.built
    show(ana, visited, "case files to mark")
    table = ana.locator(".files").inner_text()
    assert "partner, P-1 (sha256)" in table and "disputed: partner, P-2" in table
    assert "damaged or cut short" in table
    assert ana.locator("[name=marked]:checked").count() == 0
    assert "Every picture is known" not in ana.locator("#next").inner_text()

    plain = visited.browser.new_context(
        java_script_enabled=False, storage_state=ana.context.storage_state()
    )
    try:
        page = plain.new_page()
        page.goto(f"{built.console}/cases/{visited.case}/")
        page.get_by_role("checkbox", name=sha256(NEW)[:12]).focus()
        page.keyboard.press("Space")
        people.assess(page, "national", "Example")
    finally:
        plain.close()

    show(ana, visited, "case files assessed")
    show(ben, visited, "case files to confirm")
    assert ben.locator("tr[data-marked] th code").all_inner_texts() == [sha256(NEW)[:12]]
    assert sha256(NEW)[:12] in ben.locator("#next").inner_text()
    people.confirm(ben, "I agree.")

    people.wait_until("the marked file is on the hotline's own list", lambda: bool(own(built)))
    listed = own(built)
    assert sha256(NEW) in listed
    assert not any(sha256(other) in listed for other in (KNOWN, DISPUTED, CUT))
    show(ben, visited, "case files confirmed")
    assert "marked files put on our own list" in ben.locator(".history").inner_text()


def test_a_wrong_mark_is_taken_back_by_two_people(visited: Visited) -> None:
    """Without JavaScript, too; the page says what comes off the list."""
    built, case = visited.built, f"{visited.built.console}/cases/{visited.case}/"
    people.add_authority(visited.manager, built.console, "Example Police", "example-police")
    visited.ana.goto(case)
    assert visited.ana.locator("#assess").count() == 0
    people.refer(visited.ana, "Example Police")
    plain = visited.browser.new_context(
        java_script_enabled=False, storage_state=visited.manager.context.storage_state()
    )
    try:
        page = plain.new_page()
        page.goto(case)
        page.uncheck(f"[name=marked][value='{sha256(NEW)}']")
        page.check(f"[name=marked][value='{sha256(KNOWN)}']")
        page.get_by_text("Decide it anew").click()
        people.assess(page, "national", "The new one is a landscape.")
    finally:
        plain.close()
    show(visited.ben, visited, "case decided anew to confirm")
    assert "off our own list once a second person agrees" in visited.ben.inner_text("#next")
    assert "remove" not in own(built)
    people.confirm(visited.ben, "I agree.")
    people.wait_until("the export names it as removed", lambda: "remove" in own(built))
    (removed,) = [line for line in own(built).splitlines() if line.endswith("remove")]
    assert removed.startswith(sha256(NEW))
    visited.manager.goto(case)
    visited.manager.get_by_text("Decide it anew").click()
    inspect(visited.manager, "case decided anew")
    show(visited.manager, visited, "case decided anew closed")


def test_what_is_reported_after_the_letter_has_a_case_of_its_own(visited: Visited) -> None:
    people.report(visited.browser, visited.built.public, where=visited.address, words="Again.")
    ana = visited.ana

    def opened() -> bool:
        ana.goto(f"{visited.built.console}/?queue=new")
        return ana.locator("tr[data-row]").count() == 1

    people.wait_until("the second case is in the queue", opened)
    for width in (390, 1440):
        ana.set_viewport_size({"width": width, "height": 900})
        ana.goto(f"{visited.built.console}/?queue=new")
        inspect(ana, "queue reported before")
    assert "reported before" in ana.inner_text("tr[data-row]")
    number = ana.inner_text("tr[data-row] th a")
    show(ana, visited, "case reported before", number)
    assert visited.case in ana.inner_text(".again") and "Example Police" in ana.inner_text(".again")
    show(ana, visited, "case reported again")
    assert number in ana.inner_text(".again")


def test_it_speaks_malay(visited: Visited) -> None:
    context = visited.browser.new_context(
        locale="ms", storage_state=visited.ben.context.storage_state()
    )
    try:
        page = context.new_page()
        page.goto(f"{visited.built.console}/cases/{visited.case}/")
        assert "Gambar dan video" in page.locator("#files").inner_text()
    finally:
        context.close()
