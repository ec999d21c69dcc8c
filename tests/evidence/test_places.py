"""Where the kernel refuses namespaces: captured all the same, or refused in words with a remedy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lindung.evidence import Isolation, trial
from lindung.evidence.capture import chromium
from lindung.evidence.capture.confine import confined
from lindung.runtime import landlock_version
from tests.evidence import places
from tests.evidence.conftest import Site

KINDS = ("container", "user", "chroot")
TAKE = """
import json, sys
from pathlib import Path
from lindung.evidence import CannotCapture, Isolation, capture
try:
    taken = capture(sys.argv[1], Path(sys.argv[2]), allow=[sys.argv[3]],
                    isolation=Isolation(sys.argv[4]))
    print(json.dumps([taken.outcome, taken.text, taken.weaker, taken.facts["isolation"]]))
except CannotCapture as problem:
    print(json.dumps(["cannot", str(problem)]))
"""


def take(kind: str, site: Site, into: Path, isolation: str) -> list[Any]:
    if why := places.refusal(kind):
        pytest.skip(f"no {kind} can be made here: {why}")
    words = [sys.executable, "-c", TAKE, site.url, str(into), site.place, isolation]
    done = subprocess.run(
        places.command(kind, *words), capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    told: list[Any] = json.loads(done.stdout)
    return told


@pytest.fixture
def page(site: Site) -> Site:
    site.page("/", "<title>Kedai</title><p>RM20 membership [redacted]</p>")
    return site


@pytest.mark.parametrize("kind", ["container", "user"])
def test_without_a_sandbox_nothing_is_asked_of_the_site(
    kind: str, page: Site, tmp_path: Path
) -> None:
    outcome, words = take(kind, page, tmp_path / "t", "sandboxed")
    assert outcome == "cannot"
    assert "No usable sandbox" in words
    assert "sysctl -w user.max_user_namespaces" in words
    assert "LINDUNG_CAPTURE_ISOLATION=weaker" in words
    assert page.asked == []


@pytest.mark.parametrize("kind", ["container", "user"])
def test_the_weaker_mode_captures_and_says_what_did_not_hold(
    kind: str, page: Site, tmp_path: Path
) -> None:
    outcome, text, weaker, held = take(kind, page, tmp_path / "t", "weaker")
    assert (outcome, text, weaker) == ("complete", "RM20 membership [redacted]", "sandbox")
    assert held["browser_sandbox"] is False
    assert held["renderers_sandboxed"] is False
    assert "namespaces" in held["weaker_because"]
    assert "sandbox" in held["no_sandbox_because"]
    assert held["browser_uid"] == 1000 if kind == "user" else 61184 <= held["browser_uid"] < 65520


def test_a_chroot_is_no_weaker(page: Site, tmp_path: Path) -> None:
    outcome, text, weaker, held = take("chroot", page, tmp_path / "t", "sandboxed")
    assert (outcome, text, weaker) == ("complete", "RM20 membership [redacted]", "")
    assert held["network_namespace"] and held["browser_sandbox"] and held["renderers_sandboxed"]


def test_the_weaker_mode_uses_the_sandbox_where_there_is_one(page: Site, tmp_path: Path) -> None:
    assert trial(Isolation.WEAKER) == trial()


def test_a_machine_without_a_browser_says_so(
    page: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chromium, "_CANDIDATES", ())
    told = trial()
    assert not told.works
    assert "apt install chromium" in told.problem


class TestConfined:
    """What an unsandboxed browser can reach."""

    @pytest.fixture(autouse=True)
    def _landlock(self) -> None:
        if not landlock_version():
            pytest.skip("this kernel has no Landlock")

    def run(self, tmp_path: Path, port: int, *words: str) -> subprocess.CompletedProcess[str]:
        own = tmp_path / "own"
        own.mkdir()
        return subprocess.run(
            confined(port, own, words),
            cwd="/", capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip

    def test_no_key_is_in_reach(self, tmp_path: Path) -> None:
        key = tmp_path / "report.key"
        key.write_text("a key")
        done = self.run(tmp_path, 1, "/bin/cat", str(key), "/proc/self/stat")
        assert "a key" not in done.stdout
        assert "Permission denied" in done.stderr
        assert "(cat)" in done.stdout

    def test_nothing_is_written_but_its_own_folder(self, tmp_path: Path) -> None:
        script = f"echo 1 > {tmp_path}/own/yes; echo 1 > {tmp_path}/no"
        self.run(tmp_path, 1, "/bin/sh", "-c", script)
        assert (tmp_path / "own/yes").exists()
        assert not (tmp_path / "no").exists()

    def test_no_other_port_is_in_reach(self, site: Site, tmp_path: Path) -> None:
        if landlock_version() < 4:
            pytest.skip("this kernel's Landlock knows no ports")
        script = f": > /dev/tcp/127.0.0.1/{site.port} && echo reached"
        done = self.run(tmp_path, site.port - 1, "/bin/bash", "-c", script)
        assert "reached" not in done.stdout
        (tmp_path / "own").rmdir()
        assert "reached" in self.run(tmp_path, site.port, "/bin/bash", "-c", script).stdout
