"""The walk itself: each step is done for real, and says what it made and where to look."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

from lindung.evidence import find_chromium
from lindung.hotline.config import trial
from lindung.hotline.config.env import Env

from . import people, site
from .people import Account

AUTHORITY, FOLDER = "Example Police (demo)", "example-police"
CAST = {
    "manager": ("demo-manager", "Mei (demo manager)"),
    "ana": ("demo-ana", "Ana (demo analyst)"),
    "ben": ("demo-ben", "Ben (demo analyst)"),
}
LINDUNG = (sys.executable, "-m", "lindung")
OTHERS = (
    ("/@example_tutor/posts/2", "Is this tuition advert all right?"),
    ("/@example_shop/posts/3", "Somebody sells a bicycle, I am not sure why it was sent to me."),
    ("/gone/posts/9", "A friend sent me this link. It may be gone."),
)
Say = Callable[[str], None]


class DemoError(RuntimeError):
    """The demo cannot go on; the text says why and what to do."""


def run(env: Env, say: Say) -> None:
    """Start the hotline, walk one report from the reporter to the acknowledged referral.

    Raises DemoError. The hotline stays up; nothing of it is left half-way in a real hotline,
    because a home folder that the demo did not make is refused.
    """
    kept = _Kept.of(env.home)
    lindung("stop")
    with site.serving(kept.port) as address, ExitStack() as stack:
        links = _up(env, kept.port, say)
        tried = trial.answer(env, wait=60)
        if tried is not None and not tried.works:
            lindung("stop")
            raise DemoError(f"The demo needs a capture, and none can be made. {tried.problem}")
        driver = stack.enter_context(sync_playwright())
        browser = driver.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        stack.callback(browser.close)
        try:
            _walk(env, kept, browser, address, links, say)
        except (BrowserError, TimeoutError) as error:
            raise DemoError(
                f"A step did not happen: {str(error).splitlines()[0]} "
                f"See the logs in {env.home / 'log'}; `lindung stop` ends the hotline."
            ) from error
    kept.save()
    _farewell(env, kept, say)


FLAGS = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Chromium refuses its sandbox to root; here it opens our own pages only.
    *(("--no-sandbox",) if os.geteuid() == 0 else ()),
)


class _Kept:
    """What the demo remembers between runs, in `$LINDUNG_HOME/demo.json`."""

    def __init__(self, path: Path, port: int, accounts: dict[str, Account]) -> None:
        self.path, self.port, self.accounts = path, port, accounts

    @classmethod
    def of(cls, home: Path) -> _Kept:
        path = home / "demo.json"
        if path.exists():
            data = json.loads(path.read_text())
            return cls(path, data["port"], {k: Account(**a) for k, a in data["accounts"].items()})
        if (home / "postgres" / "data").exists():
            raise DemoError(
                f"{home} holds a hotline that the demo did not make, so the demo stays away. "
                "Set LINDUNG_HOME to another folder to try it."
            )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        kept = cls(path, port, {})
        home.mkdir(mode=0o711, parents=True, exist_ok=True)
        kept.save()
        return kept

    def save(self) -> None:
        data = {"port": self.port, "accounts": {k: asdict(a) for k, a in self.accounts.items()}}
        with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
            json.dump(data, f)


def lindung(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person would."""
    return subprocess.run(
        [*LINDUNG, *words], env=os.environ | environ, capture_output=True, text=True, check=False
    )


def _up(env: Env, port: int, say: Say) -> list[str]:
    say("Starting the hotline")
    allowed = ",".join(sorted({*env["CAPTURE_ALLOW"], f"127.0.0.1:{port}"}))
    done = lindung("up", LINDUNG_CAPTURE_ALLOW=allowed)
    if done.returncode:
        raise DemoError(f"The hotline did not start.\n{done.stdout}{done.stderr}")
    for line in done.stdout.splitlines():
        if "/setup/" not in line:
            say(f"  {line}")
    return re.findall(r"https?://\S+/setup/\S+", done.stdout)


def _walk(
    env: Env, kept: _Kept, browser: Browser, address: str, links: list[str], say: Say
) -> None:
    public, console = env["PUBLIC_URL"], env["CONSOLE_URL"]
    # A new post each time, so that the demo can be walked again in the same home.
    post, urgent = (f"/@example_{who}/posts/{time.time_ns()}" for who in ("seller", "club"))

    say("1. Two people report the same post, written differently")
    words = "Someone sells access to a group. I wrote down what the post says."
    first = people.report(browser, public, where=f"{address}{post}?utm_source=share", words=words)
    again = address.replace("http://", "hxxp://").replace("127.0.0.1", "127[.]0[.]0[.]1")
    second = people.report(browser, public, where=f"{again}{post}#top", words="I saw this too.")
    say(f"   receipt of the first:  {first}")
    say(f"   receipt of the second: {second}")
    for path, note in OTHERS:
        people.report(browser, public, where=address + path, words=note)
    people.report(
        browser, public, where=address + urgent, words="A child may be in danger.", danger="yes"
    )

    say("2. A manager and two analysts sign in, each with a second factor")
    with ExitStack() as stack:
        pages = _sign_in(stack, kept, browser, console, links, say)
        ana, ben = pages["ana"], pages["ben"]

        say("3. The worker captures the page, seals it, reads it")
        number = _examined(ana, console, f"{address}{post}", say)

        say("4. One analyst assesses, another confirms, and it is referred")
        if ana.locator("#assess").count():
            people.assess(ana, "offer", "Price, private group and a stated age in one post.")
            say("   assessed by Ana")
        ben.goto(f"{console}/cases/{number}/")
        if ben.locator("#confirm").count():
            people.confirm(ben, "I read the reasons and agree.")
            say("   confirmed by Ben")
        people.add_authority(pages["manager"], console, AUTHORITY, FOLDER)
        ana.goto(f"{console}/cases/{number}/")
        people.refer(ana, AUTHORITY)

        say(f"5. {AUTHORITY} receives it, checks the evidence, acknowledges")
        letter = _letter(env, number)
        say(f"   letter: {letter}")
        say(f"   reporter sees now: {people.status(browser, public, first)}")
        found = re.search(r"Letter number: (\S+)", letter.read_text())
        (letter.parent / "acknowledged.txt").write_text(
            f"{found.group(1) if found else ''} EX-2026-0001\n"
        )
        people.wait_until(
            "the reporter sees that it was passed on",
            lambda: people.status(browser, public, first) == "Passed on",
        )
        say("   acknowledged with reference EX-2026-0001")
        say(f"   reporter sees now: {people.status(browser, public, first)}")
        say(f"   look at: {console}/cases/{number}/")

    say("6. The evidence proves itself, and a tampered copy is refused")
    bundle = next(iter(sorted(letter.parent.glob("*.lindung*"))), None)
    if bundle is None:
        raise DemoError(f"No page was captured. Look at {console}/cases/{number}/ for the reason.")
    _verify(env, bundle, say)


