"""Files that appear whole, locks between processes, and files that somebody names."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lindung.runtime import (
    UnusableFile,
    locked,
    locked_or_not,
    read_bounded,
    read_bounded_text,
    storable,
    write_whole,
    writing_whole,
)


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "state"
    write_whole(path, "first")
    with pytest.raises(RuntimeError), writing_whole(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_killed_writer_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "state"
    write_whole(path, b"first")
    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, pathlib, sys\n"
            "from lindung.runtime import writing_whole\n"
            "with writing_whole(pathlib.Path(sys.argv[1])) as file:\n"
            "    file.write(b'half'); file.flush(); os.kill(os.getpid(), 9)",
            str(path),
        ],
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"first"


def test_a_device_is_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="regular file"):
        write_whole(pipe, b"x")
    assert pipe.is_fifo()


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with locked(lock), locked_or_not(lock) as ours:
        assert not ours
    with locked_or_not(lock) as ours:
        assert ours


def test_files_that_somebody_names(tmp_path: Path) -> None:
    good = tmp_path / "good"
    good.write_bytes(b"\xef\xbb\xbfwords")
    assert read_bounded(good, 8) == good.read_bytes()
    assert read_bounded_text(good, 8) == "words"
    bad = tmp_path / "bad"
    bad.write_bytes(b"abc\xff")
    for path, most, why in (
        (good, 7, "larger than 7 bytes"),
        (tmp_path / "gone", 8, "no such file"),
        (good / "below", 8, "cannot be read"),
        (tmp_path, 8, "it is a folder"),
        (Path("/dev/zero"), 8, "device"),
        (Path("/dev/null"), 8, "device"),
        (Path("a\0b"), 8, "no name of a file"),
    ):
        with pytest.raises(UnusableFile, match=why):
            read_bounded(path, most)
    with pytest.raises(UnusableFile, match="byte 3 is no UTF-8"):
        read_bounded_text(bad, 8)


def test_a_pipe_is_read_to_its_limit(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for content, most in ((b"words", 5), (bytes(100_000), 5)):
        writer = threading.Thread(target=_write, args=(pipe, content))
        writer.start()
        if len(content) > most:
            with pytest.raises(UnusableFile, match="larger"):
                read_bounded(pipe, most)
        else:
            assert read_bounded(pipe, most) == content
        writer.join()


def _write(pipe: Path, content: bytes) -> None:
    with pipe.open("wb", buffering=0) as file:
        try:
            file.write(content)
        except BrokenPipeError:
            return


def test_text_is_storable() -> None:
    assert storable("a\0b\ud800c" + "d" * 10, 5) == "a\ufffdb?c"
