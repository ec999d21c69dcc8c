"""STIX 2.1: the address and the files as observed data, for exchange with CERTs and platforms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import NAMESPACE_URL, UUID, uuid5

import idna
import rfc8785

_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_URI = "!$&'()*+,;=:@/?%-._~"  # what may stand in an address unescaped (RFC 3986)

_SCO = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")  # STIX 2.1 §2.9, deterministic identifiers


def stix_bundle(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A STIX bundle: who, the address, the files, and that they were observed once."""
    when = _time(manifest["sealed"])
    fixed = {"spec_version": "2.1", "created": when, "modified": when}
    who = {
        "type": "identity", "id": _id("identity", manifest), **fixed,
        "name": manifest["operator"], "identity_class": "organization",
    }  # fmt: skip
    observables = [_observable("url", {"value": ascii_address(manifest["address"])}, {})]
    for entry in manifest["files"]:
        hashes = {"MD5": entry["md5"], "SHA-1": entry["sha1"], "SHA-256": entry["sha256"]}
        more = {"size": entry["size"], "mime_type": entry["kind"]}
        observables.append(_observable("file", {"hashes": hashes, "name": entry["name"]}, more))
    observed = {
        "type": "observed-data", "id": _id("observed-data", manifest), **fixed,
        "created_by_ref": who["id"],
        "first_observed": _time(manifest.get("started") or manifest["sealed"]),
        "last_observed": _time(manifest.get("ended") or manifest["sealed"]),
        "number_observed": 1,
        "object_refs": [one["id"] for one in observables],
    }  # fmt: skip
    notes = []
    if manifest.get("http_status") is not None:
        notes.append({
            "type": "note", "id": _id("note", manifest), **fixed, "created_by_ref": who["id"],
            "content": f"HTTP status {manifest['http_status']}", "object_refs": [observed["id"]],
        })  # fmt: skip
    return {
        "type": "bundle",
        "id": _id("bundle", manifest),
        "objects": [who, *observables, observed, *notes],
    }


def ascii_address(address: str) -> str:
    """An address as RFC 3986 has it: letters beyond ASCII encoded, in the host by IDNA."""
    address = _PERCENT.sub("%25", address)
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
        name = f"[{host}]" if ":" in host else idna.encode(host, uts46=True).decode()
    except (ValueError, UnicodeError):
        return quote(address, safe=_URI)
    if parts.scheme not in ("http", "https"):
        return quote(address, safe=_URI)
    place = name if port is None else f"{name}:{port}"
    path, query, fragment = (quote(part, safe=_URI, errors="replace")
                             for part in (parts.path, parts.query, parts.fragment))  # fmt: skip
    return urlunsplit((parts.scheme, place, path, query, fragment))


def _observable(kind: str, named: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    contributing = dict(named)
    if kind == "file":  # of several hashes the first preferred one contributes
        contributing["hashes"] = {"MD5": named["hashes"]["MD5"]}
    made = uuid5(_SCO, rfc8785.dumps(contributing).decode())
    return {"type": kind, "spec_version": "2.1", "id": f"{kind}--{made}", **named, **more}


def _id(kind: str, manifest: Mapping[str, Any]) -> str:
    # STIX wants version 4 for these; one bundle is to give the same document each time.
    made = uuid5(NAMESPACE_URL, f"{manifest['bundle']}/{kind}")
    return f"{kind}--{UUID(bytes=made.bytes, version=4)}"


def _time(text: str) -> str:
    return text[:23] + "Z" if "." in text else text
