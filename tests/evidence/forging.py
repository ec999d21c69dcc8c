"""Bundles as somebody hostile would make them: whole, signed and logged, but by whom?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lindung.evidence import CustodyLog, MemoryStore
from lindung.evidence.bundle.container import BundleReader, writing
from lindung.evidence.bundle.trust import public_text

Members = dict[str, bytes]


def members(path: Path) -> Members:
    with BundleReader(path) as reader:
        return {name: b"".join(reader.pieces(name)) for name in reader.members}


def packed(path: Path, content: Mapping[str, bytes]) -> Path:
    with writing(path) as out:
        for name, data in content.items():
            out.add(name, data)
    return path


def signed_anew(
    content: Members,
    key: Ed25519PrivateKey,
    log_key: Ed25519PrivateKey,
    change: Callable[[dict[str, Any]], object] = lambda manifest: None,
    change_entry: Callable[[dict[str, Any]], object] = lambda entry: None,
) -> Members:
    """The same bundle with a changed manifest and log entry, and everything made to fit."""
    manifest = json.loads(content["manifest.json"])
    name = manifest["signer"]["name"]
    manifest["signer"]["key"] = public_text(key.public_key())
    change(manifest)
    sums = "".join(f"{f['sealed']['sha256']}  {f['sealed']['name']}\n" for f in manifest["files"])
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    documents = {
        "VERIFY.txt": content["VERIFY.txt"], "SHA256SUMS": sums.encode(), "signer.pem": pem,
    }  # fmt: skip
    manifest["documents"] = {n: sha256(data).hexdigest() for n, data in documents.items()}
    raw = rfc8785.dumps(manifest)
    signature = key.sign(raw)
    entry = json.loads(content["log/0/entry.json"])["entry"] | {
        "manifest_sha256": sha256(raw).hexdigest(),
        "signature_sha256": sha256(signature).hexdigest(),
    }
    change_entry(entry)
    included = CustodyLog(MemoryStore(), name, log_key).append(entry)
    return content | documents | {
        "manifest.json": raw, "manifest.sig": signature,
        "log/0/entry.json": included.as_json(),
        "log/0/checkpoint": included.checkpoint.text.encode(),
    }  # fmt: skip
