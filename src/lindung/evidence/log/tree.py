"""The Merkle tree of RFC 9162 §2, over any store of its complete subtrees.

A store keeps one 32-byte digest per complete subtree: `(0, i)` is leaf i, `(k, i)` covers the
leaves from `i * 2**k` to `(i + 1) * 2**k`. Appending writes two digests on average, and every
root or proof reads O(log n) of them, so the store may be files, PostgreSQL rows or a dict.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Protocol

EMPTY = sha256(b"").digest()


class LogStore(Protocol):
    """Where the digests of complete subtrees live. Digests are never changed or removed."""

    def size(self) -> int:
        """The number of leaves."""

    def get(self, level: int, index: int) -> bytes:
        """The digest of one complete subtree."""

    def put(self, nodes: Sequence[tuple[int, int, bytes]]) -> None:
        """Store `(level, index, digest)` nodes durably, all or none; one of them is a leaf."""


class MemoryStore(dict[tuple[int, int], bytes]):
    """A `LogStore` in memory."""

    leaves = 0

    def size(self) -> int:
        return self.leaves

    def get(self, level: int, index: int) -> bytes:  # type: ignore[override]
        return self[level, index]

    def put(self, nodes: Sequence[tuple[int, int, bytes]]) -> None:
        for level, index, digest in nodes:
            self[level, index] = digest
            self.leaves += level == 0


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def append(store: LogStore, leaf: bytes) -> int:
    """Add one leaf hash; returns its index. The caller holds whatever lock the store needs."""
    index = store.size()
    nodes = [(0, index, leaf)]
    digest, level, position = leaf, 0, index
    while position & 1:
        digest = node_hash(store.get(level, position - 1), digest)
        level, position = level + 1, position >> 1
        nodes.append((level, position, digest))
    store.put(nodes)
    return index


def root(store: LogStore, size: int | None = None) -> bytes:
    """The root over the first `size` leaves (all of them by default)."""
    size = store.size() if size is None else size
    return _range(store, 0, size) if size else EMPTY


def inclusion(store: LogStore, index: int, size: int) -> list[bytes]:
    """The proof that leaf `index` is in the tree of `size` leaves (RFC 9162 §2.1.3.1)."""
    if not 0 <= index < size <= store.size():
        raise IndexError(f"no leaf {index} in a tree of {size}")
    proof: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            proof.append(_range(store, middle, end))
            end = middle
        else:
            proof.append(_range(store, begin, middle))
            begin = middle
    return proof[::-1]


def consistency(store: LogStore, old: int, size: int) -> list[bytes]:
    """The proof that the tree of `old` leaves is a beginning of that of `size` (§2.1.4.1)."""
    if not 0 <= old <= size <= store.size():
        raise IndexError(f"no tree of {old} leaves inside one of {size}")
    if old == 0:
        return []
    proof: list[bytes] = []
    begin, end, whole = 0, size, True
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            proof.append(_range(store, middle, end))
            end = middle
        else:
            proof.append(_range(store, begin, middle))
            begin, whole = middle, False
    if not whole:
        proof.append(_range(store, begin, end))
    return proof[::-1]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes
) -> bool:
    """Whether `leaf` is at `index` in the tree with root `expected` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, digest = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            digest = node_hash(step, digest)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            digest = node_hash(digest, step)
        position, last = position >> 1, last >> 1
    return last == 0 and digest == expected


def verify_consistency(
    old: int, size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Whether the tree `old_root` is a beginning of the tree `new_root` (RFC 9162 §2.1.4.2)."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not proof and old_root == new_root
    steps = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not steps:
        return False
    position, last = old - 1, size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    older = newer = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            older, newer = node_hash(step, older), node_hash(step, newer)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            newer = node_hash(newer, step)
        position, last = position >> 1, last >> 1
    return last == 0 and older == old_root and newer == new_root


def _split(length: int) -> int:
    """The largest power of two smaller than `length`."""
    return 1 << (length - 1).bit_length() - 1


def _range(store: LogStore, begin: int, end: int) -> bytes:
    length = end - begin
    if length & (length - 1) == 0:
        level = length.bit_length() - 1
        return store.get(level, begin >> level)
    middle = begin + _split(length)
    return node_hash(_range(store, begin, middle), _range(store, middle, end))
