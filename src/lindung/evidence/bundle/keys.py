"""Who signs and who may open.

A key directory holds what a server needs and nothing that opens evidence:
`signer.pem` and `log.pem` (Ed25519, mode 0600), `recipients.txt` (age public keys) and
`trust.json` (to hand to verifiers). `offline/` holds the age identities: move it away.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyrage
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lindung.evidence.bundle.trust import KeyProblem, Trust, public_text
from lindung.evidence.log.custody_log import FileLog
from lindung.evidence.log.notes import is_name
from lindung.evidence.log.witness import RemoteWitness
from lindung.runtime import UnusableFile, read_bounded, read_bounded_text, visible

_MOST = 1 << 20


@dataclass(frozen=True)
class Keys:
    """What seals: a signer, the log's key and the public keys of two or more recipients."""

    name: str
    signer: Ed25519PrivateKey = field(repr=False)
    log: Ed25519PrivateKey = field(repr=False)
    recipients: tuple[str, ...]
    directory: Path

    @classmethod
    def load(cls, directory: Path) -> Keys:
        """Read a key directory; raises `KeyProblem`."""
        try:
            trust = Trust.load(directory / "trust.json")
            lines = read_bounded_text(directory / "recipients.txt", _MOST).split()
            signer, log = (_private(directory / file) for file in ("signer.pem", "log.pem"))
            name = next(iter(trust.signers))
        except (KeyProblem, ValueError, TypeError, StopIteration) as error:
            words = str(error) or "its trust.json names no signer."
            raise KeyProblem(
                f"{directory} is not a usable key directory: {words} Make one: lindung keygen DIR"
            ) from None
        if len(lines) < 2:
            raise KeyProblem(f"{directory}/recipients.txt must name two or more age recipients.")
        for line in lines:
            try:
                pyrage.x25519.Recipient.from_str(line)
            except pyrage.RecipientError:
                raise KeyProblem(
                    f"{directory}/recipients.txt: not an age key: {visible(line)}"
                ) from None
        return cls(name, signer, log, tuple(lines), directory)

    def trust(self) -> Trust:
        return Trust.load(self.directory / "trust.json")

    def file_log(self, witnesses: Sequence[str] = ()) -> FileLog:
        """The custody log kept in the key directory, for work without a hotline.

        `witnesses` are the addresses of witnesses to cosign its heads; the keys that trust.json
        has for their names are those they are held to.
        """
        remote = [RemoteWitness(url, keys=self.trust().witnesses) for url in witnesses]
        return FileLog(self.directory / "log", self.name, self.log, remote)


def keygen(directory: Path, name: str = "lindung.example", recipients: int = 2) -> Keys:
    """Make a new key directory, with `offline/identity-N.txt` for each of `recipients`.

    `name` is the signer's and the log's origin, best a host name of the operator. Raises
    `KeyProblem` when the directory already holds something, so that no key is overwritten.
    """
    if not is_name(name):
        raise KeyProblem(f"The name of a signer has no spaces and no plus sign: {visible(name)}")
    if recipients < 2:
        raise KeyProblem("Evidence is encrypted to two or more recipients.")
    if directory.exists() and not directory.is_dir():
        raise KeyProblem(f"{directory} is no directory.")
    if directory.exists() and any(directory.iterdir()):
        raise KeyProblem(f"{directory} is not empty; keys are never overwritten.")
    offline = directory / "offline"
    offline.mkdir(parents=True, mode=0o700)
    signer, log = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    public = []
    for number in range(1, recipients + 1):
        identity = pyrage.x25519.Identity.generate()
        public.append(str(identity.to_public()))
        _write(offline / f"identity-{number}.txt", f"# {public[-1]}\n{identity}\n")
    for file, key in (("signer.pem", signer), ("log.pem", log)):
        _write(directory / file, _pem(key))
    public_pem = signer.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    _write(directory / "signer-public.pem", public_pem.decode())
    _write(directory / "recipients.txt", "\n".join(public) + "\n")
    trust: dict[str, Any] = {
        "signers": [{"name": name, "key": public_text(signer.public_key())}],
        "logs": [{"name": name, "key": public_text(log.public_key())}],
        "witnesses": [],
        "time_authorities": [],
        "require": {"time_tokens": 0, "cosignatures": 0},
    }
    _write(directory / "trust.json", json.dumps(trust, indent=2) + "\n")
    return Keys.load(directory)


def witness_key(directory: Path) -> tuple[Ed25519PrivateKey, str]:
    """A witness's key in `directory`, made at the first call, and its public text."""
    path = directory / "witness.pem"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path, _pem(Ed25519PrivateKey.generate()))
    key = _private(path)
    return key, public_text(key.public_key())


def _pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _private(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(read_bounded(path, _MOST), None)
    except UnusableFile:
        raise
    except ValueError:
        raise ValueError(f"{path} holds no private key.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} is not an Ed25519 key.")
    return key


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
