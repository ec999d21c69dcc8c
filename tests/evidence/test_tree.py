"""The tree's roots and proofs are those of RFC 9162."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from lindung.evidence.log import tree
from lindung.evidence.log.tree import MemoryStore

LEAVES = [tree.leaf_hash(bytes([n])) for n in range(70)]


def grown(size: int) -> MemoryStore:
    store = MemoryStore()
    for leaf in LEAVES[:size]:
        tree.append(store, leaf)
    return store


def defined(leaves: list[bytes]) -> bytes:
    """The root as RFC 9162 §2.1.1 defines it."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return tree.node_hash(defined(leaves[:split]), defined(leaves[split:]))


FULL = grown(70)


@given(st.integers(0, 70))
def test_the_root_is_the_one_defined(size: int) -> None:
    assert tree.root(FULL, size) == defined(LEAVES[:size])


@given(st.data())
def test_inclusion_is_proved_for_its_leaf_and_no_other(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 70))
    index = data.draw(st.integers(0, size - 1))
    proof, root = tree.inclusion(FULL, index, size), tree.root(FULL, size)
    assert tree.verify_inclusion(LEAVES[index], index, size, proof, root)
    other = data.draw(st.integers(-1, size + 1).filter(lambda n: n != index))
    assert not tree.verify_inclusion(LEAVES[index], other, size, proof, root)
    assert not tree.verify_inclusion(LEAVES[index], index, size, [*proof, root], root)
    if proof:
        assert not tree.verify_inclusion(LEAVES[index], index, size, proof[:-1], root)


@given(st.data())
def test_consistency_holds_only_between_true_heads(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 70))
    old = data.draw(st.integers(1, size))
    proof = tree.consistency(FULL, old, size)
    before, after = tree.root(FULL, old), tree.root(FULL, size)
    assert tree.verify_consistency(old, size, proof, before, after)
    forged = sha256(before).digest()
    assert not tree.verify_consistency(old, size, proof, forged, after)
    assert not tree.verify_consistency(old, size, proof, before, forged)
    if old < size:
        assert not tree.verify_consistency(old, size, proof[1:], before, after)
        assert not tree.verify_consistency(old, size, [*proof, forged], before, after)
