"""The keys that what is stored depends on, by their fingerprints in the custody log."""

from __future__ import annotations

import hashlib
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from lindung.evidence import KeyProblem as Unusable
from lindung.hotline.config import keys

from .log import append
from .models import Entry
from .places import evidence_keys, keys_folder

SUBJECT, KIND = "keys", "keys.known"


def check_keys() -> None:
    """Raise KeyProblem unless each key is the one that this hotline's data was made with.

    What is not known yet is written into the log, and is known from then on.
    """
    now = _fingerprints()
    entries = Entry.objects.filter(subject=SUBJECT, kind=KIND).order_by("index")
    known: dict[str, str] = {}
    for entry in entries:
        known |= json.loads(entry.entry)["keys"]
    wrong = [name for name in now if known.get(name, now[name]) != now[name]]
    if wrong:
        raise keys.KeyProblem(
            f"Not the keys of this hotline: {', '.join(wrong)} in {keys.folder(settings.ENV.home)}."
            " What is stored was made with others. Nothing was changed. Put the right ones back "
            "from your safe copy."
        )
    if fresh := {name: now[name] for name in now.keys() - known.keys()}:
        append(KIND, SUBJECT, {"keys": fresh})


def check_evidence_keys() -> None:
    """Raise KeyProblem unless the evidence keys can be read and are those of their trust file."""
    try:
        held, trust = evidence_keys(), evidence_keys().trust()
        ours = ((held.signer, trust.signers), (held.log, trust.logs))
        good = all(
            _public(key) in [one.public_bytes_raw() for some in named.values() for one in some]
            for key, named in ours
        )
    except Unusable as error:
        raise _problem(str(error)) from None
    if not good:
        raise _problem("signer.pem and log.pem do not belong to trust.json.")


def _problem(why: str) -> keys.KeyProblem:
    return keys.KeyProblem(
        f"The evidence keys in {keys_folder()} cannot be used: {why} No key was made, because "
        "sealed evidence depends on them. Put the folder back from your safe copy."
    )


def _fingerprints() -> dict[str, str]:
    home = settings.ENV.home
    secret = {
        "report.pub": keys.read(home, "report.pub"),
        "receipt.key": keys.read(home, "receipt.key"),
    }
    check_evidence_keys()
    held = evidence_keys()
    secret |= {"evidence/signer.pem": _public(held.signer), "evidence/log.pem": _public(held.log)}
    return {
        name: hashlib.sha256(f"lindung {name} ".encode() + content).hexdigest()
        for name, content in secret.items()
    }


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()
