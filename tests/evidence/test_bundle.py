"""A sealed bundle verifies, opens, and shows every change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lindung.evidence import CannotOpen, Capture, Keys, keygen, open_bundle, seal, verify

Make = Callable[..., Capture]


@pytest.fixture
def bundle(made_up: Make, keys: Keys, tmp_path: Path) -> Path:
    path = tmp_path / "case.lindung.tar"
    seal(made_up(), path, keys=keys, log=keys.file_log(), operator="Example Hotline")
    return path


def test_what_was_sealed_is_authentic_and_opens(bundle: Path, keys: Keys, tmp_path: Path) -> None:
    verdict = verify(bundle, keys.directory / "trust.json")
    assert verdict.status == 0, verdict.as_json()
    assert verdict.not_proved
    for number in (1, 2):
        into = tmp_path / f"opened-{number}"
        identity = keys.directory / f"offline/identity-{number}.txt"
        open_bundle(bundle, identity, into, keys.directory / "trust.json")
        assert (into / "page.txt").read_bytes() == b"RM20 membership [redacted]"
        assert into.stat().st_mode & 0o777 == 0o700


def test_without_trust_nothing_is_established(bundle: Path) -> None:
    assert verify(bundle, None).status == 2


def test_a_stranger_cannot_open_and_leaves_nothing(bundle: Path, tmp_path: Path) -> None:
    stranger = keygen(tmp_path / "stranger").directory / "offline/identity-1.txt"
    with pytest.raises(CannotOpen, match="does not open"):
        open_bundle(bundle, stranger, tmp_path / "opened", even_if_not_authentic=True)
    assert not list(tmp_path.glob("*opened*"))


def test_every_flipped_byte_is_noticed(bundle: Path, keys: Keys, tmp_path: Path) -> None:
    data = bundle.read_bytes()
    changed = tmp_path / "changed"
    trust = keys.trust()
    for position in range(0, len(data), 97):
        changed.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
        assert verify(changed, trust).status != 0, position


def test_a_cut_or_foreign_file_is_a_sentence_never_a_traceback(
    bundle: Path, keys: Keys, tmp_path: Path
) -> None:
    data = bundle.read_bytes()
    broken = tmp_path / "broken"
    for length in (0, 1, 511, 512, 2000, len(data) - 1, len(data) - 1024):
        broken.write_bytes(data[:length])
        verdict = verify(broken, keys.trust())
        assert verdict.status in (1, 2), length
        assert verdict.checks[-1].words.endswith(".")
    assert verify(tmp_path / "missing", keys.trust()).status == 2
