"""What happened to a bundle, as the custody log has it: sealed, stamped later, deleted by law.

`log/N/entry.json` and `log/N/checkpoint` are the N-th entry and the signed head it is proved
against; from the second on, `log/N/consistency.json` proves that the head extends the one before.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import rfc8785

from lindung.evidence.bundle import timestamps
from lindung.evidence.bundle.container import BundleReader, BundleWriter, writing
from lindung.evidence.capture.records import now
from lindung.evidence.log import notes
from lindung.evidence.log.custody_log import Inclusion, Log

Members = dict[str, bytes]


def stamps(
    authorities: Sequence[str], signature: bytes, first: int
) -> tuple[list[dict[str, Any]], Members]:
    """Ask every authority to stamp; what did not answer is pending and says why."""
    told: list[dict[str, Any]] = []
    members: Members = {}
    for authority in authorities:
        try:
            files = timestamps.request(authority, signature).files(first + len(told))
        except timestamps.StampProblem as problem:
            told.append({"authority": authority, "pending": str(problem)})
            continue
        members |= files
        digests = {name: sha256(data).hexdigest() for name, data in files.items()}
        told.append({"authority": authority, "files": digests})
    return told, members


def entry(kind: str, manifest: bytes, signature: bytes, **more: object) -> dict[str, Any]:
    """An entry of the custody log about one bundle."""
    return {
        "kind": kind,
        "manifest_sha256": sha256(manifest).hexdigest(),
        "signature_sha256": sha256(signature).hexdigest(),
        "time": now(),
        **more,
    }


def add_entry(
    out: BundleWriter, number: int, included: Inclusion, consistency: Sequence[bytes]
) -> None:
    out.add(f"log/{number}/entry.json", included.as_json())
    out.add(f"log/{number}/checkpoint", included.checkpoint.text.encode())
    if number:
        proof = [base64.b64encode(step).decode() for step in consistency]
        out.add(f"log/{number}/consistency.json", rfc8785.dumps(proof))


def pending(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """The authorities that were asked and have not stamped yet."""
    waiting: dict[str, None] = {}
    for one in entries:
        for token in one.get("tokens", ()):
            if "pending" in token:
                waiting[str(token["authority"])] = None
            else:
                waiting.pop(str(token["authority"]), None)
    return list(waiting)


def stamp(bundle: Path, log: Log) -> list[str]:
    """Ask again for the time stamps that are pending; returns those that still are.

    The bundle is written anew, whole or not at all, when at least one came.
    """
    with BundleReader(bundle) as reader:
        past = read_entries(reader)
        waiting = pending(past)
        signature = reader.read("manifest.sig")
        first = sum(len(one.get("tokens", ())) for one in past)
        told, members = stamps(waiting, signature, first)
        if members:
            _extend(reader, bundle, log, "evidence-stamped", members, (), tokens=told)
    return [token["authority"] for token in told if "pending" in token]


def delete(bundle: Path, names: Collection[str], log: Log, *, authority: str) -> None:
    """Delete the ciphertext of files (their names in the manifest) and leave a tombstone.

    `authority` is why, in words: a court's order, a retention rule. What remains still proves
    what was sealed, and when. Raises `ValueError` for a name the bundle does not hold.
    """
    members = {f"files/{name}.age" for name in names}
    with BundleReader(bundle) as reader:
        if missing := sorted(members - set(reader.members)):
            raise ValueError(f"{bundle} does not hold {', '.join(missing)}")
        _extend(reader, bundle, log, "evidence-deleted", {}, members,
                files=sorted(members), authority=authority)  # fmt: skip


def read_entries(reader: BundleReader) -> list[dict[str, Any]]:
    """The entries a bundle carries, oldest first, unverified."""
    entries: list[dict[str, Any]] = []
    while (name := f"log/{len(entries)}/entry.json") in reader.members:
        entries.append(json.loads(reader.read(name))["entry"])
    return entries


def _extend(
    reader: BundleReader, bundle: Path, log: Log, kind: str, members: Members,
    without: Collection[str], **more: object,
) -> None:  # fmt: skip
    number = len(read_entries(reader))
    before = notes.parse(reader.read(f"log/{number - 1}/checkpoint").decode())
    with writing(bundle) as out:
        for name in reader.members:
            if name not in without:
                with out.member(name) as member:
                    member.writelines(reader.pieces(name))
        for name, data in members.items():
            out.add(name, data)
        manifest, signature = reader.read("manifest.json"), reader.read("manifest.sig")
        included = log.append(entry(kind, manifest, signature, **more))
        add_entry(out, number, included, log.consistency(before.size, included.checkpoint.size))
