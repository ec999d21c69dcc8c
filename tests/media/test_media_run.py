"""`hash` and `match` where something is in the way: words, exit codes, and nothing hangs."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.media.pictures import encoded, landscape
from tests.media.test_media_commands import in_words, lindung, lines

COMMAND = [sys.executable, "-c", "from lindung.cli import main; main()"]


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
        assert real("hash", odd, "-", "--out", out, asked=asked).returncode == 0
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
def counting(path, box):
    open({str(counted)!r}, "a").write("x")
    return hash_file(path, box)
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
