"""Independent authorities say when: real tokens from `openssl ts`, checked by us and by it."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lindung.evidence import Capture, Keys, seal, stamp, verify
from tests.evidence.authority import TimeAuthority
from tests.evidence.conftest import trusting

Make = Callable[..., Capture]


def test_two_authorities_confirm_the_time(
    made_up: Make, keys: Keys, authorities: list[TimeAuthority], tmp_path: Path
) -> None:
    bundle = tmp_path / "b.tar"
    sealed = seal(
        made_up(), bundle, keys=keys, log=keys.file_log(), operator="Example Hotline",
        tsa=[one.url for one in authorities],
    )  # fmt: skip
    assert sealed.pending == ()
    verdict = verify(bundle, trusting(keys, authorities, time_tokens=2))
    assert verdict.status == 0, verdict.as_json()
    assert not any("no independent authority" in words for words in verdict.not_proved)
    assert not any("revoked" in words for words in verdict.not_proved)
    assert verify(bundle, trusting(keys, [])).status == 2, "an unknown authority proves nothing"
    with tarfile.open(bundle) as tar:
        tar.extractall(tmp_path / "open", filter="data")
    for number, one in enumerate(authorities):
        done = subprocess.run(
            [
                *("openssl", "ts", "-verify", "-data", "manifest.sig"),
                *("-in", f"tokens/{number}.tsr", "-CAfile", str(one.room / "root.pem")),
            ],
            cwd=tmp_path / "open",
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_a_silent_authority_is_pending_and_asked_again(
    made_up: Make, keys: Keys, authorities: list[TimeAuthority], tmp_path: Path
) -> None:
    bundle, log = tmp_path / "b.tar", keys.file_log()
    first, second = authorities
    second.up = False
    try:
        sealed = seal(
            made_up(), bundle, keys=keys, log=log, operator="Example Hotline",
            tsa=[first.url, second.url],
        )  # fmt: skip
        assert sealed.pending == (second.url,)
        needed = trusting(keys, authorities, time_tokens=2)
        assert verify(bundle, needed).status == 2
        assert any(second.url in words for words in verify(bundle, needed).not_proved)
        assert stamp(bundle, log) == [second.url]
    finally:
        second.up = True
    assert stamp(bundle, log) == []
    verdict = verify(bundle, needed)
    assert verdict.status == 0, verdict.as_json()
    assert any(check.name == "log/1 consistency" for check in verdict.checks)


@pytest.mark.parametrize("offset", [-1, 1])
def test_an_authority_revoked_before_it_stamped_proves_nothing(
    offset: int, made_up: Make, keys: Keys, authorities: list[TimeAuthority], tmp_path: Path
) -> None:
    one = authorities[0]
    kept = one.revocation
    one.revoke(datetime.now(UTC) + timedelta(hours=offset))
    try:
        bundle = tmp_path / "b.tar"
        sealed = seal(
            made_up(), bundle, keys=keys, log=keys.file_log(), operator="x", tsa=[one.url]
        )
        assert list(sealed.pending) == ([one.url] if offset < 0 else [])
        assert verify(bundle, trusting(keys, [one])).status == 0, "the evidence is what it was"
        needed = trusting(keys, [one], time_tokens=1)
        assert verify(bundle, needed).status == (2 if offset < 0 else 0)
    finally:
        one.revocation = kept
