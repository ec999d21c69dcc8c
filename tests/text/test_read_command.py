"""`lindung read --chat`: what it prints and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

CHAT = [
    '{"sender": "a", "text": "how old are you?"}',
    "",
    "{not json",
    '{"sender": "b", "text": "13"}',
    '{"sender": "A", "text": "our secret ok? send me a selfie [redacted]"}',
]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; from lindung.cli import main; sys.argv[0] = 'lindung'; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "read", "-", "--chat", *arguments],
        input="\n".join(CHAT),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_chat_is_told_as_json() -> None:
    done = run("--json")
    told = json.loads(done.stdout)
    places = [(sign["message"], sign["line"], sign["kind"]) for sign in told["signs"]]
    assert places == [(1, 1, "age-probing"), (3, 5, "secrecy"), (3, 5, "image-request")]
    assert told["signs"][1]["spans"] == [{"start": 0, "end": 10, "label": "secrecy"}]
    assert [t["sender"] for t in told["trajectories"]] == ["a"]
    assert (told["warning"]["warned_at"], told["warning"]["line"]) == (3, 5)
    assert told["warning"]["answered"] == 13
    assert "raised at message 3" in told["verdict"]
    assert (done.returncode, "line 3: not JSON" in done.stderr) == (1, True)


def test_a_chat_is_shown_with_the_lines_of_the_file() -> None:
    out = run().stdout
    assert "1 (line 1)  a  age-probing" in out
    assert "3 (line 5)  a  secrecy" in out
    assert "should have been raised at message 3 (line 5)" in out


@pytest.mark.parametrize("option", ["--policy", "--lexicon", "--key", "--model", "--model-key"])
def test_what_a_chat_does_not_use_is_refused(option: str) -> None:
    done = run(option, "example")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{option}: not with --chat" in done.stderr


def test_quiet_is_refused_too_and_all_are_named() -> None:
    done = run("--quiet", "--policy", "example")
    assert done.returncode == 2
    assert "--policy, --quiet: not with --chat" in done.stderr


def test_a_file_that_is_not_there_is_told_in_words() -> None:
    program = "import sys; from lindung.cli import main; sys.argv[0] = 'lindung'; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "read", "/no/such/chat", "--chat"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
