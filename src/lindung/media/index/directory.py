"""The directory of a saved index: which files belong to it, whether they are whole, who may write.

manifest.json names the files with their SHA-256 and is put in place by one rename. verified.json
remembers which files were whole, by what changes whenever they are written to.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
from pathlib import Path
from typing import Any

from lindung.media.index.container import (
    Arrays,
    CorruptIndexError,
    file_digest,
    fingerprint,
    map_arrays,
    write_arrays,
)
from lindung.runtime import write_whole

FORMAT = 2
ATTEMPTS = 5  # to open what a writer replaces meanwhile
MANIFEST, VERIFIED, LOCK = "manifest.json", "verified.json", "lock"


def write(place: Path, kind: str, arrays: Arrays) -> list[str]:
    """Write arrays under a new name; return the name and the SHA-256."""
    name = f"{kind}-{secrets.token_hex(8)}.arrays"
    return [name, write_arrays(place / name, arrays)]


def publish(place: Path, manifest: dict[str, Any], fresh: set[str]) -> None:
    """Put a manifest in place; its `fresh` files were just written, and all others go."""
    manifest = manifest | {"format": FORMAT}
    manifest["check"] = _checksum(manifest)
    named = {name for name, _ in manifest["files"].values()}
    known = {name: stamp for name, stamp in _verified(place).items() if name in named}
    _remember(place, known | {name: fingerprint(place / name) for name in fresh})
    write_whole(place / MANIFEST, json.dumps(manifest, indent=1), mode=0o666)
    for old in [*place.glob("*.arrays"), *place.glob("*.tmp")]:
        if old.name not in named:
            old.unlink(missing_ok=True)


def load(place: Path) -> tuple[dict[str, Any], dict[str, Arrays]]:
    """The manifest, and its files mapped, each verified now or known to be whole.

    Raises CorruptIndexError, FileNotFoundError where there is no manifest.
    """
    for attempt in range(ATTEMPTS):
        manifest = _read_manifest(place)
        verified: dict[str, list[int]] = {}
        try:
            arrays = {
                kind: _map(place, name, digest, verified)
                for kind, (name, digest) in manifest["files"].items()
            }
            break
        except FileNotFoundError as error:  # a writer put the next one in place meanwhile
            if attempt == ATTEMPTS - 1:
                raise CorruptIndexError(f"{error.filename}: missing.") from error
    _remember(place, verified)
    return manifest, arrays


def _read_manifest(place: Path) -> dict[str, Any]:
    path = place / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
        if manifest["format"] != FORMAT:
            raise ValueError(f"it is of format {manifest['format']}, read is {FORMAT}")
        if manifest["check"] != _checksum(manifest):
            raise ValueError("its checksum does not fit")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CorruptIndexError(f"{path}: damaged ({error}).") from error
    return dict(manifest)


def _checksum(manifest: dict[str, Any]) -> str:
    """Over everything a manifest says but this."""
    rest = {key: value for key, value in manifest.items() if key != "check"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _map(place: Path, name: str, digest: str, verified: dict[str, list[int]]) -> Arrays:
    path = place / name
    verified[name] = fingerprint(path)  # before it is read: a later change is noticed
    if _verified(place).get(name) != verified[name] and file_digest(path) != digest:
        raise CorruptIndexError(f"{path}: damaged (its checksum does not fit the manifest).")
    return map_arrays(path)


def _verified(place: Path) -> dict[str, Any]:
    try:
        found = json.loads((place / VERIFIED).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _remember(place: Path, stamps: dict[str, Any]) -> None:
    """Remember that these files were whole; where that cannot be written they are read again."""
    with contextlib.suppress(OSError):
        if _verified(place) != stamps:
            write_whole(place / VERIFIED, json.dumps(stamps), mode=0o666)
