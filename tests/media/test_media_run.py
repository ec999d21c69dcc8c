"""`hash` and `match` where something is in the way: words, exit codes, and nothing hangs."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from PIL import Image

from lindung.media import (
    ListStore,
    Sandbox,
    SandboxError,
    compiling_said,
    confirm,
    hash_file,
    sandbox,
)
from tests.media.pictures import encoded, landscape
from tests.media.test_media_commands import in_words, lindung, lines

COMMAND = [sys.executable, "-c", "from lindung.cli import main; main()"]


@pytest.fixture(autouse=True, scope="module")
def compiled() -> None:
    """So that no command says that it compiles the loops."""
    with Sandbox() as box, contextlib.suppress(SandboxError):
        box.ask(Path(__file__))


def real(
    *arguments: Any, asked: bytes = b"", stdout: Any = subprocess.PIPE
) -> subprocess.CompletedProcess[bytes]:
    """The command as it is run, for at most a minute. Bytes, since not every name is text."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        input=asked,
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    return done


def errors(text: str) -> dict[str, str]:
    return {Path(line["path"]).name: line["error"] for line in lines(text)}


def test_each_path_that_is_no_regular_file_has_a_record(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "file").write_text("no picture")
    os.mkfifo(folder / "pipe")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "round").symlink_to(folder)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket"))
        found = errors(lindung("hash", folder, folder / "pipe", "/dev/zero").stdout)
    assert found.pop("file").startswith("not a picture")
    assert found == {
        "pipe": "cannot be read: it is a named pipe, not a regular file",
        "socket": "cannot be read: it is a socket, not a regular file",
        "zero": "cannot be read: it is a device, not a regular file",
        "round": "cannot be read: it is a folder, not a regular file",
        "dangling": "cannot be read: No such file or directory",
    }


