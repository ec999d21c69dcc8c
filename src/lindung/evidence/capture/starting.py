"""Start Chromium as an ordinary one: in the best sandbox that this machine gives, or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Playwright
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from lindung.evidence.capture import chromium
from lindung.evidence.capture.policy import Isolation
from lindung.evidence.capture.remedy import is_about_isolation
from lindung.runtime import landlock_version

WIDTH, HEIGHT = 1280, 900
_SAID = """() => ({ user_agent: navigator.userAgent, languages: [...navigator.languages],
  webdriver: navigator.webdriver })"""


class CannotStart(Exception):
    """Chromium did not start; the message says why. Nothing was asked of any site."""


@dataclass(frozen=True)
class Launch:
    """What a browser is started with. `port` is the guard's; `version` is Chromium's."""

    profile: Path
    user: int
    port: int
    spki: str
    version: str
    isolation: Isolation
    scripts: bool
    seconds: float

    @property
    def user_agent(self) -> str:
        """What an ordinary Chromium of this version says."""
        return (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
            f"Chrome/{self.version.partition('.')[0]}.0.0.0 Safari/537.36"
        )


@dataclass(frozen=True)
class Started:
    """A running browser, and what holds it: facts of the capture's `isolation`."""

    context: BrowserContext
    holding: dict[str, Any]


async def start(playwright: Playwright, launch: Launch) -> Started:
    """Start the browser; raises `CannotStart`."""
    refused = "it did not start"
    for sandbox, script in _ways(launch):
        try:
            context = await _start(playwright, launch, script, sandbox=sandbox)
        except PlaywrightTimeout:
            raise CannotStart(f"it had not started after {launch.seconds:.0f} seconds") from None
        except PlaywrightError as error:
            refused = _why(error.message)
            continue
        holding: dict[str, Any] = {"browser_sandbox": sandbox}
        if not sandbox:
            holding |= {"landlock": landlock_version(), "no_sandbox_because": refused}
        return Started(context, holding)
    raise CannotStart(refused)


async def said(context: BrowserContext) -> dict[str, Any]:
    """What pages are told of this browser, asked before any page could change it."""
    page = context.pages[0] if context.pages else await context.new_page()
    told = dict(await page.evaluate(_SAID))
    return told | {"viewport": [WIDTH, HEIGHT]}


def _ways(launch: Launch) -> Iterator[tuple[bool, Path]]:
    """With its sandbox or without, and the file that starts it so: the best first."""
    yield True, chromium.launcher(launch.profile, launch.user)
    if os.geteuid() == 0 and chromium.setuid_helper():  # another user finds it the first time
        yield True, chromium.launcher(launch.profile, launch.user, new_privileges=True)
    if launch.isolation is Isolation.WEAKER:
        yield False, chromium.launcher(launch.profile, launch.user, only_port=launch.port)


async def _start(
    playwright: Playwright, launch: Launch, script: Path, *, sandbox: bool
) -> BrowserContext:
    home = str(launch.profile)
    return await playwright.chromium.launch_persistent_context(
        home,
        executable_path=str(script),
        headless=True,
        chromium_sandbox=sandbox,
        args=[
            *chromium.FLAGS,
            f"--proxy-server=http://127.0.0.1:{launch.port}",
            f"--ignore-certificate-errors-spki-list={launch.spki}",
            f"--user-agent={launch.user_agent}",  # for what belongs to no page, too
        ],
        env={"PATH": "/usr/bin:/bin", "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8"},
        user_agent=launch.user_agent,
        java_script_enabled=launch.scripts,
        accept_downloads=False,
        viewport={"width": WIDTH, "height": HEIGHT},
        timeout=launch.seconds * 1000,
    )


def _why(message: str) -> str:
    """The browser's own words for why it did not start, in one sentence."""
    lines = [
        re.sub(r"^.*?\[err\]\s*|\[[^\]]*(?:ERROR|FATAL):[^\]]*\]\s*", "", line).strip()
        for line in message.splitlines()
        if "[err]" in line
    ]
    told = [line for line in lines if is_about_isolation(line)]
    words = (told or lines[-1:] or message.splitlines()[:1] or ["it did not start"])[0]
    return words.partition(" If this is")[0].rstrip(".!")[:300]
