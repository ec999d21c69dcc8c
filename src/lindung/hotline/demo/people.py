"""What people do in a browser: reporters, the manager, two analysts."""

from __future__ import annotations

import hmac
import re
import time
from base64 import b32decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from playwright.sync_api import Browser, Page


@dataclass(frozen=True)
class Account:
    """A demo person; `secret` is what an authenticator app would hold."""

    username: str
    name: str
    password: str
    secret: str = ""


def totp(secret: str, at: float | None = None) -> str:
    """The six digits an authenticator app shows (RFC 6238, SHA-1, 30 s)."""
    counter = int((time.time() if at is None else at) // 30).to_bytes(8)
    digest = hmac.digest(b32decode(secret + "=" * (-len(secret) % 8)), counter, "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


@contextmanager
def visiting(browser: Browser, *, scripts: bool = True) -> Iterator[Page]:
    """A fresh visitor: no cookies, and a page whose waits are short."""
    context = browser.new_context(java_script_enabled=scripts, locale="en-GB")
    context.set_default_timeout(20_000)
    try:
        yield context.new_page()
    finally:
        context.close()


def report(browser: Browser, public: str, *, where: str, words: str, danger: str = "no") -> str:
    """Send one report with JavaScript off; returns the receipt's words."""
    with visiting(browser, scripts=False) as page:
        page.goto(public)
        page.fill("[name=where]", where)
        page.fill("[name=words]", words)
        page.check(f"[name=danger][value={danger}]")
        page.click("main form button.main")
        words_shown = page.locator(".receipt ol li").all_inner_texts()
    return " ".join(words_shown)


def status(browser: Browser, public: str, receipt: str) -> str:
    """What the status page says to the holder of this receipt."""
    with visiting(browser, scripts=False) as page:
        page.goto(f"{public}/check/")
        page.fill("[name=receipt]", receipt)
        page.click("main form button.main")
        return page.locator(".line [aria-current=step]").inner_text()


@contextmanager
def joined(browser: Browser, link: str, account: Account) -> Iterator[tuple[Page, Account]]:
    """Follow a one-time link, choose a password, set up a second factor; stay signed in."""
    with visiting(browser) as page:
        page.goto(link)
        page.fill("[name=username]", account.username)
        page.fill("[name=name]", account.name)
        page.fill("[name=password1]", account.password)
        page.fill("[name=password2]", account.password)
        page.click("main form button.main")
        _password(page, account)
        page.wait_for_url("**/2fa/totp/activate/")
        secret = page.locator("#authenticator_secret").input_value()
        page.fill("[name=code]", totp(secret))
        page.click("main form button.main")
        page.wait_for_url(re.compile(r"/accounts/2fa/(recovery-codes/.*)?$"))
        yield page, replace(account, secret=secret)


@contextmanager
def signed_in(browser: Browser, console: str, account: Account) -> Iterator[tuple[Page, Account]]:
    """The console as one person sees it."""
    with visiting(browser) as page:
        page.goto(console)
        _password(page, account)
        page.wait_for_url("**/2fa/authenticate/")
        page.fill("[name=code]", totp(account.secret))
        page.locator("main form button.main").first.click()
        page.wait_for_url(f"{console}/")
        yield page, account


def _password(page: Page, account: Account) -> None:
    page.fill("[name=login]", account.username)
    page.fill("[name=password]", account.password)
    page.locator("main form button.main").first.click()


def invite(manager: Page, console: str, role: str) -> str:
    """The manager makes a one-time link."""
    manager.goto(f"{console}/people/")
    manager.select_option("[name=role]", role)
    manager.click("main form button.main")
    return manager.locator(".once code").inner_text().strip()


def approve(second: Page, console: str) -> None:
    """A second person, independent of the manager, lets the invitation be used."""
    second.goto(f"{console}/people/")
    second.locator("input[name=approve] + button").first.click()


def add_authority(manager: Page, console: str, name: str, folder: str) -> None:
    manager.goto(f"{console}/authorities/")
    if manager.get_by_text(name, exact=True).count():
        return
    manager.fill("[name=name]", name)
    manager.select_option("[name=adapter]", "folder")
    manager.fill("[name=address]", folder)
    manager.click("main form button.main")


def assess(analyst: Page, category: str, reason: str) -> None:
    analyst.select_option("#assess [name=category]", category)
    analyst.fill("#assess [name=reason]", reason)
    analyst.click("#assess button")


def confirm(analyst: Page, note: str) -> None:
    analyst.check("#confirm [name=agrees][value=yes]")
    analyst.fill("#confirm [name=note]", note)
    analyst.click("#confirm button")


def refer(analyst: Page, authority: str) -> None:
    analyst.select_option("#refer [name=authority]", label=authority)
    analyst.click("#refer button")


def wait_until(what: str, test: Callable[[], bool], seconds: float = 90) -> None:
    """Ask again and again; raises TimeoutError that names what did not happen."""
    until = time.monotonic() + seconds
    while not test():
        if time.monotonic() > until:
            raise TimeoutError(f"It took longer than {seconds:.0f} s: {what}.")
        time.sleep(0.3)
