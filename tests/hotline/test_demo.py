"""`lindung demo`: the whole way, as a newcomer sees it."""

from __future__ import annotations

import re

import pytest

from tests.evidence import places

from .house import house


@pytest.mark.timeout(400)
def test_the_demo_walks_one_report_all_the_way_and_leaves_the_hotline_running() -> None:
    with house() as built:
        done = built.lindung("demo")
        assert done.returncode == 0, done.stdout + done.stderr + built.logs()
        said = done.stdout
        receipt = r"receipt of the (?:first|second): +(?:[a-z]+ ?){7}$"
        assert len(re.findall(receipt, said, re.M)) == 2
        assert "named by 2 reports" in said
        assert "reason: an offer about somebody under 18" in said
        before, after = re.findall(r"reporter sees now: (.+)", said)
        assert (before, after) == ("Being examined", "Passed on")
        assert re.search(r"lindung verify \S+: exit code 0", said)
        assert re.search(r"one bit changed in a copy: exit code 1: WRONG", said)
        assert set(built.pids()) == {"database", "public", "console", "worker"}
        code = built.lindung("demo", "--code", "demo-ana").stdout.strip()
        assert re.fullmatch(r"\d{6}", code)


def test_the_demo_stays_away_from_a_real_hotline() -> None:
    with house() as built:
        built.up()
        built.lindung("stop")
        done = built.lindung("demo")
        assert done.returncode == 1
        assert "LINDUNG_HOME" in done.stderr


def test_without_a_sandbox_the_demo_stops_with_a_remedy() -> None:
    if why := places.refusal("container"):
        pytest.skip(f"no such place can be made here: {why}")
    with house() as built:
        done = built.lindung("demo", start=places.command("container"))
        assert done.returncode == 1, done.stdout + done.stderr
        assert done.stderr.startswith("The demo needs a capture, and none can be made.")
        assert "LINDUNG_CAPTURE_ISOLATION=weaker" in done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        assert "Captures cannot be made: they wait." in done.stdout
        assert "not running" in built.lindung("status").stdout