def _sign_in(
    stack: ExitStack, kept: _Kept, browser: Browser, console: str, links: list[str], say: Say
) -> dict[str, Page]:
    pages = {}
    for key, (username, name) in CAST.items():
        if account := kept.accounts.get(key):
            pages[key], _ = stack.enter_context(people.signed_in(browser, console, account))
            continue
        # The first two come by the links of set-up; who comes later needs both of them.
        if links:
            link = links.pop(0)
        else:
            link = people.invite(pages["manager"], console, "analyst")
            people.approve(pages["ana"], console)
        fresh = Account(username, name, secrets.token_urlsafe(12))
        pages[key], kept.accounts[key] = stack.enter_context(people.joined(browser, link, fresh))
        kept.save()
        say(f"   {name} joined by a one-time link")
    return pages


def _examined(analyst: Page, console: str, url: str, say: Say) -> str:
    """Wait until the reported post's case has its evidence; returns the case number."""
    search = f"{console}/?search={url.removeprefix('http://')}"
    numbers: list[str] = []

    def found() -> bool:
        analyst.goto(search)
        numbers[:] = analyst.locator("tr[data-row] th a").all_inner_texts()
        if not numbers:
            return False
        analyst.goto(f"{console}/cases/{numbers[0]}/")
        return analyst.locator(".evidence").count() > 0

    people.wait_until("the worker captures and seals the post", found)
    named = analyst.locator(".item .quiet").first.inner_text()
    say(f"   case {numbers[0]}: one item, {named}")
    for reason in analyst.locator(".signals li > p:first-child").all_inner_texts()[:4]:
        say(f"   reason: {reason}")
    return numbers[0]


def _letter(env: Env, number: str) -> Path:
    folder = env.home / "outbox" / FOLDER
    letters: list[Path] = []

    def arrived() -> bool:
        letters[:] = [
            path
            for path in folder.glob("*/letter.txt")
            if not path.parent.name.startswith(".")  # still being written
            and f"Case: {number}\n" in path.read_text()
            and not (path.parent / "acknowledged.txt").exists()
        ]
        return bool(letters)

    people.wait_until("the letter arrives in the authority's folder", arrived)
    return letters[0]


def _verify(env: Env, bundle: Path, say: Say) -> None:
    trust = env.home / "keys" / "evidence" / "trust.json"
    done = lindung("verify", str(bundle), "--trust", str(trust))
    say(f"   lindung verify {bundle.name}: exit code {done.returncode}")
    if done.returncode:
        raise DemoError(f"The sealed bundle did not verify.\n{done.stdout}{done.stderr}")
    forged = env.home / "demo-tampered"
    shutil.rmtree(forged, ignore_errors=True)
    forged.mkdir()
    copy = forged / bundle.name
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)
    done = lindung("verify", str(copy), "--trust", str(trust))
    said = next((line for line in done.stdout.splitlines() if "WRONG" in line), "")
    say(f"   one bit changed in a copy: exit code {done.returncode}: {said.strip()}")
    if done.returncode == 0:
        raise DemoError("A tampered bundle verified. Please report this as a security defect.")


def _farewell(env: Env, kept: _Kept, say: Say) -> None:
    say("")
    say("The hotline is running, with a synthetic demo in it.")
    say(f"  Report page   {env['PUBLIC_URL']}")
    say(f"  Console       {env['CONSOLE_URL']}")
    for account in kept.accounts.values():
        say(f"    {account.username:13} password {account.password}")
    say("  The six-digit code that the console asks for: lindung demo --code demo-ana")
    say("  Click first: sign in as demo-ana, open the case marked “danger”, read its reasons.")
    say("  Stop it: make stop (or lindung stop)")


def code(env: Env, username: str) -> str:
    """The six digits that this demo person's authenticator would show now."""
    accounts: list[Any] = list(_Kept.of(env.home).accounts.values())
    for account in accounts:
        if account.username == username:
            return people.totp(account.secret)
    raise DemoError(
        f"There is no demo person {username!r}. There are: "
        + ", ".join(account.username for account in accounts)
    )
