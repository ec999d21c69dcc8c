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

from lindung.evidence.bundle.container import BundleReader
from lindung.evidence.bundle.keys import Trust
from lindung.evidence.bundle.opening import CannotOpen, open_bundle
from lindung.evidence.bundle.verifying import TAMPERED, verify
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
) -> None:
    """Write `bundle` as `form` at `out` (a file; a directory for BagIt), whole or not at all.

    A bundle that shows tampering is refused with `CannotOpen`, as is WACZ without `identity`.
    """
    if out.exists():
        raise CannotOpen(f"{out} already exists; exports overwrite nothing.")
    verdict = verify(bundle, trust)
    if verdict.status == TAMPERED or not verdict.manifest:
        raise CannotOpen(f"{bundle} is not authentic and was not exported. Run: lindung verify")
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as room:
        made = Path(room) / "made"
        if form is Form.BAGIT:
            with BundleReader(bundle) as reader:
                write_bag(reader, verdict.manifest, made)
        elif form is Form.WACZ:
            if identity is None:
                raise CannotOpen("WACZ holds the records in the clear: name an age identity.")
            open_bundle(bundle, identity, Path(room) / "opened", trust)
            write_wacz(Path(room) / "opened", verdict.manifest, made)
        else:
            document = _OF_THE_MANIFEST[form](verdict.manifest)
            made.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        if made.is_file():
            with made.open("rb") as file:
                os.fsync(file.fileno())
        made.rename(out)
