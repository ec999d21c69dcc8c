"""The directory of a saved index: which files belong to it, whether they are whole, who may write.

manifest.json names the files with their SHA-256 and is put in place by one rename. verified.json
remembers which files were whole, by what changes whenever they are written to.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lindung.media.index.container import (
    Arrays,
    CorruptIndexError,
    file_digest,
    fingerprint,
    map_arrays,
    replace_file,
    write_arrays,
)

FORMAT = 2
MANIFEST, VERIFIED, LOCK = "manifest.json", "verified.json", "lock"


@contextlib.contextmanager
def alone(place: Path) -> Iterator[None]:
    """Hold the directory's write lock; it ends with the process, however that ends."""
    with (place / LOCK).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def write(place: Path, kind: str, arrays: Arrays) -> list[str]:
    """Write arrays under a new name; return the name and the SHA-256."""
    name = f"{kind}-{secrets.token_hex(8)}.arrays"
    return [name, write_arrays(place / name, arrays)]


def checksum(manifest: dict[str, Any]) -> str:
    """Over everything a manifest says but this."""
    rest = {key: value for key, value in manifest.items() if key != "check"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def read_manifest(place: Path) -> dict[str, Any]:
    """The manifest, whole. Raises CorruptIndexError, FileNotFoundError."""
    path = place / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
        if manifest["format"] != FORMAT:
            raise ValueError(f"it is of format {manifest['format']}, read is {FORMAT}")
        if manifest["check"] != checksum(manifest):
            raise ValueError("its checksum does not fit")
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptIndexError(f"{path}: damaged ({error}).") from error
    return dict(manifest)


def load(place: Path, name: str, digest: str) -> Arrays:
    """Map a file, verified now or known to be. Raises CorruptIndexError, FileNotFoundError."""
    path = place / name
    if _verified(place).get(name) != fingerprint(path) and file_digest(path) != digest:
        raise CorruptIndexError(f"{path}: damaged (its checksum does not fit the manifest).")
    return map_arrays(path)


def _verified(place: Path) -> dict[str, Any]:
    try:
        found = json.loads((place / VERIFIED).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def note_verified(place: Path, files: dict[str, list[str]]) -> None:
    """Remember that these files were whole; where that cannot be written they are read again."""
    with contextlib.suppress(OSError):
        stamps = {name: fingerprint(place / name) for name, _ in files.values()}
        if _verified(place) != stamps:
            replace_file(place / VERIFIED, json.dumps(stamps))
