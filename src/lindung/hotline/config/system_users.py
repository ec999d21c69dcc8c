"""System users of this machine that parts run as, where `lindung up` runs as root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess

from .env import SettingsError

DATABASE = "lindung"


def of(part: str) -> str | None:
    """The user of a part, made where it is missing; None where we are not root."""
    return named(f"{DATABASE}-{part}")


def named(name: str) -> str | None:
    """The system user of this name, made where it is missing; None where we are not root."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(name)
    except KeyError:
        _make(name)
    return name


def _make(name: str) -> None:
    command = ["useradd", "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name]
    if shutil.which("useradd") is None:
        raise SettingsError(
            f"As root, Lindung gives its parts system users of their own, and useradd is missing: "
            f"make a system user named {name}, or start Lindung as another user."
        )
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode and name not in {entry.pw_name for entry in pwd.getpwall()}:
        raise SettingsError(f"useradd could not make the user {name}: {done.stderr.strip()}")
