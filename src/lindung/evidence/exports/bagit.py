"""BagIt 1.0 (RFC 8493): the sealed members of a bundle as a bag."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from lindung.evidence.bundle.container import BundleReader


def write_bag(reader: BundleReader, manifest: Mapping[str, Any], out: Path) -> None:
    """Write the bag directory `out`; its payload stays encrypted."""
    sums, size = [], 0
    for name, member in sorted(reader.members.items()):
        path = out / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines(reader.pieces(name))
        sums.append(f"{reader.digest(name)}  data/{name}\n")
        size += member.size
    tags = {
        "bagit.txt": "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "manifest-sha256.txt": "".join(sums),
        "bag-info.txt": (
            f"Source-Organization: {_line(manifest['operator'])}\n"
            f"External-Identifier: {manifest['bundle']}\n"
            f"External-Description: Sealed capture of {_line(manifest['address'])}\n"
            f"Bagging-Date: {manifest['sealed'][:10]}\n"
            f"Payload-Oxum: {size}.{len(sums)}\n"
        ),
    }
    for name, text in tags.items():
        (out / name).write_text(text, encoding="utf-8")
    tagged = "".join(f"{sha256(t.encode()).hexdigest()}  {n}\n" for n, t in sorted(tags.items()))
    (out / "tagmanifest-sha256.txt").write_text(tagged)


def _line(text: object) -> str:
    return " ".join(str(text).split())
