"""Keys from where they are kept: a file, the environment, or whatever a key service answers."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

PATIENCE = 30.0  # seconds a key service may take


class KeyUnusableError(ValueError):
    """A key that could not be had or is none; the message is for people and tells no secret."""


def read_key(source: str | Path, bits: int = 128) -> bytes:
    """A key of so many bits, written in hexadecimal digits.

    `source` is a file, `env:NAME` for a variable of the environment, or `exec:COMMAND` for a
    program that prints the key (a key service's client; no shell is asked). A file may hold such a
    reference instead of the digits. Raises KeyUnusableError.
    """
    where, text = str(source), _fetched(str(source))
    if text.startswith(("env:", "exec:")):
        where, text = f"{source} ({text.partition(':')[0]})", _fetched(text)
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) * 8 != bits:
        raise KeyUnusableError(
            f"{where}: a key is {bits // 4} hexadecimal digits ({bits} bits). "
            f"Make one: openssl rand -hex {bits // 8}"
        )
    return key


def _fetched(source: str) -> str:
    kind, _, rest = source.partition(":")
    if kind == "env":
        if (value := os.environ.get(rest)) is None:
            raise KeyUnusableError(f"The environment has no variable {rest}, which names a key.")
        return value.strip()
    if kind == "exec":
        return _printed(rest)
    try:
        return Path(source).read_text("ascii").strip()
    except OSError as error:
        raise KeyUnusableError(f"{source}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        return ""


def _printed(command: str) -> str:
    """What a key service's client prints. What it says on standard error stays there."""
    try:
        words = shlex.split(command)
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=PATIENCE, check=False
        )
    except (OSError, ValueError, IndexError) as error:
        raise KeyUnusableError(f"The key command could not be started: {error}.") from None
    except subprocess.TimeoutExpired:
        raise KeyUnusableError(f"The key command took longer than {PATIENCE:g} seconds.") from None
    if done.returncode:
        raise KeyUnusableError(f"The key command ended with exit code {done.returncode}.")
    return done.stdout.decode("ascii", "replace").strip()
