"""Open a bundle: decrypt it to a private place, all of it or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyrage

from lindung.evidence.bundle.container import BundleProblem, BundleReader
from lindung.evidence.bundle.keys import Trust
from lindung.evidence.bundle.verifying import TAMPERED, Outcome, Verdict, verify


class CannotOpen(Exception):
    """The bundle cannot be opened; the message says why. Nothing was left behind."""


def open_bundle(
    bundle: Path, identity: Path, into: Path, trust: Trust | Path | None = None
) -> Verdict:
    """Decrypt every file of `bundle` into the new directory `into` (mode 0700).

    `identity` is a file with an age identity. The bundle is verified first and one that shows
    tampering is refused; every plaintext must have the digest in the manifest. Raises
    `CannotOpen` and leaves nothing behind.
    """
    if into.exists():
        raise CannotOpen(f"{into} already exists; name a new directory.")
    verdict = verify(bundle, trust)
    if verdict.status == TAMPERED:
        wrong = next(c.words for c in verdict.checks if c.outcome is Outcome.FAILED)
        raise CannotOpen(f"The bundle is not authentic and was not opened. {wrong}")
    if not verdict.manifest:
        raise CannotOpen(verdict.checks[-1].words)
    identities = _identities(identity)
    into.parent.mkdir(parents=True, exist_ok=True)
    private = Path(tempfile.mkdtemp(prefix=f".{into.name}-", dir=into.parent))
    try:
        with BundleReader(bundle) as reader:
            for entry in verdict.manifest["files"]:
                _decrypt(reader, entry, private, identities)
        private.rename(into)
    except (pyrage.DecryptError, BundleProblem, OSError, KeyError) as error:
        raise CannotOpen(f"The bundle could not be opened: {error}") from None
    finally:
        shutil.rmtree(private, ignore_errors=True)
    return verdict


def _identities(path: Path) -> list[pyrage.x25519.Identity]:
    try:
        lines = [line.strip() for line in path.read_text().splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines
                 if line and not line.startswith("#")]  # fmt: skip
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise CannotOpen(f"{path} is not an age identity: {error}") from None
    if not found:
        raise CannotOpen(f"{path} holds no age identity.")
    return found


def _decrypt(
    reader: BundleReader,
    entry: Mapping[str, Any],
    into: Path,
    identities: list[pyrage.x25519.Identity],
) -> None:
    path = into / Path(str(entry["name"])).name
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
        pyrage.decrypt_io(reader.stream(entry["sealed"]["name"]), file, identities)
        file.seek(0)
        digest = sha256()
        while piece := file.read(1 << 20):
            digest.update(piece)
    if digest.hexdigest() != entry["sha256"]:
        raise CannotOpen(f"{entry['name']} does not have the digest in the manifest.")
