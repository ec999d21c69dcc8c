"""The custody log: an append-only Merkle log whose salted leaves reveal nothing.

An entry is a small JSON object. What the tree holds is the hash of a random salt and the
entry's canonical bytes, so that publishing the log tells nothing; the salt travels with the
entry to whoever must check it.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lindung.evidence.log import tree
from lindung.evidence.log.notes import Checkpoint
from lindung.evidence.log.witness import WitnessRefused
from lindung.runtime import locked

Cosigner = Callable[[Checkpoint, Callable[[int], list[bytes]]], Checkpoint]
"""Takes a signed head and a function that proves it consistent with a size; returns the head
with one cosignature more, or raises `WitnessRefused`."""


@dataclass(frozen=True)
class Inclusion:
    """One entry, where it stands in the log, and the proof against a signed head."""

    entry: Mapping[str, Any]
    salt: bytes
    index: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint
    unwitnessed: tuple[str, ...] = ()  # why a witness did not cosign

    def as_json(self) -> bytes:
        """The canonical form that travels in a bundle (the checkpoint travels beside it)."""
        return rfc8785.dumps(
            {
                "entry": dict(self.entry),
                "salt": base64.b64encode(self.salt).decode(),
                "index": self.index,
                "proof": [base64.b64encode(step).decode() for step in self.proof],
            }
        )


class Log(Protocol):
    """What `seal` needs of a log."""

    def append(self, entry: Mapping[str, Any]) -> Inclusion:
        """Add an entry durably and prove that it is in."""

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        """Prove that the head of `size` entries extends that of `old`."""


def entry_hash(entry: Mapping[str, Any], salt: bytes) -> bytes:
    """The leaf hash of an entry: RFC 9162's, over SHA-256(salt ‖ canonical entry)."""
    return tree.leaf_hash(sha256(salt + rfc8785.dumps(dict(entry))).digest())


class CustodyLog:
    """A log over any `LogStore`, signed by one key under one origin.

    A witness that does not answer does not stop the log: the head goes without its cosignature
    and `Inclusion.unwitnessed` says so.
    """

    def __init__(
        self,
        store: tree.LogStore,
        origin: str,
        key: Ed25519PrivateKey,
        witnesses: Sequence[Cosigner] = (),
    ) -> None:
        self.store, self.origin, self._key, self._witnesses = store, origin, key, witnesses

    def append(self, entry: Mapping[str, Any]) -> Inclusion:
        """Add an entry. The caller holds whatever lock the store needs."""
        salt = secrets.token_bytes(32)
        index = tree.append(self.store, entry_hash(entry, salt))
        return self.prove(entry, salt, index)

    def prove(self, entry: Mapping[str, Any], salt: bytes, index: int) -> Inclusion:
        """Prove an entry against the present head."""
        signed = head = self.checkpoint()
        proof = tuple(tree.inclusion(self.store, index, head.size))
        refused = []
        for witness in self._witnesses:
            try:
                head = witness(head, lambda old: self.consistency(old, signed.size))
            except WitnessRefused as problem:
                refused.append(str(problem))
        return Inclusion(dict(entry), salt, index, proof, head, tuple(refused))

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        """The signed head over the first `size` leaves (all of them by default)."""
        size = self.store.size() if size is None else size
        head = Checkpoint(self.origin, size, tree.root(self.store, size))
        return head.signed(self.origin, self._key)

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        return tree.consistency(self.store, old, size or self.store.size())


class FileStore:
    """A `LogStore` in a directory: `level-K` is a file of 32-byte digests.

    Leaves are written last and synced, so that a crash can leave at most surplus inner nodes,
    which the next append writes again.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._directory = directory

    def size(self) -> int:
        path = self._directory / "level-0"
        return path.stat().st_size // 32 if path.exists() else 0

    def get(self, level: int, index: int) -> bytes:
        with (self._directory / f"level-{level}").open("rb") as file:
            digest = os.pread(file.fileno(), 32, index * 32)
        if len(digest) != 32:
            raise IndexError(f"{self._directory}: no node {index} at level {level}")
        return digest

    def put(self, nodes: Sequence[tuple[int, int, bytes]]) -> None:
        for level, index, digest in sorted(nodes, reverse=True):
            descriptor = os.open(
                self._directory / f"level-{level}", os.O_WRONLY | os.O_CREAT, 0o600
            )
            try:
                os.pwrite(descriptor, digest, index * 32)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


class FileLog(CustodyLog):
    """The custody log of a key directory, with its entries, safe between processes."""

    def __init__(
        self,
        directory: Path,
        origin: str,
        key: Ed25519PrivateKey,
        witnesses: Sequence[Cosigner] = (),
    ) -> None:
        super().__init__(FileStore(directory), origin, key, witnesses)
        self._directory = directory

    def append(self, entry: Mapping[str, Any]) -> Inclusion:
        with locked(self._directory / "lock"):
            included = super().append(entry)
            with (self._directory / "entries.jsonl").open("ab") as file:
                file.write(included.as_json() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        return included
