"""What runs is noted whole or not at all; a full disk or a spoilt note ends nothing."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lindung.hotline.config import child, state
from lindung.hotline.config.supervisor import Part, Supervisor

from .ground import Ground

NO_SPACE = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
SPOILT = [b"", b"{", b"null", b"[]", b"\xff\xfe", b"{}", b'{"pid": 1, "parts": []}', b"[" * 100_000]
SPOILT += [b'{"pid": "1", "started": 0, "phase": "up", "parts": []}', b"\0" * 40]
SPOILT += [b'{"pid": 1, "started": 0, "phase": "up", "parts": [{"name": 1}]}', b'{"parts": 7}']


@pytest.fixture
def handlers() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def note(home: Path, content: bytes) -> None:
    (state.folder(home) / state.FILE).write_bytes(content)


@pytest.mark.parametrize("content", SPOILT)
def test_a_spoilt_note_is_no_note(tmp_path: Path, content: bytes) -> None:
    note(tmp_path, content)
    assert state.read(tmp_path) is None
    assert state.running(tmp_path) is None
    assert state.stop(tmp_path) is False


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: (
    st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["pid", "started", "phase", "parts", "name", "ask"]), inner, max_size=5)
), max_leaves=12))  # fmt: skip
def test_no_note_whatever_is_in_it_is_an_error(
    tmp_path_factory: pytest.TempPathFactory, content: Any
) -> None:
    home = tmp_path_factory.getbasetemp()
    note(home, json.dumps(content).encode())
    assert state.read(home) is None


def test_a_note_appears_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = state.State(1, 2.0, "up", [])
    state.write(tmp_path, first)

    def full(*_: object) -> None:
        raise NO_SPACE

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        state.write(tmp_path, state.State(3, 4.0, "up", []))
    assert state.read(tmp_path) == first
    assert [p.name for p in (tmp_path / "run").iterdir()] == [state.FILE]


def test_a_full_disk_and_a_dead_part_do_not_end_the_supervisor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, handlers: None
) -> None:
    said: list[str] = []
    supervisor = Supervisor(tmp_path, said.append)
    part = Part("example", command=lambda: ["sleep", "60"], ready=lambda _: True)
    supervisor.start(part)
    start = child.start
    refused: list[int] = []

    def full(*_: object, **__: object) -> subprocess.Popen[bytes]:
        raise NO_SPACE

    def start_when_there_is_room(*words: Any, **options: Any) -> subprocess.Popen[bytes]:
        if len(refused) < 2:
            refused.append(1)
            raise NO_SPACE
        return start(*words, **options)

    def say(line: str) -> None:
        said.append(line)
        supervisor.asked = line.endswith("is up again")

    supervisor.say = say
    monkeypatch.setattr(state, "write_whole", full)
    monkeypatch.setattr(child, "rotate", full)
    monkeypatch.setattr(child, "start", start_when_there_is_room)
    try:
        supervisor.watch(lambda: supervisor.runs["example"].process.kill())
    finally:
        supervisor.stop()
    assert sum("cannot be started" in line for line in said) == 2
    assert sum("cannot be noted" in line for line in said) == 1


def test_up_status_and_stop_with_a_spoilt_note_of_a_living_hotline() -> None:
    place = Ground()
    try:
        place.up()
        note(place.home, b"")
        again = place.run("up")
        assert (again.returncode, again.stderr) == (0, "")
        assert "already" in again.stdout
        shown = place.run("status")
        assert (shown.returncode, shown.stderr) == (0, "")
        note(place.home, b"{")
        stopped = place.run("stop")
        assert (stopped.stdout, stopped.stderr) == ("Lindung has stopped.\n", "")
        assert not place.processes()
        note(place.home, b"")
        assert place.run("status").returncode == 1
        assert place.run("stop").stdout == "Lindung is not running.\n"
        place.up()
    finally:
        place.close()
