"""VERIFY.txt, run with sh and stock tools alone, reaches the verdicts of `lindung verify`."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lindung.evidence import Capture, Keys, delete, keygen, seal, stamp, verify
from tests.evidence.authority import TimeAuthority
from tests.evidence.conftest import trusting
from tests.evidence.forging import Members, members, packed, signed_anew

Make = Callable[..., Capture]
WORDS = ("AUTHENTIC", "TAMPERED", "CANNOT ESTABLISH")
FILES = {"facts.json": b"{}", "page.html": b"<p>x", "page.txt": b"RM20 membership [redacted]"}
TOOLS = ("openssl", "sha256sum", "grep", "sed", "find", "cut", "tail", "tr", "cat")
SCRIPT = """
set -u
cd "$1"; TRUSTED="$2"
"""


def shell(bundle: Path, key: Path, room: Path, path: str = "/usr/bin:/bin") -> int:
    """Do what VERIFY.txt says, in a shell without Python; returns 0, 1 or 2."""
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir()
    subprocess.run(["tar", "-xf", str(bundle), "-C", str(room)], check=True)
    text = (room / "VERIFY.txt").read_text()
    body = text.split("----- begin -----\n")[1].split("----- end -----")[0]
    done = subprocess.run(
        ["/bin/sh", "-c", SCRIPT + body, "sh", str(room), str(key)],
        env={"PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    (line,) = done.stdout.splitlines()
    assert line.startswith(WORDS[done.returncode] + ": "), (line, done.stderr)
    assert line.isprintable()
    return done.returncode


@pytest.fixture
def original(made_up: Make, keys: Keys, authorities: list[TimeAuthority], tmp_path: Path) -> Path:
    path, log = tmp_path / "original.tar", keys.file_log()
    authorities[1].up = False
    seal(made_up(FILES), path, keys=keys, log=log, operator="x", tsa=[a.url for a in authorities])
    authorities[1].up = True
    assert stamp(path, log) == []
    return path


def changes(content: Members, keys: Keys) -> Iterator[tuple[str, Members]]:
    for name, data in content.items():
        if name != "VERIFY.txt":
            yield f"without {name}", {n: d for n, d in content.items() if n != name}
            yield f"nothing in {name}", content | {name: b""}
        if not name.startswith("log/"):  # what holds the log together, this shell does not check
            yield (
                f"one bit of {name}",
                content | {name: data[:-2] + bytes([data[-2] ^ 1]) + data[-1:]},
            )
    yield "without the log", {n: d for n, d in content.items() if not n.startswith("log/")}
    yield "without the stamps", {n: d for n, d in content.items() if not n.startswith("tokens/")}
    for name in ("files/extra.age", "tokens/7.tsr", "log/7/entry.json"):
        yield f"with {name}", content | {name: b"x"}
    yield "a line more of instructions", content | {"VERIFY.txt": content["VERIFY.txt"] + b"\n"}
    stranger = Ed25519PrivateKey.generate()
    bare = {n: d for n, d in content.items() if not n.startswith(("tokens/", "log/1"))}
    damaged = signed_anew(bare, stranger, keys.log, change_entry=lambda e: e.update(tokens=[]))
    yield "another signer of the same name", damaged
    yield "another signer, damaged", damaged | {"files/page.txt.age": b"x"}
    yield (
        "another signer, without the log",
        {n: d for n, d in damaged.items() if not n.startswith("log/")},
    )
    yield "another key in signer.pem", content | {"signer.pem": damaged["signer.pem"]}


def test_the_shell_reaches_the_same_verdicts(
    original: Path, keys: Keys, authorities: list[TimeAuthority], tmp_path: Path
) -> None:
    trust, key = trusting(keys, authorities), keys.directory / "signer-public.pem"
    room, path = tmp_path / "room", tmp_path / "changed.tar"
    assert verify(original, trust).status == shell(original, key, room) == 0
    seen = set()
    for name, change in changes(members(original), keys):
        verdict = verify(packed(path, change), trust)
        assert shell(path, key, room) == verdict.status, f"{name}: {verdict.as_json()}"
        seen.add(verdict.status)
    assert seen == {1, 2}
    assert shell(original, keygen(tmp_path / "other").directory / "signer-public.pem", room) == 2
    assert shell(original, tmp_path / "no", room) == 2
    (tmp_path / "no.pem").write_text("-----BEGIN PUBLIC KEY-----\n")
    assert shell(original, tmp_path / "no.pem", room) == 2


def test_after_a_deletion_by_law_neither_can_establish_it(
    original: Path, keys: Keys, authorities: list[TimeAuthority], tmp_path: Path
) -> None:
    key, kept = keys.directory / "signer-public.pem", members(original)["files/page.html.age"]
    delete(original, ["page.html"], keys.file_log(), authority="an order")
    assert verify(original, trusting(keys, authorities)).status == 2
    assert shell(original, key, tmp_path / "room") == 2
    content = members(original)
    back = packed(tmp_path / "back.tar", {"files/page.html.age": kept} | content)
    assert verify(back, keys.trust()).status == shell(back, key, tmp_path / "room") == 1


def test_where_a_tool_is_missing_or_old_nothing_is_called_tampered(
    original: Path, keys: Keys, tmp_path: Path
) -> None:
    key, room = keys.directory / "signer-public.pem", tmp_path / "room"
    for missing in ("openssl", "sha256sum", "grep", "find"):
        clean = tmp_path / f"without-{missing}"
        clean.mkdir()
        for tool in TOOLS:
            if tool != missing:
                (clean / tool).symlink_to(str(shutil.which(tool)))
        assert shell(original, key, room, str(clean)) == 2, missing
    old = clean / "openssl"
    old.unlink()
    old.write_text("#!/bin/sh\necho OpenSSL 1.1.1w 11 Sep 2023\n")
    old.chmod(0o700)
    (clean / "find").symlink_to(str(shutil.which("find")))
    assert shell(original, key, room, str(clean)) == 2
    old.unlink()
    old.symlink_to(str(shutil.which("openssl")))
    assert shell(original, key, room, str(clean)) == 0


def test_names_in_sums_of_a_stranger_steer_no_terminal(
    original: Path, keys: Keys, tmp_path: Path
) -> None:
    """The shell reads SHA256SUMS, which a stranger may have written and signed."""
    content = members(original)
    manifest = json.loads(content["manifest.json"])
    sums = content["SHA256SUMS"].decode().replace("page.html.age", "\x1b[2Jpage.html\u202e.age")
    hostile = content | {"SHA256SUMS": sums.encode()}
    assert manifest
    path = packed(tmp_path / "hostile.tar", hostile)
    assert shell(path, keys.directory / "signer-public.pem", tmp_path / "room") == 1
