"""File arguments that are none: one sentence, at once, with the exit code of docs/commands.md."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lindung.evidence import Capture, Keys, seal
from tests.evidence.test_cli import lindung

Make = Callable[..., Capture]


@pytest.fixture
def bundle(made_up: Make, keys: Keys, tmp_path: Path) -> Path:
    path = tmp_path / "b.tar"
    seal(made_up(), path, keys=keys, log=keys.file_log(), operator="Example Hotline")
    return path


@pytest.mark.parametrize("kind", ["zero", "missing", "folder", "pipe", "empty", "zeros"])
def test_a_bundle_that_is_none(kind: str, keys: Keys, tmp_path: Path) -> None:
    path = Path("/dev/zero") if kind == "zero" else tmp_path / "b\x1b[2J.tar"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind in ("empty", "zeros"):
        path.write_bytes(bytes(0 if kind == "empty" else 1 << 20))
    trust, identity = keys.directory / "trust.json", keys.directory / "offline/identity-1.txt"
    out = tmp_path / "out"
    verbs = [
        ("verify", path, "--trust", trust),
        ("open", path, "--identity", identity, "--trust", trust, "--into", out),
        ("export", path, "--as", "case", "--out", out, "--trust", trust),
        ("stamp", path, "--keys", keys.directory),
    ]
    for words in verbs if kind in ("zero", "missing") else verbs[:1]:
        done = lindung(*words)
        said = done.stdout + done.stderr
        assert done.returncode == 2, (words, said)
        assert "TAMPERED" not in said and "Errno" not in said
        assert said.replace("\n", "").isprintable()
    assert not out.exists()


@pytest.mark.parametrize("other", ["/dev/zero", "missing", "/"])
def test_other_files_that_are_none(other: str, bundle: Path, keys: Keys, tmp_path: Path) -> None:
    trust, out = keys.directory / "trust.json", tmp_path / "out"
    for words in (
        ("verify", bundle, "--trust", other),
        ("open", bundle, "--identity", other, "--trust", trust, "--into", out),
        ("export", bundle, "--as", "wacz", "--identity", other, "--trust", trust, "--out", out),
        ("witness", tmp_path / "w", "--trust", other),
    ):
        done = lindung(*words)
        assert done.returncode == 2, (words, done.stdout, done.stderr)
        assert "Errno" not in done.stderr and len(done.stderr.splitlines()) == 1
    assert not out.exists()


def test_a_pipe_that_nobody_writes_ends_with_an_interrupt(bundle: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("lindung")), "verify", str(bundle),
         "--trust", str(pipe)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    writer = os.open(pipe, os.O_WRONLY)  # returns when the command has opened its end
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    os.close(writer)
    assert process.returncode == 130


@pytest.mark.parametrize(
    "address", ["notaurl", "file:///etc/passwd", "", "ftp://example.com/", "http://", "http:///x",
                "http://example.com:99999/", "http://example.com/\nx", "data:text/html,x"]
)  # fmt: skip
def test_what_is_no_address_is_refused_and_not_sealed(
    address: str, keys: Keys, tmp_path: Path
) -> None:
    done = lindung("capture", "--keys", keys.directory, "--out", tmp_path / "b.tar", "--", address)
    assert done.returncode == 2
    assert "Nothing was sealed" in done.stderr and "http" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_keys_are_not_made_over_something(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file", tmp_path, "/dev/null"):
        done = lindung("keygen", place)
        assert done.returncode == 2 and "Errno" not in done.stderr
