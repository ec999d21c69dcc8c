"""The hotline's keys, as files under `$LINDUNG_HOME/keys`, each readable by its owner only.

| file           | what it is                                         | who reads it            |
|----------------|----------------------------------------------------|-------------------------|
| report.pub     | X25519 public key that reports are sealed to       | public, worker          |
| report.key     | its secret half                                    | console, worker         |
| receipt.key    | key of the keyed hash that receipts are stored as  | public                  |
| django-*.key   | signing key of cookies and forms of one process    | that process            |
| db-ROLE.key    | database password of one role                      | the process of that role|
| db-superuser.key | password of the embedded server's `postgres`     | a person, in need       |
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from nacl.public import PrivateKey

ROLES = ("owner", "public", "console", "worker")


class KeyMissing(RuntimeError):
    """A key file that this process needs is not there."""


def folder(home: Path) -> Path:
    return home / "keys"


def read(home: Path, name: str) -> bytes:
    """The content of one key file; raises KeyMissing with what to do."""
    path = folder(home) / name
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise KeyMissing(
            f"The key file {path} is missing. `lindung migrate` makes the keys of a new hotline; "
            "for an existing one, restore the file from your safe copy."
        ) from None


def create_missing(home: Path) -> list[str]:
    """Make the keys that a new hotline needs; never replace one. Returns the names made."""
    home.mkdir(mode=0o711, parents=True, exist_ok=True)
    folder(home).mkdir(mode=0o700, exist_ok=True)
    made = []
    if not (folder(home) / "report.pub").exists():
        pair = PrivateKey.generate()
        _write(folder(home) / "report.key", bytes(pair))
        _write(folder(home) / "report.pub", bytes(pair.public_key))
        made += ["report.key", "report.pub"]
    simple = {"receipt.key": secrets.token_bytes(32)}
    simple |= {f"{kind}-{role}.key": _password() for kind in ("db", "django") for role in ROLES}
    simple["db-superuser.key"] = _password()
    for name, content in simple.items():
        if not (folder(home) / name).exists():
            _write(folder(home) / name, content)
            made.append(name)
    return made


def _password() -> bytes:
    return secrets.token_urlsafe(32).encode()


def _write(path: Path, content: bytes) -> None:
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
