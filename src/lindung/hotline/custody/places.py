"""Where the hotline keeps its bundles and its evidence keys."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from lindung import evidence


def evidence_folder() -> Path:
    folder: Path = settings.ENV.home / "evidence"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def make_keys() -> Path | None:
    """Make the evidence keys of a new hotline; returns the folder of the offline identities."""
    folder: Path = settings.ENV.home / "keys" / "evidence"
    if folder.exists():
        return None
    evidence.keygen(folder, urlsplit(settings.ENV["PUBLIC_URL"]).hostname or "lindung")
    return folder / "offline"


@cache
def evidence_keys() -> evidence.Keys:
    return evidence.Keys.load(settings.ENV.home / "keys" / "evidence")


def trust_file() -> Path:
    """What a stranger needs to check our bundles: public keys only. It may not be there yet."""
    path: Path = settings.ENV.home / "keys" / "evidence" / "trust.json"
    return path


def signer_pem() -> str:
    """The public key that our bundles are signed with, as PEM for openssl; empty while there is
    none."""
    if not trust_file().exists():
        return ""
    (key,) = list(evidence.Trust.load(trust_file()).signers.values())[:1]
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
