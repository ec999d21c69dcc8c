"""The browser that is installed: how it is started, and what it asks for on its own account."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import stat
import subprocess
from functools import cache
from pathlib import Path

from lindung.evidence.capture.confine import confined
from lindung.runtime import landlock_version

_CANDIDATES = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-gpu", "--disable-breakpad",
    "--disable-crash-reporter", "--no-pings", "--disable-domain-reliability", "--mute-audio",
    "--proxy-bypass-list=<-loopback>", "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy", "--disable-blink-features=AutomationControlled",
    "--disable-features=DialMediaRouteProvider,OptimizationHints,MediaRouter,Translate,"
    "AutofillServerCommunication,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "NetworkTimeServiceQuerying",
)  # fmt: skip
OWN_ADDRESSES = (
    "http://clients2.google.com/time/", "://update.googleapis.com/service/",
    "://safebrowsing.googleapis.com/", "://optimizationguide-pa.googleapis.com/",
    "://clientservices.googleapis.com/", "://edgedl.me.gvt1.com/", "://redirector.gvt1.com/",
    "://android.clients.google.com/", "://content-autofill.googleapis.com/",
    "https://accounts.google.com/ListAccounts",
)  # fmt: skip
"""What Chromium asks for itself, whatever the page: the guard never carries it."""


def find_chromium() -> str | None:
    """The path of an installed Chromium or Chrome, or None."""
    return next((path for name in _CANDIDATES if (path := shutil.which(name))), None)


@cache
def version(path: str) -> str:
    """The version of the Chromium at `path`, such as "156.0.8078.108"; empty if it does not say."""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(rb"\d+(\.\d+)+", said.stdout)
    return found.group().decode() if found else ""


def setuid_helper() -> str | None:
    """Debian's chromium-sandbox: Chromium's sandbox where a user may make no namespaces."""
    for place in (Path("/usr/lib/chromium"), Path(os.path.realpath(find_chromium() or "/")).parent):
        helper = place / "chrome-sandbox"
        with contextlib.suppress(OSError):
            found = helper.stat()
            if found.st_uid == 0 and found.st_mode & stat.S_ISUID:
                return str(helper)
    return None


def launcher(profile: Path, user: int, *, new_privileges: bool = False, only_port: int = 0) -> Path:
    """A file that starts Chromium as `user`, without power; the kernel ends it with its driver.

    `new_privileges` lets it use the setuid helper. With `only_port` it is confined (confine.py).
    """
    words = ["setpriv"]
    if os.geteuid() == 0:
        os.chown(profile, user, user)
        words += [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        words += [] if new_privileges else ["--no-new-privs"]
    words += ["--pdeathsig", "KILL", "--", str(find_chromium())]
    if only_port and landlock_version():
        words = confined(only_port, profile, [str(shutil.which("setpriv")), *words[1:]])
    script = profile.parent / "chromium"
    script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    script.chmod(0o755)
    return script
