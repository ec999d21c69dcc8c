"""What keeps Chromium's sandbox from working on this kind of machine, and what helps."""

from __future__ import annotations

import re
from pathlib import Path

from lindung.evidence.capture.chromium import setuid_helper

NO_BROWSER = "Chromium is not installed on this machine. Install it (Debian: apt install chromium)."
_WEAKER = (
    "Or accept the weaker mode, in which the browser has no sandbox and each record says so: "
    "LINDUNG_CAPTURE_ISOLATION=weaker for the hotline, --isolation weaker for lindung capture."
)
_KERNEL = Path("/proc/sys")


def is_about_isolation(words: str) -> bool:
    """Whether the browser's own words say that it was its sandbox that could not be made."""
    return bool(re.search(r"sandbox|namespace|privilege|clone", words, re.IGNORECASE))


def remedy() -> str:
    """The remedy for this kind of host, in sentences."""
    return f"{_namespaces()} {_WEAKER}"


def _namespaces() -> str:
    if _setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        return (
            "AppArmor keeps programs from making user namespaces here (Ubuntu 23.10 and newer). "
            "Allow it: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0."
        )
    if _setting("kernel/unprivileged_userns_clone") == "0":
        return "Allow user namespaces: sysctl -w kernel.unprivileged_userns_clone=1."
    if _setting("user/max_user_namespaces") == "0":
        helper = "" if setuid_helper() else " Or install Debian's chromium-sandbox."
        return f"Allow user namespaces: sysctl -w user.max_user_namespaces=10000.{helper}"
    if _in_container():
        return (
            "This container may make no user namespaces. Start it with a seccomp profile that "
            "allows them (Docker: --security-opt seccomp=FILE, with Chromium's own profile)."
        )
    if _in_chroot():
        return (
            "In a chroot the kernel makes no user namespaces. Run outside it (systemd-nspawn "
            "makes a root folder of its own), or install Debian's chromium-sandbox."
        )
    return (
        "The kernel refuses the namespaces that Chromium's sandbox needs. Allow user namespaces, "
        "or install Debian's chromium-sandbox."
    )


def _setting(name: str) -> str:
    try:
        return (_KERNEL / name).read_text().strip()
    except OSError:
        return ""


def _in_container() -> bool:
    if any(Path(place).exists() for place in ("/.dockerenv", "/run/.containerenv")):
        return True
    try:
        return b"container=" in Path("/proc/1/environ").read_bytes()
    except OSError:
        return False


def _in_chroot() -> bool:
    """Whether the first process has another root folder; only root may ask."""
    try:
        return not Path("/proc/1/root").samefile("/")
    except OSError:
        return False