def test_names_that_are_no_text_are_hashed_and_resumed(tmp_path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/odd\xff\n.txt"
    Path(os.fsdecode(odd)).write_bytes(b"")
    plain = os.fsencode(tmp_path) + b"/odd\xff.txt"
    Path(os.fsdecode(plain)).write_bytes(b"")
    asked = plain + b"\na\0b\n"
    out = tmp_path / "out.jsonl"
    for _ in range(2):
        assert real("hash", odd, "-", "--out", out, asked=asked).returncode == 1  # of "a\0b"
    records = [json.loads(line) for line in out.read_bytes().splitlines()]
    assert [os.fsencode(record["path"]) for record in records] == [odd, plain, b"a\0b"]
    assert "NUL" in records[2]["error"]
    assert real("hash", plain).stdout.isascii()


def test_an_output_that_cannot_be_written_is_wrong_use(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    os.mkfifo(tmp_path / "pipe")
    for out in (tmp_path, tmp_path / "pipe", "/dev/full", tmp_path / "none" / "out"):
        assert "--out" in in_words(lindung("hash", file, "--out", out), 2)
    notes = tmp_path / "notes"
    notes.write_text("mine, without a line's end")
    assert "something else" in in_words(lindung("hash", file, "--out", notes), 2)
    assert notes.read_text() == "mine, without a line's end"


def test_a_full_disk_ends_a_run_in_words_and_it_resumes(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = real("hash", __file__, stdout=full)
    assert (done.returncode, done.stderr) == (
        1,
        b"The output: cannot be written (No space left on device).\n",
    )
    files = [tmp_path / str(number) for number in range(10)]
    for file in files:
        file.touch()
    out = tmp_path / "out"
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
    command: list[str | Path] = [
        sys.executable,
        "-c",
        limited + COMMAND[2],
        "hash",
        *files,
        "--out",
        out,
    ]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        f"{out}: cannot be written (File too large).\n".encode(),
    )
    assert lindung("hash", *files, "--out", out).exit_code == 0
    assert [line["path"] for line in lines(out.read_text())] == [str(file) for file in files]


def test_a_reader_that_goes_away_ends_the_work(tmp_path: Path) -> None:
    picture = encoded(landscape(64, 48), "PNG")
    for number in range(300):
        (tmp_path / f"{number:03}.png").write_bytes(picture)
    counted = tmp_path / "counted"
    script = f"""
import lindung.media as media
hash_file = media.hash_file
def counting(path, box, full):
    open({str(counted)!r}, "a").write("x")
    return hash_file(path, box, full=full)
media.hash_file = counting
from lindung.cli import main
main()
"""
    command: list[str | Path] = [sys.executable, "-c", script, "hash", tmp_path, "--jobs", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout and run.stderr
        run.stdout.readline()
        run.stdout.close()
        assert run.wait(60) == 1
        assert run.stderr.read() == b""
    assert len(counted.read_text()) < 50


def test_a_file_that_could_not_be_read_is_no_success(tmp_path: Path) -> None:
    """`hash missing` ended with 0."""
    (tmp_path / "there.txt").write_text("no picture, and read")
    out = tmp_path / "out.jsonl"
    os.mkfifo(tmp_path / "pipe")
    odd = (tmp_path / "missing", tmp_path / "pipe", Path("/dev/zero"))
    run = lindung("hash", *odd, tmp_path / "there.txt")
    assert "3 files could not be read" in in_words(run, 1)
    *records, last = lines(run.stdout)
    assert all(record["error"].startswith("cannot be read") for record in records)
    assert last["sha256"]
    for _ in range(2):  # what an earlier run could not read counts too
        assert lindung("hash", tmp_path / "missing", "--out", out).exit_code == 1


def test_a_line_without_end_on_stdin_is_refused(tmp_path: Path) -> None:
    done = real("hash", "-", asked=b"x" * 200_000)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"longer than 65536 bytes" in done.stderr


def test_an_interrupt_ends_at_once_whatever_is_read(tmp_path: Path) -> None:
    """It waited for a file of many gigabytes to be read to its end."""
    endless = tmp_path / "endless"
    with endless.open("wb") as file:
        file.truncate(1 << 40)
    script = "import signal; signal.signal(2, signal.default_int_handler); " + COMMAND[2]
    command: list[str | Path] = [sys.executable, "-c", script, "hash", endless, "--jobs", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        try:
            while str(endless) not in _opened(run.pid):
                assert run.poll() is None
            run.send_signal(signal.SIGINT)
            assert run.wait(60) == 130
        finally:
            run.kill()


def _opened(pid: int) -> list[str]:
    """The files that a process has open."""
    found = []
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(str(each.readlink()))
    return found


def test_what_the_command_prints_is_exact(tmp_path: Path) -> None:
    """It printed hashes of part of a JPEG, two bits off the reference's."""
    pdqhash = pytest.importorskip("pdqhash")
    for seed in range(4):
        path = tmp_path / f"{seed}.jpg"
        path.write_bytes(encoded(landscape(1100, 800, seed), "JPEG", quality=70))
    for record in lines(lindung("hash", tmp_path).stdout):
        with Image.open(record["path"]) as image:
            bits, _ = pdqhash.compute(np.asarray(image.convert("RGB")))
        assert record["pdq"] == np.packbits(bits).tobytes().hex()


def test_the_own_list_is_exact(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(landscape(1300, 1000, 8), "JPEG"))
    with Sandbox() as box, ListStore.open(tmp_path / "store") as store:
        found = hash_file(path, box)
        exact = hash_file(path, box, full=True)
        assert (found.reduced, exact.reduced) == (True, False)
        off = found.frames[0].codes ^ np.uint8(1)  # some bits off, as a reduced decode may be
        found.frames[0] = dataclasses.replace(found.frames[0], codes=off)
        confirm(store, "own", found)
        assert [hit.distance for hit in store.match_pdq(exact.frames[0].codes[:1])] == [0]
        path.write_bytes(encoded(landscape(1300, 1000, 9), "JPEG"))
        with pytest.raises(ValueError, match="not the file any more"):
            confirm(store, "own", found)


def test_compiling_is_said_once() -> None:
    heard: list[str] = []
    with compiling_said(heard.append):
        for dtype in (np.int64, np.float64):
            numba.njit(lambda values: values.sum())(np.zeros(3, dtype))
    assert heard == [sandbox.COMPILING]
