"""The browser that is installed: how it is started, and what it asks for on its own account."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lindung.evidence.capture.jail import NOBODY

_CANDIDATES = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-gpu", "--disable-breakpad",
    "--disable-crash-reporter", "--no-pings", "--disable-domain-reliability", "--mute-audio",
    "--proxy-bypass-list=<-loopback>", "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy",
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


def launcher(profile: Path) -> Path:
    """A file that starts Chromium without power; the kernel ends it with its driver."""
    drop = ""
    if os.geteuid() == 0:
        os.chown(profile, NOBODY, NOBODY)
        drop = f"--reuid={NOBODY} --regid={NOBODY} --clear-groups --no-new-privs"
    script = profile.parent / "chromium"
    script.write_text(
        f'#!/bin/sh\nexec setpriv {drop} --pdeathsig KILL -- "{find_chromium()}" "$@"\n'
    )
    script.chmod(0o755)
    return script
