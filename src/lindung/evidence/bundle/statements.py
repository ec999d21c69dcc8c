"""What a bundle states, its manifest and the log's entries about it, in the shapes allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lindung.evidence.bundle import shapes
from lindung.evidence.bundle.container import FILE_NAME, MEMBER, BundleProblem, BundleReader
from lindung.evidence.bundle.shapes import (
    Misshapen,
    canonical,
    count,
    digest,
    facts,
    many,
    mapping,
    matching,
    maybe,
    name,
    one_of,
    record,
    text,
    time,
)

FORMAT = "lindung-evidence/1"
DOCUMENTS = ("VERIFY.txt", "SHA256SUMS", "signer.pem")
TOKEN = re.compile(r"tokens/(0|[1-9][0-9]*)\.(?:(tsr)|(pem)|(0|[1-9][0-9]*)\.crl)", re.ASCII)

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_member = matching(MEMBER, "a name of a member")
_sha256 = digest(32)

_manifest = record(
    {
        "format": one_of(FORMAT),
        "bundle": matching(_UUID, "a UUID"),
        "address": text,
        "final_address": text,
        "redirects": many(shapes.anything),
        "policy": one_of("metadata-only", "no-media", "full"),
        "authority": maybe(text),
        "operator": text,
        "signer": record({"name": name, "key": shapes.base64_of(32)}),
        "recipients": many(text),
        "started": maybe(time),
        "ended": maybe(time),
        "sealed": time,
        "outcome": one_of("complete", "partial", "unreachable"),
        "problem": maybe(text),
        "completeness": facts,
        "hosts": facts,
        "isolation": facts,
        "limits": facts,
        "versions": facts,
        "files": many(
            record(
                {
                    "name": matching(FILE_NAME, "a plain name of a file"),
                    "kind": text,
                    "size": count,
                    "sha256": _sha256,
                    "sha1": digest(20),
                    "md5": digest(16),
                    "sealed": record({"name": _member, "size": count, "sha256": _sha256}),
                }
            )
        ),
        "documents": record(dict.fromkeys(DOCUMENTS, _sha256)),
    },
    {"http_status": maybe(count), "sent": facts},
)

# What the hotline's database adds to each entry of its log (custody_append).
_by_the_hotline = dict.fromkeys(("at", "process", "actor", "subject"), text) | {"index": count}
_token = record(
    {"authority": text},
    {"files": mapping(matching(TOKEN, "a member of tokens/"), _sha256), "pending": text},
)
_KINDS = {
    "evidence-sealed": {"tokens": many(_token)},
    "evidence-stamped": {"tokens": many(_token)},
    "evidence-deleted": {"files": many(_member), "authority": text},
}


def check_manifest(manifest: Any) -> None:
    """Raise `Misshapen` for a manifest that has a key, a type or a name which none has."""
    _manifest(manifest, "the manifest")
    names = [entry["name"] for entry in manifest["files"]]
    if len(set(names)) != len(names):
        raise Misshapen("the manifest names a file twice")
    for entry in manifest["files"]:
        if entry["sealed"]["name"] != f"files/{entry['name']}.age":
            raise Misshapen(f"the manifest puts {entry['name']} elsewhere")


def read_manifest(raw: bytes) -> dict[str, Any]:
    """A manifest from its bytes; raises `Misshapen`."""
    manifest: dict[str, Any] = canonical(raw)
    check_manifest(manifest)
    return manifest


def read_included(raw: bytes) -> dict[str, Any]:
    """What `log/N/entry.json` holds: `entry`, `salt`, `index`, `proof`. Raises `Misshapen`."""
    included = canonical(raw)
    _included(included, "the log's entry")
    return dict(included)


def _entry(value: Any, where: str) -> None:
    facts(value, where)
    kind = value.get("kind")
    if type(kind) is not str or kind not in _KINDS:
        shapes.fail(f"{where}.kind", "a kind of entry about evidence", kind)
    needed = {"kind": text, "manifest_sha256": _sha256, "signature_sha256": _sha256, "time": time}
    record(needed | _KINDS[kind], _by_the_hotline)(value, where)
    for number, token in enumerate(value.get("tokens", ())):
        if "files" not in token and "pending" not in token:
            raise Misshapen(f"{where}.tokens[{number}] says neither what came nor why nothing did")


_included = record(
    {
        "entry": _entry,
        "salt": shapes.base64_of(32),
        "index": count,
        "proof": many(shapes.base64_of(32)),
    }
)


def read_entries(reader: BundleReader) -> list[dict[str, Any]]:
    """The entries of a bundle, oldest first, in shape but unverified; raises `BundleProblem`."""
    entries: list[dict[str, Any]] = []
    try:
        while (member := f"log/{len(entries)}/entry.json") in reader.members:
            entries.append(read_included(reader.read(member))["entry"])
    except Misshapen as problem:
        raise BundleProblem(f"{member}: {problem}", altered=True) from None
    return entries


def token_order(member: str) -> tuple[int, int]:
    """Where a member of `tokens/` stands among its like: answer, certificates, revocation."""
    found = TOKEN.fullmatch(member)
    assert found  # noqa: S101 - the shape of an entry lets no other name through
    return int(found[1]), 0 if found[2] else 1 if found[3] else 2 + int(found[4])


def expected_members(
    manifest: Mapping[str, Any], entries: list[dict[str, Any]], deleted: set[str]
) -> list[str]:
    """The names of all members in the one order in which a bundle has them."""
    names = [entry["sealed"]["name"] for entry in manifest["files"]]
    names = [member for member in names if member not in deleted]
    names += [*DOCUMENTS, "manifest.json", "manifest.sig"]
    for number, entry in enumerate(entries):
        brought = [member for token in entry.get("tokens", ()) for member in token.get("files", ())]
        names += sorted(brought, key=token_order)
        names += [f"log/{number}/entry.json", f"log/{number}/checkpoint"]
        names += [f"log/{number}/consistency.json"] if number else []
    return names
