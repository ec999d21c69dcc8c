"""Who signs, who may open, and what a verifier trusts.

A key directory holds what a server needs and nothing that opens evidence:
`signer.pem` and `log.pem` (Ed25519, mode 0600), `recipients.txt` (age public keys) and
`trust.json` (to hand to verifiers). `offline/` holds the age identities: move it away.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyrage
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lindung.evidence.log.custody_log import FileLog
from lindung.evidence.log.notes import raw
from lindung.evidence.log.witness import RemoteWitness


class KeyProblem(Exception):
    """Keys or a trust file that cannot be used; the message says which, where and why."""


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
            name = str(json.loads((directory / "trust.json").read_text())["signers"][0]["name"])
            lines = (directory / "recipients.txt").read_text().split()
            signer, log = (_private(directory / file) for file in ("signer.pem", "log.pem"))
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise KeyProblem(
                f"{directory} is not a usable key directory: {error}. Make one: lindung keygen DIR"
            ) from None
        if len(lines) < 2:
            raise KeyProblem(f"{directory}/recipients.txt must name two or more age recipients.")
        for line in lines:
            try:
                pyrage.x25519.Recipient.from_str(line)
            except pyrage.RecipientError:
                raise KeyProblem(f"{directory}/recipients.txt: not an age key: {line}") from None
        return cls(name, signer, log, tuple(lines), directory)

    def trust(self) -> Trust:
        return Trust.load(self.directory / "trust.json")

    def file_log(self, witnesses: Sequence[str] = ()) -> FileLog:
        """The custody log kept in the key directory, for work without a hotline.

        `witnesses` are the addresses of witnesses to cosign its heads.
        """
        remote = [RemoteWitness(url) for url in witnesses]
        return FileLog(self.directory / "log", self.name, self.log, remote)


@dataclass(frozen=True)
class Trust:
    """What a verifier believes before seeing a bundle. It never comes out of the bundle.

    `require_tokens` and `require_cosignatures` are the least numbers a bundle must carry.
    """

    signers: Mapping[str, Ed25519PublicKey] = field(default_factory=dict)
    logs: Mapping[str, Ed25519PublicKey] = field(default_factory=dict)
    witnesses: Mapping[str, Ed25519PublicKey] = field(default_factory=dict)
    time_authorities: Mapping[str, x509.Certificate] = field(default_factory=dict)
    require_tokens: int = 0
    require_cosignatures: int = 0

    @classmethod
    def load(cls, path: Path) -> Trust:
        """Read a trust file; raises `KeyProblem`."""
        try:
            data = json.loads(path.read_text())
            require = data.get("require", {})
            signers, logs, witnesses = (
                {e["name"]: _public(e["key"]) for e in data.get(part, [])}
                for part in ("signers", "logs", "witnesses")
            )
            return cls(
                signers,
                logs,
                witnesses,
                time_authorities={
                    e["name"]: x509.load_pem_x509_certificate(e["certificate"].encode())
                    for e in data.get("time_authorities", [])
                },
                require_tokens=int(require.get("time_tokens", 0)),
                require_cosignatures=int(require.get("cosignatures", 0)),
            )
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise KeyProblem(f"{path} is not a usable trust file: {error}") from None


def keygen(directory: Path, name: str = "lindung.example", recipients: int = 2) -> Keys:
    """Make a new key directory, with `offline/identity-N.txt` for each of `recipients`.

    `name` is the signer's and the log's origin, best a host name of the operator. Raises
    `KeyProblem` when the directory already holds something, so that no key is overwritten.
    """
    if not name or any(c.isspace() or c == "+" for c in name):
        raise KeyProblem(f"The name of a signer has no spaces and no plus sign: {name!r}")
    if recipients < 2:
        raise KeyProblem("Evidence is encrypted to two or more recipients.")
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


def public_text(key: Ed25519PublicKey) -> str:
    """A public key as it stands in manifests and trust files: base64 of its 32 bytes."""
    return base64.b64encode(raw(key)).decode()


def _public(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))


def _pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _private(path: Path) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path.name} is not an Ed25519 key")
    return key


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
