"""Where the hotline keeps its bundles and its evidence keys."""

from __future__ import annotations

import shutil
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from lindung import evidence
from lindung.hotline.config.keys import KeyProblem

from .models import Checkpoint


def evidence_folder() -> Path:
    folder: Path = settings.ENV.home / "evidence"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def keys_folder() -> Path:
    folder: Path = settings.ENV.home / "keys" / "evidence"
    return folder


def make_keys() -> Path | None:
    """Make the evidence keys of a new hotline; returns the folder of the offline identities.

    None where there are some. They appear whole or not at all, and never where evidence is:
    raises KeyProblem.
    """
    folder, making = keys_folder(), keys_folder().with_name("evidence.making")
    if folder.exists():
        return None
    if any(evidence_folder().iterdir()) or Checkpoint.objects.exists():
        raise KeyProblem(
            f"The folder {folder} is missing, and there is evidence that its keys sealed. No key "
            "was made. Put the folder back from your safe copy."
        )
    shutil.rmtree(making, ignore_errors=True)  # of a start that was killed: nothing used them
    evidence.keygen(making, urlsplit(settings.ENV["PUBLIC_URL"]).hostname or "lindung")
    making.rename(folder)
    return folder / "offline"


def identities_here() -> Path | None:
    """The folder of the offline identities while it still lies on this server."""
    folder = keys_folder() / "offline"
    return folder if folder.is_dir() and any(folder.iterdir()) else None


@cache
def evidence_keys() -> evidence.Keys:
    return evidence.Keys.load(keys_folder())


def trust_file() -> Path:
    """What a stranger needs to check our bundles: public keys only. It may not be there yet."""
    return keys_folder() / "trust.json"


def signer_pem() -> str:
    """The public key that our bundles are signed with, as PEM for openssl; empty while there is
    none."""
    if not trust_file().exists():
        return ""
    (keys,) = list(evidence.Trust.load(trust_file()).signers.values())[:1]
    key = keys[-1]  # after a rotation the newest stands last
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signer_fingerprint() -> str:
    """SHA-256 of that PEM text, as letters name it; empty while there is no key."""
    pem = signer_pem()
    return sha256(pem.encode()).hexdigest() if pem else ""
