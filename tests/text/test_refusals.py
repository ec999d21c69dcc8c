"""What a command cannot use is refused in words, with the file and, if there is one, the line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = "import sys; from lindung.cli import main; sys.argv[0] = 'lindung'; main()"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("read nowhere.txt", "nowhere.txt: No such file or directory."),
        ("read .", ".: Is a directory."),
        ("read nowhere.jsonl --chat", "nowhere.jsonl: No such file or directory."),
        ("read bytes --policy bytes", "bytes, line 2: this is not UTF-8 text."),
        ("policy test bytes", "This policy cannot be used. bytes, line 2: this is not UTF-8 text."),
        ("policy test nowhere", "This policy cannot be used. nowhere: No such file or directory."),
        (
            "lexicon seal bytes --key key --out out --partner p",
            "bytes: not UTF-8 text (at byte 12).",
        ),
        ("lexicon show nowhere --key key", "nowhere: No such file or directory."),
        ("evaluate bytes", "bytes: not UTF-8 text (at byte 12)."),
        ("evaluate nowhere", "nowhere: No such file or directory."),
    ],
)
def test_what_cannot_be_used_is_named(command: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("00" * 16)
    (tmp_path / "bytes").write_bytes(b"policy: xx\n\xff\n")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *command.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.strip()) == (2, "", said)
