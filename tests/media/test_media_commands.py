"""The commands hash, match, compare and lists: JSON lines, resumed runs, words, exit codes."""

from __future__ import annotations

import hashlib
import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from tests.media.pictures import encoded, landscape


def real(*arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The command as it is run."""
    return subprocess.run(
        [sys.executable, "-c", "from lindung.cli import main; main()", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def lindung(*arguments: object) -> Result:
    """The same in this process: starting Python a dozen times costs a minute."""
    app = typer.Typer()
    for verb in ("hash", "match", "compare", "lists"):
        importlib.import_module(f"lindung.cli.{verb}").register(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def in_words(run: Result, code: int) -> str:
    """That a command ended by itself, with that exit code; what it said."""
    assert run.exit_code == code, run.output
    assert run.exception is None or isinstance(run.exception, SystemExit)
    return " ".join(run.stderr.replace("│", " ").split())


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    picture = landscape(640, 480, 5)
    (folder / "a.png").write_bytes(encoded(picture, "PNG"))
    (folder / "b.jpg").write_bytes(encoded(picture.resize((320, 240)), "JPEG"))
    (folder / "c.txt").write_text("no picture")
    return folder


def test_hash_writes_one_record_a_file_and_resumes(tmp_path: Path, folder: Path) -> None:
    run = real("hash", folder, "--jobs", 2)
    assert run.returncode == 0, run.stderr
    a, b, c = lines(run.stdout)
    assert list(a) == [
        *("path", "sha256", "sha1", "md5", "pdq", "pdq_quality", "width", "height"),
        *("error", "note"),
    ]
    assert (a["width"], a["height"], a["error"]) == (640, 480, "")
    assert len(a["pdq"]) == len(b["pdq"]) == 64
    assert (c["pdq"], c["width"]) == (None, None)
    assert "not a picture" in c["error"]
    assert c["sha256"] == hashlib.sha256(b"no picture").hexdigest()

    out = tmp_path / "out.jsonl"
    first = json.dumps({**a, "note": "from an earlier run"})
    out.write_text(f'{first}\n{{"path": "half a li')
    names = "".join(f"{folder / name}\n" for name in ("a.png", "b.jpg"))
    assert real("hash", "-", "--out", out, stdin=names).returncode == 0
    assert [line["note"] for line in lines(out.read_text())] == ["from an earlier run", ""]
    other = tmp_path / "other.txt"
    other.write_text("something else\n")
    refused = lindung("hash", folder, "--out", other)
    assert refused.exit_code == 2
    assert other.read_text() == "something else\n"


def test_lists_are_added_matched_synced_exported_and_removed(tmp_path: Path, folder: Path) -> None:
    place = ("--lists", tmp_path / "lists")
    md5 = hashlib.md5((folder / "c.txt").read_bytes(), usedforsecurity=False).hexdigest()
    pdq = lines(lindung("hash", folder / "a.png").stdout)[0]["pdq"]
    listed = tmp_path / "list.csv"
    listed.write_text(f"Ref,Sum,pdq\n1,{md5},\n2,,{pdq}\nbad,zz,\n")
    columns = ("--column", "md5=Sum", "--column", "entry_id=Ref", "--column", "pdq=pdq")
    run = lindung("lists", "add", "p", *place, "--file", listed, *columns)
    assert run.exit_code == 0, run.stderr
    assert "2 taken, 0 withdrawn, 1 lines not taken" in run.stdout
    assert "line 4: 'zz' is not a md5" in run.stderr

    hits = [line["hits"] for line in lines(lindung("match", folder, *place).stdout)]
    assert [[hit["entry_id"] for hit in each] for each in hits] == [["2"], ["2"], ["1"]]
    assert hits[1][0]["kind"] == "pdq"
    strict = lindung("match", folder / "b.jpg", *place, "--radius", 0).stdout
    assert hits[1][0]["distance"] == 0 or lines(strict)[0]["hits"] == []

    listed.write_text(f"Ref,Sum,pdq\n1,{md5},\n")
    assert "1 taken, 1 withdrawn" in lindung("lists", "sync", *place).stdout
    listed.unlink()
    failed = lindung("lists", "sync", *place)
    assert failed.exit_code == 1
    assert "No such file" in failed.stderr
    assert "1 md5" in lindung("lists", "status", *place).stdout
    assert lindung("lists", "export", "p", *place, "--out", tmp_path / "o.csv").exit_code == 0
    assert md5 in (tmp_path / "o.csv").read_text()
    assert lindung("lists", "remove", "p", *place).exit_code == 0
    assert lindung("lists", "remove", "p", *place).exit_code == 1


def test_wrong_use_is_said(tmp_path: Path, folder: Path) -> None:
    place = ("--lists", tmp_path / "lists")
    assert lindung("lists", "add", "p", *place).exit_code == 2
    assert lindung("lists", "add", "p", *place, "--exchange", "ncmec").exit_code == 2
    missing = real("lists", "add", "p", *place, "--file", tmp_path / "none.csv")
    assert missing.returncode == 1
    assert "none.csv" in missing.stderr
    assert "Traceback" not in missing.stderr


def test_compare_says_how_far_two_pictures_are(folder: Path) -> None:
    run = lindung("compare", folder / "a.png", folder / "b.jpg")
    assert run.exit_code == 0
    assert "of 256 bits differ: the same picture" in run.stdout
    broken = lindung("compare", folder / "a.png", folder / "c.txt")
    assert broken.exit_code == 1
    assert "c.txt: not a picture" in broken.stderr
