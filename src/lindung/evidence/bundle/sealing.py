"""Seal a capture: encrypt, describe in one signed manifest, time-stamp, enter in the log."""

from __future__ import annotations

import mimetypes
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyrage
import rfc8785
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lindung.evidence.bundle import history
from lindung.evidence.bundle.container import BundleWriter, writing
from lindung.evidence.bundle.keys import Keys
from lindung.evidence.bundle.shell import VERIFY_TXT
from lindung.evidence.bundle.statements import FORMAT, check_manifest
from lindung.evidence.bundle.trust import public_text
from lindung.evidence.capture.capturing import Capture
from lindung.evidence.capture.hashing import HashingReader, HashingWriter
from lindung.evidence.capture.records import now
from lindung.evidence.log.custody_log import Inclusion, Log

_KINDS = {
    ".warc.gz": "application/gzip",
    ".mhtml": "multipart/related",
    ".pem": "application/pem-certificate-chain",
}


@dataclass(frozen=True)
class Sealed:
    """A bundle that was written: its manifest, the manifest's SHA-256 and its log entry.

    `pending` names the time authorities whose stamp, or revocation list, has not come yet, and
    `why_pending` says why, each; see `stamp`.
    """

    bundle: Path
    manifest: Mapping[str, Any]
    manifest_sha256: str
    inclusion: Inclusion
    pending: tuple[str, ...] = ()
    why_pending: tuple[str, ...] = ()


def seal(
    capture: Capture, bundle: Path, *, keys: Keys, log: Log, operator: str, tsa: Sequence[str] = ()
) -> Sealed:
    """Write `capture` as the bundle file `bundle`, whole or not at all.

    Every file is encrypted to all of `keys.recipients` and hashed on the way, in one pass.
    `operator` is who seals, in words; `tsa` are the addresses of RFC 3161 time authorities: what
    does not come, or does not hold, is left pending. Raises `OSError` when the disk refuses.
    """
    recipients = [pyrage.x25519.Recipient.from_str(line) for line in keys.recipients]
    with writing(bundle) as out:
        files = [_encrypt(out, path, recipients) for path in capture.files]
        sums = "".join(f"{f['sealed']['sha256']}  {f['sealed']['name']}\n" for f in files)
        documents = {
            "VERIFY.txt": VERIFY_TXT.encode(),
            "SHA256SUMS": sums.encode(),
            "signer.pem": keys.signer.public_key().public_bytes(
                Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
            ),
        }
        for name, data in documents.items():
            out.add(name, data)
        manifest = _describe(capture, operator, keys) | {
            "files": files,
            "documents": {name: sha256(data).hexdigest() for name, data in documents.items()},
        }
        manifest = _clean(manifest)
        check_manifest(manifest)  # what we write, everybody must be able to read
        canonical = rfc8785.dumps(manifest)
        signature = keys.signer.sign(canonical)
        out.add("manifest.json", canonical)
        out.add("manifest.sig", signature)
        tokens, members = history.stamps(tsa, signature, 0)
        for name, data in members.items():
            out.add(name, data)
        inclusion = log.append(
            history.entry("evidence-sealed", canonical, signature, tokens=tokens)
        )
        history.add_entry(out, 0, inclusion, ())
    digest = sha256(canonical).hexdigest()
    why = tuple(token["pending"] for token in tokens if "pending" in token)
    waiting = tuple(history.pending([{"tokens": tokens}]))
    return Sealed(bundle, manifest, digest, inclusion, waiting, why)


def _encrypt(
    out: BundleWriter, path: Path, recipients: Sequence[pyrage.x25519.Recipient]
) -> dict[str, Any]:
    name = f"files/{path.name}.age"
    with (
        ThreadPoolExecutor(1) as beside,
        ThreadPoolExecutor(1) as behind,
        path.open("rb") as file,
        out.member(name) as member,
    ):
        plain = HashingReader(file, beside, "sha256", "sha1", "md5")
        sealed = HashingWriter(member, behind, "sha256")
        pyrage.encrypt_io(plain, sealed, recipients)
        sealed.flush()
    kind = next((k for end, k in _KINDS.items() if path.name.endswith(end)), None)
    return {
        "name": path.name,
        "kind": kind or mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        "size": plain.size,
        **plain.digests(),
        "sealed": {"name": name, "size": sealed.size, **sealed.digests()},
    }


def _describe(capture: Capture, operator: str, keys: Keys) -> dict[str, Any]:
    facts = capture.facts
    requests = facts.get("requests", [])
    seen = facts.get("seen", {})
    return {
        "format": FORMAT,
        "bundle": str(uuid.uuid4()),
        "address": capture.url,
        "final_address": capture.final_url,
        "redirects": seen.get("redirects", []),
        "policy": capture.policy.value,
        "authority": capture.authority,
        "operator": operator,
        "signer": {"name": keys.name, "key": public_text(keys.signer.public_key())},
        "recipients": list(keys.recipients),
        "started": facts.get("started"),
        "ended": facts.get("ended"),
        "sealed": now(),
        "outcome": capture.outcome,
        "problem": capture.problem,
        "http_status": _status(requests, capture.final_url),
        "completeness": {
            "requests": len(requests),
            "answered": sum("status" in r and "blocked" not in r for r in requests),
            **{part: [{"url": r["url"], "why": r[part]} for r in requests if part in r]
               for part in ("blocked", "failed", "truncated")},
            "synthesised_by_service_worker": facts.get("synthesised_by_service_worker", []),
            "unfinished_steps": seen.get("unfinished", {}),
            **{part: seen.get(part, []) for part in ("not_got", "went_on")},
            **{part: seen.get(part, []) for part in ("dialogs", "downloads", "popups")},
        },
        "hosts": facts.get("hosts", {}),
        "isolation": facts.get("isolation", {}),
        "sent": facts.get("sent", {}),
        "limits": facts.get("limits", {}),
        "versions": facts.get("versions", {}),
    }  # fmt: skip


def _status(requests: Sequence[Mapping[str, Any]], final: str) -> int | None:
    """What the site answered for the page itself: a removal notice must not pass for a post."""
    page = final.partition("#")[0]
    found = [r["status"] for r in requests if r.get("url") == page and "status" in r]
    return int(found[-1]) if found else None


def _clean(value: Any) -> Any:
    """The same with every text encodable: a site may send half a character."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_clean(k): _clean(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(v) for v in value]
    return value
