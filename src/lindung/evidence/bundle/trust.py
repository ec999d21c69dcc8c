"""What a verifier believes before seeing a bundle. It never comes out of the bundle."""

from __future__ import annotations

import base64
import json
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lindung.evidence.bundle.shapes import (
    Misshapen,
    base64_of,
    count,
    decoded,
    many,
    name,
    record,
    text,
    unrepeated,
)
from lindung.evidence.log.notes import raw
from lindung.runtime import UnusableFile, read_bounded_text

_MOST = 4 << 20
_T = TypeVar("_T")

_keyed = many(record({"name": name, "key": base64_of(32)}))
_shape = record(
    {},
    {
        "signers": _keyed,
        "logs": _keyed,
        "witnesses": _keyed,
        "time_authorities": many(record({"name": text, "certificate": text})),
        "require": record({}, {"time_tokens": count, "cosignatures": count}),
    },
)


class KeyProblem(Exception):
    """Keys or a trust file that cannot be used; the message says which, where and why."""


@dataclass(frozen=True)
class Trust:
    """Whom a verifier believes, each name with all of its keys: after a rotation both count.

    `require_tokens` and `require_cosignatures` are the least numbers of independent authorities
    and witnesses a bundle must carry.
    """

    signers: Mapping[str, tuple[Ed25519PublicKey, ...]] = field(default_factory=dict)
    logs: Mapping[str, tuple[Ed25519PublicKey, ...]] = field(default_factory=dict)
    witnesses: Mapping[str, tuple[Ed25519PublicKey, ...]] = field(default_factory=dict)
    time_authorities: Mapping[str, tuple[x509.Certificate, ...]] = field(default_factory=dict)
    require_tokens: int = 0
    require_cosignatures: int = 0

    @classmethod
    def load(cls, path: Path) -> Trust:
        """Read a trust file; raises `KeyProblem`, also for a key that it does not know."""
        try:
            data = json.loads(read_bounded_text(path, _MOST), object_pairs_hook=unrepeated)
            _shape(data, "it")
            require = data.get("require", {})
            keys = {part: _by_name((e["name"], _public(e["key"])) for e in data.get(part, []))
                    for part in ("signers", "logs", "witnesses")}  # fmt: skip
            return cls(
                **keys,
                time_authorities=_by_name(
                    (e["name"], _certificate(e)) for e in data.get("time_authorities", [])
                ),
                require_tokens=require.get("time_tokens", 0),
                require_cosignatures=require.get("cosignatures", 0),
            )
        except UnusableFile as problem:
            raise KeyProblem(f"The trust file cannot be used. {problem}") from None
        except (ValueError, RecursionError) as error:
            raise KeyProblem(f"{path} is not a usable trust file: {error}.") from None


def independent(groups: Iterable[Iterable[Hashable]]) -> int:
    """How many of `groups` are independent: those that share a name, a key or a certificate, also
    through a third, are one."""
    apart: list[set[Hashable]] = []
    for group in groups:
        merged = set(group)
        for other in [one for one in apart if one & merged]:
            merged |= other
            apart.remove(other)
        apart.append(merged)
    return len(apart)


def public_text(key: Ed25519PublicKey) -> str:
    """A public key as it stands in manifests and trust files: base64 of its 32 bytes."""
    return base64.b64encode(raw(key)).decode()


def _by_name(pairs: Iterable[tuple[str, _T]]) -> dict[str, tuple[_T, ...]]:
    found: dict[str, tuple[_T, ...]] = {}
    for one, key in pairs:
        found[one] = (*found.get(one, ()), key)
    return found


def _public(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(decoded(text))


def _certificate(entry: Mapping[str, Any]) -> x509.Certificate:
    try:
        found = x509.load_pem_x509_certificates(entry["certificate"].encode())
    except ValueError as error:
        raise Misshapen(f"the certificate of {entry['name']} cannot be read ({error})") from None
    if len(found) != 1:
        raise Misshapen(f"{entry['name']} has {len(found)} certificates; give each its own entry")
    return found[0]
