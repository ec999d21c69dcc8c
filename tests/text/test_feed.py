"""`lindung read`, and what bad input gets: a reading or a counted, located rejection."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from lindung.text import Reader
from lindung.text.feed import read_lines

POST = "RM20 membership, join private group, ages 13-15 [redacted], DM @example"


def run(data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    program = "import sys; from lindung.cli import main; sys.argv[0] = 'lindung'; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "read", "-", *arguments],
        input=data,
        capture_output=True,
        check=False,
    )


def test_posts_are_printed_with_their_reasons() -> None:
    done = run(f"{POST}\nwe are going to the park\n".encode())
    out = done.stdout.decode()
    assert done.returncode == 0
    assert "an offer about somebody under 18" in out
    assert "price: MYR 20" in out
    assert "no signal found" in out
    assert "safe" not in out


def test_json_is_for_machines_and_bad_lines_are_located() -> None:
    lines = [
        json.dumps({"text": POST}).encode(),
        b"{not json",
        b'{"no": "text"}',
        b"\xff\xfe",
        b'{"text": "hello \\ud800 \\u0000"}',
    ]
    done = run(b"\r\n".join(lines), "--jsonl", "--json")
    read = [json.loads(line) for line in done.stdout.splitlines()]
    assert [reading["line"] for reading in read] == [1, 5]
    assert read[0]["signals"][0]["spans"][0]["label"] == "price: MYR 20"
    assert done.returncode == 1
    errors = done.stderr.decode()
    assert "line 2: not JSON at column 2" in errors
    assert 'line 3: no "text" in it' in errors
    assert "line 4: not UTF-8 at byte 1" in errors
    assert "3 lines were no posts" in errors


def test_a_chat_is_printed_as_a_timeline() -> None:
    chat = [("a", "how old are you?"), ("b", "13"), ("a", "are you home alone?")]
    chat += [("a", "this is our secret"), ("a", "send me a pic [redacted]")]
    data = "\n".join(json.dumps({"sender": s, "text": t}) for s, t in chat).encode()
    out = run(data, "--chat").stdout.decode()
    assert "should have been raised at message 4" in out


def test_wrong_use_is_told_without_a_traceback() -> None:
    done = run(b"", "--policy", "/nowhere.yaml")
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_a_post_cannot_steer_the_terminal() -> None:
    out = run("hello \x1b[31m \u202e world".encode()).stdout.decode()
    assert "\x1b[31m" not in out
    assert "\u202e" not in out


def test_mixed_newlines_count_the_same() -> None:
    lines = list(read_lines([b"a\r\nb\rc\n", b"\n", b"d"], json_lines=False))
    assert [(line.number, line.text) for line in lines] == [(1, "a"), (2, "b"), (3, "c"), (5, "d")]


def test_one_odd_line_never_costs_the_others() -> None:
    lines = [
        b'{"text": "a", "n": ' + b"9" * 5000 + b"}",
        b'{"text": "b", "n": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"text": "c", "sender": {"name": "x"}}',
        b'{"text": "d", "sender": null, "n": NaN}',
        b'{"text": "e", "sender": 60123}',
    ]
    read = list(read_lines([line + b"\n" for line in lines], json_lines=True))
    assert [(line.text, line.sender) for line in read if line.rejected is None] == [
        ("a", ""),
        ("d", ""),
        ("e", "60123"),
    ]
    assert read[1].rejected == "JSON nested too deeply"
    assert read[2].rejected == 'its "sender" is no text'


HOSTILE = {
    "lone surrogates": "\ud800\udfff" * 1000 + POST,
    "right-to-left overrides": "\u202e" * 1000 + POST + "\u202c" * 1000,
    "emoji": "😀👨‍👩‍👧‍👦" * 12_500 + POST,
    "NULs": "\x00" * 1000 + POST + "\x00",
    "newlines": "\r\n\r\u2028\x85" * 1000 + POST,
    "marks": "a" + "\u0301" * 100_000 + " " + POST,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_posts_are_read(name: str) -> None:
    (reading,) = Reader.load().read([HOSTILE[name]])
    assert reading.score >= 3


SLOW = ["a", "RM20 ", "13 ", "private group ", "@a", "a.b/", "1-", "(", "😀", "age 1", "x@", "a b ",
        "a a a ", "https://", "0x", "vip group RM2 ages 13 "]  # fmt: skip


@pytest.mark.timeout(120)
@pytest.mark.parametrize("unit", SLOW)
def test_long_posts_take_linear_time(unit: str) -> None:
    long = (unit * 300_000)[:300_000] + "\n" + POST
    (reading,) = Reader.load().read([long])
    assert reading.score >= 3
