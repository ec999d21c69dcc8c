"""The hotline's keys, as files under `$LINDUNG_HOME/keys`, each readable by its owner only.

| file           | what it is                                         | who reads it            |
|----------------|----------------------------------------------------|-------------------------|
| report.pub     | X25519 public key that reports are sealed to       | public, console, worker |
| report.key     | its secret half                                    | console, worker         |
| receipt.key    | key of the keyed hash that receipts are stored as  | public                  |
| django-*.key   | signing key of cookies and forms of one process    | that process            |
| db-ROLE.key    | database password of one role                      | the process of that role|
| db-superuser.key | password of the embedded server's `postgres`     | a person, in need       |

A key is made once, for a hotline that holds nothing yet; `made.json` lists the names. From then on
a key that is missing or damaged stops the start: a new one would open nothing that is stored. The
database knows the fingerprints (see known_keys.py). docs/decisions/0025.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from nacl.public import PrivateKey

from lindung.runtime import write_whole

from .env import SettingsError

ROLES = ("owner", "public", "console", "worker")
BYTES = 32  # of the binary keys
PASSWORD = re.compile(rb"[A-Za-z0-9_-]{32,200}")
BINARY = ("report.key", "report.pub", "receipt.key")
TEXT = (*(f"{kind}-{role}.key" for kind in ("db", "django") for role in ROLES), "db-superuser.key")
NAMES = (*BINARY, *TEXT)
REPORTS = {
    "public": ("report.pub", "receipt.key"),
    "console": ("report.pub", "report.key"),
    "worker": ("report.pub", "report.key"),
}
MADE = "made.json"
_kept: dict[Path, bytes] = {}  # of this process, see `keep`


class KeyProblem(SettingsError):
    """A key that is missing or cannot be used; the text says which, and names the safe copy."""


def folder(home: Path) -> Path:
    return home / "keys"


def keep(home: Path, names: Sequence[str]) -> None:
    """Hold these keys in memory, for a process that gives up reading files before it serves."""
    for name in names:
        _kept[folder(home) / name] = read(home, name)


def read(home: Path, name: str) -> bytes:
    """The content of one key file. Raises KeyProblem with what to do."""
    path = folder(home) / name
    if path in _kept:
        return _kept[path]
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise _problem(path, "is missing") from None
    except OSError as error:
        raise _problem(path, f"cannot be read ({error.strerror})") from None
    if not content:
        raise _problem(path, "is empty")
    if name in BINARY:
        if len(content) != BYTES:
            raise _problem(path, f"holds {len(content)} bytes where the key has {BYTES}")
        return content
    content = content.strip()  # an editor ends a file with a line's end
    if not PASSWORD.fullmatch(content):
        raise _problem(path, "is cut short or is no key of this kind")
    return content


def check(home: Path, process: str) -> None:
    """Whether a process has the keys it needs, and the right pair. Raises KeyProblem."""
    wanted = REPORTS[process]
    for name in (*wanted, f"django-{process}.key"):
        read(home, name)
    if "report.key" in wanted:
        _check_pair(home)


def prepare(home: Path, *, holds_data: bool = False) -> list[str]:
    """Make the keys of a new hotline, and check those of an existing one. Returns the names made.

    A hotline is new while it holds nothing: `holds_data` says so of a database elsewhere. A public
    key is made from its private half. Raises KeyProblem, and OSError.
    """
    home.mkdir(mode=0o711, parents=True, exist_ok=True)
    folder(home).mkdir(mode=0o700, exist_ok=True)
    owed = _owed(home, holds_data)
    for name in owed:
        if name != "report.pub":
            read(home, name)
    made = [name for name in NAMES if not _there(home, name)]
    if "report.key" in made and "report.pub" not in made:
        raise _problem(folder(home) / "report.key", "is missing, and report.pub is there")
    for name in made:
        if name != "report.pub":
            content = secrets.token_bytes(BYTES) if name in BINARY else _password()
            write_whole(folder(home) / name, content)
    if "report.pub" in made:
        write_whole(folder(home) / "report.pub", _public_half(home))
    for name in NAMES:
        read(home, name)
    _check_pair(home)
    if _listed(home) != list(NAMES):
        write_whole(folder(home) / MADE, json.dumps(NAMES))
    return made


def _owed(home: Path, holds_data: bool) -> Sequence[str]:
    """The keys that were made before: none of them is ever made again.

    Without a list (an older hotline, or the list is lost) these are all, if anything is stored.
    """
    if listed := _listed(home):
        return listed
    evidence = home / "evidence"
    stored = evidence.is_dir() and any(evidence.iterdir())
    made = stored or (home / "postgres" / "data").exists() or (folder(home) / MADE).exists()
    return NAMES if made or holds_data else ()


def _listed(home: Path) -> list[str]:
    try:
        listed = json.loads((folder(home) / MADE).read_bytes())
    except (OSError, ValueError):
        return []
    return listed if isinstance(listed, list) and set(listed) <= set(NAMES) else []


def _there(home: Path, name: str) -> bool:
    path = folder(home) / name
    return path.exists() or path.is_symlink()


def _public_half(home: Path) -> bytes:
    return bytes(PrivateKey(read(home, "report.key")).public_key)


def _check_pair(home: Path) -> None:
    if read(home, "report.pub") != _public_half(home):
        raise _problem(
            folder(home) / "report.pub",
            "does not belong to report.key beside it, so reports would be sealed to another key",
        )


def _problem(path: Path, what: str) -> KeyProblem:
    return KeyProblem(
        f"The key file {path} {what}. No key was made and nothing was changed, because what this "
        f"hotline stores may depend on it. Put the file back from your safe copy of the folder "
        f"{path.parent} (docs/operating.md, “Where everything is”). "
        "Only a new hotline, with an empty home folder and an empty database, gets new keys."
    )


def _password() -> bytes:
    return secrets.token_urlsafe(32).encode()
