"""The custody log survives crashes, many writers and a witness that does not trust it."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lindung.evidence import (
    CustodyLog,
    FileLog,
    Keys,
    MemoryStore,
    NoteError,
    RemoteWitness,
    entry_hash,
    keygen,
    parse_checkpoint,
    verify_consistency,
    verify_inclusion,
)
from lindung.evidence.log import tree
from lindung.evidence.log.notes import Checkpoint

KEY = Ed25519PrivateKey.generate()


def append_some(directory: Path) -> None:
    for _ in range(20):
        FileLog(directory, "log.example", KEY).append({"kind": "test"})


def test_many_writers_make_one_log(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=append_some, args=(tmp_path,)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    log = FileLog(tmp_path, "log.example", KEY)
    assert log.store.size() == 80
    leaves = [log.store.get(0, n) for n in range(80)]
    again = MemoryStore()
    for leaf in leaves:
        tree.append(again, leaf)
    assert tree.root(again) == tree.root(log.store)


def test_a_crash_before_the_leaf_was_written_is_healed_by_the_next_append(tmp_path: Path) -> None:
    log = FileLog(tmp_path, "log.example", KEY)
    for _ in range(3):
        log.append({"kind": "test"})
    (tmp_path / "level-1").write_bytes((tmp_path / "level-1").read_bytes() + b"half a node")
    (tmp_path / "level-0").write_bytes((tmp_path / "level-0").read_bytes() + b"torn")
    included = log.append({"kind": "test"})
    assert included.index == 3
    leaf = entry_hash(included.entry, included.salt)
    head = included.checkpoint
    assert verify_inclusion(leaf, 3, head.size, included.proof, head.root)
    assert (tmp_path / "level-0").stat().st_size == 4 * 32


def test_equal_entries_have_unequal_leaves() -> None:
    log = CustodyLog(MemoryStore(), "log.example", KEY)
    first, second = (log.append({"kind": "test"}) for _ in range(2))
    assert entry_hash(first.entry, first.salt) != entry_hash(second.entry, second.salt)


@pytest.mark.parametrize(
    "text", ["", "a\n1\n", "a\n1\nAAAA\n\n", "a\nx\n" + "A" * 43 + "=\n\n", "a\n1\nb\nc\n\n"]
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        parse_checkpoint(text)


def test_a_checkpoint_reads_back_as_it_was_written() -> None:
    head = Checkpoint("log.example", 3, b"r" * 32).signed("log.example", KEY)
    head = head.cosigned("witness.example", KEY, 1_700_000_000)
    assert parse_checkpoint(head.text) == head
    assert head.signed_by("log.example", KEY.public_key())
    assert head.cosigned_at("witness.example", KEY.public_key()) == 1_700_000_000
    stranger = Ed25519PrivateKey.generate().public_key()
    assert not head.signed_by("log.example", stranger)
    assert head.cosigned_at("witness.example", stranger) is None


@contextmanager
def witness_process(directory: Path, keys: Keys, name: str = "witness.example") -> Iterator[str]:
    """A real `lindung witness`; yields its address."""
    process = subprocess.Popen(
        [
            *(str(Path(sys.executable).with_name("lindung")), "witness", str(directory)),
            *("--trust", str(keys.directory / "trust.json"), "--listen", "127.0.0.1:0"),
            *("--name", name),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONUNBUFFERED": "1", "PATH": "/usr/bin:/bin"},
    )
    assert process.stdout
    try:
        process.stdout.readline()
        yield process.stdout.readline().rsplit(" at ", 1)[1].strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def rewritten(log: CustodyLog, keys: Keys, witness: str) -> CustodyLog:
    """Another past of the same length and signer, not shown to the witness before."""
    other = CustodyLog(MemoryStore(), log.origin, keys.log)
    for _ in range(log.store.size()):
        other.append({"kind": "forged"})
    return CustodyLog(other.store, log.origin, keys.log, [RemoteWitness(witness)])


def test_a_witness_refuses_a_rewritten_log_also_after_sigkill(tmp_path: Path) -> None:
    keys = keygen(tmp_path / "keys", "log.example")
    with witness_process(tmp_path / "witness", keys) as url:
        log = keys.file_log([url])
        heads = [log.append({"kind": "test", "n": n}).checkpoint for n in range(5)]
        assert all(len(head.signatures) == 2 for head in heads)
        forger = rewritten(log, keys, url)
        refused = forger.append({"kind": "test"})
        assert "refused" in refused.unwitnessed[0]
        assert len(refused.checkpoint.signatures) == 1
    with witness_process(tmp_path / "witness", keys) as url:
        forger = rewritten(log, keys, url)
        assert forger.append({"kind": "test"}).unwitnessed
        honest = keys.file_log([url]).append({"kind": "test"})
        assert honest.unwitnessed == ()


def test_a_witness_knows_only_its_logs_and_their_keys(tmp_path: Path) -> None:
    keys = keygen(tmp_path / "keys", "log.example")
    with witness_process(tmp_path / "witness", keys) as url:
        for origin, key in (("other.example", keys.log), ("log.example", KEY)):
            stranger = CustodyLog(MemoryStore(), origin, key, [RemoteWitness(url)])
            assert stranger.append({"kind": "test"}).unwitnessed


def test_a_log_goes_on_without_its_witness(tmp_path: Path) -> None:
    keys = keygen(tmp_path / "keys", "log.example")
    included = keys.file_log(["http://127.0.0.1:9/"]).append({"kind": "test"})
    assert "did not answer" in included.unwitnessed[0]


def test_heads_of_a_growing_log_are_consistent() -> None:
    log = CustodyLog(MemoryStore(), "log.example", KEY)
    heads: list[Any] = [log.append({"kind": "test"}).checkpoint for _ in range(9)]
    for early in heads:
        proof = log.consistency(early.size)
        assert verify_consistency(early.size, 9, proof, early.root, heads[-1].root)
