"""Signed checkpoints and cosignatures after C2SP: signed-note, tlog-checkpoint, tlog-cosignature.

A checkpoint is three lines (origin, tree size, base64 root), an empty line, and signature lines
`— name base64(key id ‖ signature)`.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_ED25519, _COSIGNATURE = b"\x01", b"\x04"


class NoteError(ValueError):
    """A text that is not a signed checkpoint."""


@dataclass(frozen=True)
class Checkpoint:
    """One head of a log, with the signature lines that came with it."""

    origin: str
    size: int
    root: bytes
    signatures: tuple[tuple[str, bytes], ...] = ()  # (name, key id and signature)

    @property
    def body(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @property
    def text(self) -> str:
        lines = (f"— {name} {base64.b64encode(blob).decode()}\n" for name, blob in self.signatures)
        return self.body + "\n" + "".join(lines)

    def signed(self, name: str, key: Ed25519PrivateKey) -> Checkpoint:
        """The same head, signed by the log whose key is named `name`."""
        blob = _key_id(name, _ED25519, key.public_key()) + key.sign(self.body.encode())
        return self.with_signature(name, blob)

    def cosigned(self, name: str, key: Ed25519PrivateKey, time: int) -> Checkpoint:
        """The same head with a witness's cosignature at `time` (POSIX seconds)."""
        blob = (
            _key_id(name, _COSIGNATURE, key.public_key())
            + struct.pack(">Q", time)
            + key.sign(_cosigned_text(time, self.body))
        )
        return self.with_signature(name, blob)

    def with_signature(self, name: str, blob: bytes) -> Checkpoint:
        """The same head with one line more, in order: the log's own first, then by name."""
        lines = sorted((*self.signatures, (name, blob)), key=self._place)
        return Checkpoint(self.origin, self.size, self.root, tuple(lines))

    @property
    def in_order(self) -> bool:
        """Whether the log's own line stands first and each other name once, in order."""
        places = [self._place(line) for line in self.signatures]
        return places[:1] == [(False, self.origin)] and all(a < b for a, b in pairwise(places))

    def _place(self, line: tuple[str, bytes]) -> tuple[bool, str]:
        return line[0] != self.origin, line[0]

    def names_key(self, name: str, key: Ed25519PublicKey) -> bool:
        """Whether a line of `name` says that it is a cosignature by `key`."""
        wanted = _key_id(name, _COSIGNATURE, key)
        return any(line == name and blob[:4] == wanted for line, blob in self.signatures)

    def signed_by(self, name: str, key: Ed25519PublicKey) -> bool:
        """Whether the log `name` with `key` signed this head."""
        wanted = _key_id(name, _ED25519, key)
        return any(
            verifies(key, blob[4:], self.body.encode())
            for line, blob in self.signatures
            if line == name and blob[:4] == wanted
        )

    def cosigned_at(self, name: str, key: Ed25519PublicKey) -> int | None:
        """When the witness `name` with `key` saw this head, or None if it did not sign it."""
        wanted = _key_id(name, _COSIGNATURE, key)
        for line, blob in self.signatures:
            if line == name and blob[:4] == wanted and len(blob) == 4 + 8 + 64:
                (time,) = struct.unpack(">Q", blob[4:12])
                if verifies(key, blob[12:], _cosigned_text(time, self.body)):
                    return int(time)
        return None


def parse(text: str) -> Checkpoint:
    """Read a signed checkpoint exactly: what does not print back as it came is refused."""
    body, gap, rest = text.partition("\n\n")
    lines = body.split("\n")
    if not gap or len(lines) != 3 or not text.endswith("\n"):
        raise NoteError("not a signed checkpoint: three lines, an empty line, signatures")
    try:
        if len(lines[1]) > 16:
            raise NoteError("not a signed checkpoint: no log is so long")
        size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
        signatures = []
        for line in rest.split("\n")[:-1]:
            dash, name, blob = line.split(" ")
            if dash != "—":
                raise NoteError("a signature line does not begin with a dash")
            signatures.append((name, base64.b64decode(blob, validate=True)))
    except (ValueError, binascii.Error) as error:
        raise NoteError(f"not a signed checkpoint: {error}") from None
    checkpoint = Checkpoint(lines[0], size, root, tuple(signatures))
    named = all(is_name(name) for name in (lines[0], *(name for name, _ in signatures)))
    if checkpoint.text != text or len(root) != 32 or size < 0 or not named:
        raise NoteError("not a signed checkpoint in its one canonical form")
    return checkpoint


def is_name(text: str) -> bool:
    """Whether a key may be named so: one word, without a plus sign (C2SP signed-note)."""
    return 0 < len(text) <= 200 and text.isprintable() and not any(c in text for c in " +")


def verifies(key: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether `signature` over `data` is the one `key` made."""
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def raw(key: Ed25519PublicKey) -> bytes:
    """The 32 bytes of a public key."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def decode_hashes(values: Sequence[str]) -> list[bytes]:
    """Base64 proof lines as digests; raises `NoteError` for anything else or spelt otherwise."""
    try:
        digests = [base64.b64decode(value, validate=True) for value in values]
        spelt = [base64.b64encode(digest).decode() for digest in digests]
    except (binascii.Error, TypeError, ValueError):
        raise NoteError("a proof is not base64") from None
    if spelt != list(values) or any(len(digest) != 32 for digest in digests):
        raise NoteError("a proof holds something that is not a digest")
    return digests


def _key_id(name: str, kind: bytes, key: Ed25519PublicKey) -> bytes:
    return sha256(name.encode() + b"\n" + kind + raw(key)).digest()[:4]


def _cosigned_text(time: int, body: str) -> bytes:
    return f"cosignature/v1\ntime {time}\n{body}".encode()
