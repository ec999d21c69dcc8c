"""Open a bundle: decrypt it to a private place, all of it or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyrage

from lindung.evidence.bundle.container import BundleProblem, BundleReader
from lindung.evidence.bundle.trust import Trust
from lindung.evidence.bundle.verifying import AUTHENTIC, TAMPERED, Outcome, Verdict, examined
from lindung.runtime import UnusableFile, read_bounded_text, visible

_MOST_IDENTITY = 1 << 20


class CannotOpen(Exception):
    """The bundle cannot be opened; the message says why. Nothing was left behind.

    `established` is False where it could not be asked, or not be established that the bundle is
    authentic.
    """

    def __init__(self, message: str, *, established: bool = True) -> None:
        super().__init__(message)
        self.established = established


@contextmanager
def admitted(
    bundle: Path, trust: Trust | Path | None, even_if_not_authentic: bool
) -> Iterator[tuple[BundleReader, Verdict]]:
    """A bundle that may be opened or exported, and its reader; raises `CannotOpen`.

    It is authentic, or nothing shows that it is not and the user said `even_if_not_authentic`.
    """
    with examined(bundle, trust) as (reader, verdict):
        wrong = [one.words for one in verdict.checks if one.outcome is not Outcome.PASSED]
        if verdict.status == TAMPERED:
            failed = next(c.words for c in verdict.checks if c.outcome is Outcome.FAILED)
            raise CannotOpen(f"The bundle is not authentic and stays closed. {failed}")
        if reader is None or not verdict.manifest:
            raise CannotOpen(" ".join(wrong), established=False)
        if verdict.status != AUTHENTIC and not even_if_not_authentic:
            raise CannotOpen(
                f"It cannot be established that the bundle is authentic, so it stays closed. "
                f"{' '.join(wrong)} Give the trust file you have from its signer (--trust), or "
                "say that you want it all the same (--even-if-not-authentic).",
                established=False,
            )
        yield reader, verdict


def open_bundle(
    bundle: Path, identity: Path, into: Path, trust: Trust | Path | None = None, *,
    even_if_not_authentic: bool = False,
) -> Verdict:  # fmt: skip
    """Decrypt every file of `bundle` into the new directory `into` (mode 0700).

    `identity` is a file with an age identity. The bundle is verified first: one that shows
    tampering is refused, and so is one that is not authentic by `trust`, unless the caller says
    `even_if_not_authentic`. Every plaintext must have the digest in the manifest; files deleted
    by law are left out. Raises `CannotOpen` and leaves nothing behind.
    """
    if into.exists():
        raise CannotOpen(f"{into} already exists; name a new directory.", established=False)
    with admitted(bundle, trust, even_if_not_authentic) as (reader, verdict):
        decrypt(reader, verdict.manifest, identity, into)
    return verdict


def decrypt(reader: BundleReader, manifest: Mapping[str, Any], identity: Path, into: Path) -> None:
    """Decrypt the files of an admitted bundle into the new directory `into`, all or none."""
    identities = _identities(identity)
    private: Path | None = None
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        private = Path(tempfile.mkdtemp(prefix=f".{into.name}-", dir=into.parent))
        for entry in manifest["files"]:
            if entry["sealed"]["name"] in reader.members:
                _decrypt(reader, entry, private, identities)
        private.rename(into)
    except pyrage.DecryptError:
        raise CannotOpen(f"{identity} does not open this bundle.") from None
    except (BundleProblem, OSError) as error:
        words = getattr(error, "strerror", None) or error
        raise CannotOpen(f"The bundle could not be opened: {words}.", established=False) from None
    finally:
        if private is not None:
            shutil.rmtree(private, ignore_errors=True)


def _identities(path: Path) -> list[pyrage.x25519.Identity]:
    try:
        lines = [line.strip() for line in read_bounded_text(path, _MOST_IDENTITY).splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines
                 if line and not line.startswith("#")]  # fmt: skip
    except UnusableFile as problem:
        raise CannotOpen(f"The age identity cannot be used. {problem}", established=False) from None
    except pyrage.IdentityError as error:
        raise CannotOpen(
            f"{path} is not an age identity: {visible(error)}.", established=False
        ) from None
    if not found:
        raise CannotOpen(f"{path} holds no age identity.", established=False)
    return found


def _decrypt(
    reader: BundleReader,
    entry: Mapping[str, Any],
    into: Path,
    identities: list[pyrage.x25519.Identity],
) -> None:
    path = into / entry["name"]
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
        pyrage.decrypt_io(reader.stream(entry["sealed"]["name"]), file, identities)
        file.seek(0)
        digest = sha256()
        while piece := file.read(1 << 20):
            digest.update(piece)
    if digest.hexdigest() != entry["sha256"]:
        raise CannotOpen(f"{entry['name']} does not have the digest in the manifest.")
