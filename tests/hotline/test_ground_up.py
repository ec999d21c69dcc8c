"""`lindung up`, `status` and `stop`: real processes, a real database, stand-in applications."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from .ground import STANDIN, Ground


@pytest.fixture
def ground() -> Iterator[Ground]:
    place = Ground()
    yield place
    place.close()


def test_up_says_where_everything_is_and_stop_leaves_nothing(ground: Ground) -> None:
    said = ground.up()
    for name in ("database", "migrations", "public", "console", "worker"):
        assert re.search(rf"^{name} +\d+\.\d s", said, re.MULTILINE), said
    assert f"http://127.0.0.1:{ground.public}" in said
    assert said.count("first-manager-example") == 1
    assert "lindung stop" in said

    assert set(ground.parts()) == {"database", "public", "console", "worker"}
    assert ground.who(ground.public).startswith("lindung_public ")
    assert ground.who(ground.console).startswith("lindung_console ")
    secrets = [p.read_text() for p in (ground.home / "keys").glob("db-*.key")]
    for process in ground.processes():
        assert not any(secret in " ".join(process.cmdline()) for secret in secrets)
    for log in (ground.home / "log").iterdir():
        assert "first-manager-example" not in log.read_text()
        assert log.stat().st_mode & 0o077 == 0

    again = ground.run("up")
    assert again.returncode == 0
    assert "already running" in again.stdout
    assert f"http://127.0.0.1:{ground.public}" in again.stdout

    assert ground.run("stop").stdout == "Lindung has stopped.\n"
    assert not ground.processes()
    assert ground.run("stop").stdout == "Lindung is not running.\n"
    assert ground.run("status").returncode == 1


def test_a_part_that_is_killed_comes_back(ground: Ground) -> None:
    ground.up()
    before = ground.parts()
    for part in before.values():
        os.kill(part["pid"], signal.SIGKILL)
    ground.wait(lambda: all(p["restarts"] for p in ground.parts().values()))
    ground.wait(lambda: ground.run("status").returncode == 0, seconds=60)
    after = ground.parts()
    for name, part in after.items():
        assert part["pid"] != before[name]["pid"]
    assert ground.who(ground.public).startswith("lindung_public ")


def test_nothing_outlives_a_killed_supervisor(ground: Ground) -> None:
    ground.up()
    os.kill(ground.supervisor(), signal.SIGKILL)
    ground.none_left()
    assert ground.run("status").returncode == 1
    ground.run("stop")
    assert not (ground.home / "run" / "state.json").exists()


def test_up_works_after_everything_was_killed_at_once(ground: Ground) -> None:
    ground.up()
    for process in ground.processes():
        process.suspend()
    for process in ground.processes():
        process.kill()
    ground.none_left()
    pid_file = ground.home / "postgres" / "data" / "postmaster.pid"
    assert pid_file.exists()
    # By now the number may belong to something else: here, to this test.
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    (lock,) = (ground.home / "postgres" / "socket").glob("*.lock")
    lock.write_text(pid_file.read_text())
    ground.up()
    assert ground.run("status").returncode == 0


def test_stop_ends_what_a_killed_supervisor_left(ground: Ground) -> None:
    """Also a part that does not react when asked: here, because it is suspended."""
    ground.up()
    worker = psutil.Process(ground.parts()["worker"]["pid"])
    worker.suspend()
    os.kill(ground.supervisor(), signal.SIGKILL)
    assert ground.run("stop").stdout == "Lindung has stopped.\n"
    assert not ground.processes()


def test_two_ups_at_once_start_one_hotline(ground: Ground) -> None:
    both = [ground.start("up"), ground.start("up")]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("Lindung is already" in words for words in said) == 1
    ground.wait(lambda: ground.run("status").returncode == 0)


def test_foreground_stays_until_it_is_asked_to_stop(ground: Ground) -> None:
    process = ground.start("up", "--foreground")
    ground.wait(lambda: ground.run("status").returncode == 0, seconds=60)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert "lindung stop" in out
    ground.none_left(1)


def test_a_taken_port_is_named_and_nothing_starts(ground: Ground) -> None:
    with socket.create_server(("127.0.0.1", ground.console)):
        done = ground.run("up")
    assert done.returncode == 1
    assert f"LINDUNG_CONSOLE_BIND is 127.0.0.1:{ground.console}" in done.stderr
    assert not ground.processes()


def test_a_part_that_does_not_come_up_is_quoted_and_ends_the_start(ground: Ground) -> None:
    done = ground.run("up", PYTHONPATH=f"{STANDIN}:broken-worker")
    assert done.returncode == 1
    assert "worker did not come up: it ended with code 1" in done.stderr
    assert "The worker cannot read its example." in done.stderr
    assert not ground.processes()
    ground.up()


def test_wrong_settings_stop_the_start_before_anything_begins(ground: Ground) -> None:
    for verb in ("up", "public", "migrate"):
        done = ground.run(verb, LINDUNG_THREADS="many", LINDUNG_PUBLIC_BNID="127.0.0.1:1")
        assert done.returncode == 2
        assert "LINDUNG_THREADS should be a whole number from 1 to 256" in done.stderr
        assert "LINDUNG_PUBLIC_BNID is not a setting" in done.stderr
        assert "Traceback" not in done.stderr
    assert not list(ground.home.iterdir())


def test_a_home_too_long_for_a_socket_is_refused_in_words(ground: Ground) -> None:
    done = ground.run("up", LINDUNG_HOME=str(ground.home / ("long" * 25)))
    assert done.returncode == 2
    assert "LINDUNG_HOME is too long" in done.stderr
    assert not ground.processes()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_a_home_closed_to_the_servers_account_is_refused_in_words(ground: Ground) -> None:
    ground.home.chmod(0o700)
    done = ground.run("up")
    assert done.returncode == 2
    assert "LINDUNG_HOME" in done.stderr and "cannot enter" in done.stderr
    assert Path(ground.home).exists()


@pytest.mark.parametrize("verb", ["up", "migrate"])
def test_a_home_that_cannot_be_written_is_refused_in_words(ground: Ground, verb: str) -> None:
    done = ground.run(verb, LINDUNG_HOME="/proc/lindung")
    assert done.returncode == 2
    assert "LINDUNG_HOME is /proc/lindung, which cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
