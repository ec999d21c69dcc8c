"""Exports of a bundle into the formats that courts, police and peers read.

CASE, STIX, MISP and VICS are pure functions of the manifest. BagIt wraps the sealed members. WACZ
holds the plaintext records and so needs an age identity.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from lindung.evidence.bundle.opening import CannotOpen, admitted, decrypt
from lindung.evidence.bundle.trust import Trust
from lindung.evidence.exports.bagit import write_bag
from lindung.evidence.exports.case import case_graph
from lindung.evidence.exports.misp import misp_event
from lindung.evidence.exports.stix import stix_bundle
from lindung.evidence.exports.vics import vics_cases
from lindung.evidence.exports.wacz import write_wacz

__all__ = ["Form", "export"]


class Form(StrEnum):
    """What a bundle can be exported as."""

    WACZ = "wacz"
    CASE = "case"
    BAGIT = "bagit"
    STIX = "stix"
    MISP = "misp"
    VICS = "vics"


_OF_THE_MANIFEST: Mapping[Form, Callable[[Mapping[str, Any]], object]] = {
    Form.CASE: case_graph,
    Form.STIX: stix_bundle,
    Form.MISP: misp_event,
    Form.VICS: vics_cases,
}


def export(
    bundle: Path,
    form: Form,
    out: Path,
    *,
    identity: Path | None = None,
    trust: Trust | Path | None = None,
    even_if_not_authentic: bool = False,
) -> None:
    """Write `bundle` as `form` at `out` (a file; a directory for BagIt), whole or not at all, and
    readable by its owner alone.

    Raises `CannotOpen` for a bundle that shows tampering, for one that is not authentic by `trust`
    unless the caller says `even_if_not_authentic`, and for WACZ without `identity`.
    """
    if out.exists():
        raise CannotOpen(f"{out} already exists; exports overwrite nothing.", established=False)
    if form is Form.WACZ and identity is None:
        raise CannotOpen(
            "WACZ holds the records in the clear: name an age identity (--identity).",
            established=False,
        )
    with (
        admitted(bundle, trust, even_if_not_authentic) as (reader, verdict),
        tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as room,
    ):
        made = Path(room) / "made"
        if form is Form.BAGIT:
            write_bag(reader, verdict.manifest, made)
        elif form is Form.WACZ and identity is not None:
            decrypt(reader, verdict.manifest, identity, Path(room) / "opened")
            write_wacz(Path(room) / "opened", verdict.manifest, made)
        else:
            document = _OF_THE_MANIFEST[form](verdict.manifest)
            made.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        _for_its_owner(made)
        made.rename(out)


def _for_its_owner(made: Path) -> None:
    """Evidence is nobody else's to read, whatever the umask says."""
    for path in (made, *made.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
