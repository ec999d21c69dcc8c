"""What happened to a bundle, as the custody log has it: sealed, stamped later, deleted by law.

`log/N/entry.json` and `log/N/checkpoint` are the N-th entry and the signed head it is proved
against; from the second on, `log/N/consistency.json` proves that the head extends the one before.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import rfc8785

from lindung.evidence.bundle import timestamps
from lindung.evidence.bundle.container import BundleProblem, BundleReader, BundleWriter, writing
from lindung.evidence.bundle.statements import read_entries, token_order
from lindung.evidence.capture.records import now
from lindung.evidence.log import notes, tree
from lindung.evidence.log.custody_log import Inclusion, Log

Members = dict[str, bytes]


def stamps(
    authorities: Sequence[str], signature: bytes, first: int
) -> tuple[list[dict[str, Any]], Members]:
    """Ask every authority to stamp, all at once; what did not come is pending and says why.

    What comes is named as the stamps from number `first` on.
    """
    authorities = list(dict.fromkeys(authorities))
    if not authorities:
        return [], {}
    with ThreadPoolExecutor(len(authorities)) as pool:
        answers = list(pool.map(lambda authority: _asked(authority, signature), authorities))
    told: list[dict[str, Any]] = []
    members: Members = {}
    for authority, answer in zip(authorities, answers, strict=True):
        if isinstance(answer, str):
            told.append({"authority": authority, "pending": answer})
            continue
        files = answer.files(first)
        first += 1
        members |= files
        told.append({"authority": authority, "files": _digests(files)})
        if answer.pending:
            told[-1]["pending"] = answer.pending
    return told, members


def _asked(authority: str, signature: bytes) -> timestamps.Token | str:
    try:
        return timestamps.request(authority, signature)
    except timestamps.StampProblem as problem:
        return str(problem)


def _digests(files: Members) -> dict[str, str]:
    return {name: sha256(data).hexdigest() for name, data in files.items()}


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
    """The authorities whose stamp, or the list that says it is not revoked, has not come yet."""
    waiting: dict[str, None] = {}
    for one in entries:
        for token in one.get("tokens", ()):
            if "pending" in token:
                waiting[token["authority"]] = None
            else:
                waiting.pop(token["authority"], None)
    return list(waiting)


def stamp(bundle: Path, log: Log, *, cosignatures: int = 0, tsa: Sequence[str] = ()) -> list[str]:
    """Ask again for the time stamps and revocation lists that are pending; returns the authorities
    still waited for, and why a witness does not cosign. `tsa` are authorities to ask as well, if
    they have not stamped yet.

    With fewer `cosignatures` on its last head the bundle is entered in the log once more, for the
    log's witnesses to see. It is written anew, whole or not at all, when anything came. Raises
    `BundleProblem` for what is no bundle of this log, and `OSError`.
    """
    with BundleReader(bundle) as reader:
        past = read_entries(reader)
        asked_before = {one["authority"] for entry in past for one in entry.get("tokens", ())}
        waiting = [*pending(past), *(one for one in tsa if one not in asked_before)]
        came = {token["authority"]: token["files"] for one in past
                for token in one.get("tokens", ()) if _answer(token) is not None}  # fmt: skip
        told, members = _late_lists(reader, {one: came[one] for one in waiting if one in came})
        next_one = 1 + max((token_order(name)[0] for files in came.values() for name in files),
                           default=-1)  # fmt: skip
        asked = [one for one in waiting if one not in came]
        more, files = stamps(asked, reader.read("manifest.sig"), next_one)
        told, members = told + more, members | files
        unseen: list[str] = []
        seen = len(_head(reader, len(past) - 1).signatures) - 1
        if members or seen < cosignatures:
            unseen = _extend(
                reader, bundle, log, "evidence-stamped", members, (),
                least=0 if members else seen + 1, tokens=told,
            )  # fmt: skip
    return [token["authority"] for token in told if "pending" in token] + unseen


def _answer(token: Mapping[str, Any]) -> str | None:
    """The member that holds the stamp itself, if it came."""
    return next((name for name in token.get("files", ()) if name.endswith(".tsr")), None)


def _late_lists(
    reader: BundleReader, waiting: Mapping[str, Mapping[str, str]]
) -> tuple[list[dict[str, Any]], Members]:
    """Ask again for the revocation lists of stamps that came without them."""
    told: list[dict[str, Any]] = []
    members: Members = {}
    for authority, files in waiting.items():
        answer = _answer({"files": files}) or ""
        try:
            lists = timestamps.revocation(authority, reader.read(answer))
        except timestamps.StampProblem as problem:
            told.append({"authority": authority, "pending": str(problem)})
            continue
        made = timestamps.list_files(token_order(answer)[0], lists)
        members |= made
        told.append({"authority": authority, "files": _digests(made)})
    return told, members


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


class _NothingCame(Exception):
    """No witness cosigned: the bundle stays as it is."""


def _extend(
    reader: BundleReader, bundle: Path, log: Log, kind: str, members: Members,
    without: Collection[str], *, least: int = 0, **more: object,
) -> list[str]:  # fmt: skip
    """Enter the bundle in its log once more and write it anew; why a witness did not cosign.

    Nothing is written with fewer cosignatures than `least`.
    """
    number = len(read_entries(reader))
    before = _head(reader, number - 1)
    included: Inclusion | None = None
    try:
        with writing(bundle) as out:
            for name in reader.members:
                if name not in without:
                    with out.member(name) as member:
                        member.writelines(reader.pieces(name))
            for name, data in members.items():
                out.add(name, data)
            manifest, signature = reader.read("manifest.json"), reader.read("manifest.sig")
            log.consistency(before.size, before.size)  # a shorter log is another one
            included = log.append(entry(kind, manifest, signature, **more))
            head = included.checkpoint
            steps = log.consistency(before.size, head.size)
            if head.origin != before.origin or not tree.verify_consistency(
                before.size, head.size, steps, before.root, head.root
            ):
                raise IndexError
            if len(head.signatures) - 1 < least:
                raise _NothingCame
            add_entry(out, number, included, steps)
    except _NothingCame:
        pass
    except IndexError:
        raise BundleProblem("it was entered in another log than this", altered=False) from None
    return list(included.unwitnessed) if included else []


def _head(reader: BundleReader, number: int) -> notes.Checkpoint:
    try:
        return notes.parse(reader.read(f"log/{number}/checkpoint").decode())
    except ValueError as problem:
        raise BundleProblem(f"log/{number}/checkpoint: {problem}", altered=True) from None
