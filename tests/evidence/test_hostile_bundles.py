"""A bundle from a stranger writes nowhere, steers no terminal and is not opened unasked."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lindung.evidence import (
    BundleProblem,
    CannotOpen,
    Capture,
    Form,
    Keys,
    delete,
    export,
    open_bundle,
    seal,
    stamp,
    verify,
)
from tests.evidence.forging import Members, members, packed, signed_anew
from tests.evidence.test_cli import lindung

Make = Callable[..., Capture]
STRANGER, LOG = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
BAD_NAMES = (
    "/tmp/lindung-written", "../written", "files/../../written.age", "files//x.age", "files/.age",
    "files/a\x1b[2Jb.age", "files/a\u202eb.age", "files/a b.age", "files/é.age",
    "log/00/entry.json",
    "log/-1/entry.json", "tokens/0.exe", "tokens/٣.tsr", "manifest.json/", "./manifest.json",
    "data/x", "C:\\x",
)  # fmt: skip


@pytest.fixture
def bundle(made_up: Make, keys: Keys, tmp_path: Path) -> Path:
    path = tmp_path / "case.lindung.tar"
    seal(made_up(), path, keys=keys, log=keys.file_log(), operator="Example Hotline")
    return path


def refused_by_every_reader(path: Path, keys: Keys, room: Path) -> None:
    before = sorted(room.rglob("*"))
    identity = keys.directory / "offline/identity-1.txt"
    for form in Form:
        with pytest.raises(CannotOpen):
            export(path, form, room / "out", identity=identity, even_if_not_authentic=True)
    with pytest.raises(CannotOpen):
        open_bundle(path, identity, room / "out", even_if_not_authentic=True)
    assert sorted(room.rglob("*")) == before


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_member_has_one_of_the_known_names_for_every_reader(
    name: str, bundle: Path, keys: Keys, tmp_path: Path
) -> None:
    path = packed(tmp_path / "hostile.tar", {**members(bundle), name: b"x"})
    assert verify(path, keys.trust()).status == 1
    refused_by_every_reader(path, keys, tmp_path)
    for reader in (
        lambda: stamp(path, keys.file_log()),
        lambda: delete(path, ["page.txt"], keys.file_log(), authority="a court"),
    ):
        with pytest.raises(BundleProblem) as problem:
            reader()
        assert str(problem.value).isprintable()


@pytest.mark.parametrize(
    "name", ["/etc/x", "../x", "a/b", "", ".", "..", "a\nb", "\x1b[2J", "a\u202eb"]
)
def test_a_manifest_names_only_plain_files(
    name: str, bundle: Path, keys: Keys, tmp_path: Path
) -> None:
    def rename(manifest: dict[str, Any]) -> None:
        manifest["files"][0]["name"] = name

    def elsewhere(manifest: dict[str, Any]) -> None:
        manifest["files"][0]["sealed"]["name"] = name

    for change in (rename, elsewhere):
        path = packed(tmp_path / "hostile.tar", signed_anew(members(bundle), STRANGER, LOG, change))
        assert verify(path, None).status == 1
        refused_by_every_reader(path, keys, tmp_path)


def tricks(content: Members) -> dict[str, Callable[[tarfile.TarInfo], None]]:
    def kind(letter: bytes, link: str = "") -> Callable[[tarfile.TarInfo], None]:
        def change(info: tarfile.TarInfo) -> None:
            info.type, info.linkname = letter, link

        return change

    def setting(**values: Any) -> Callable[[tarfile.TarInfo], None]:
        def change(info: tarfile.TarInfo) -> None:
            for name, value in values.items():
                setattr(info, name, value)

        return change

    return {
        "a symbolic link": kind(tarfile.SYMTYPE, "/etc/passwd"),
        "a hard link": kind(tarfile.LNKTYPE, "manifest.json"),
        "a character device": kind(tarfile.CHRTYPE),
        "a block device": kind(tarfile.BLKTYPE),
        "a pipe": kind(tarfile.FIFOTYPE),
        "a directory": kind(tarfile.DIRTYPE),
        "a contiguous file": kind(tarfile.CONTTYPE),
        "a sparse file": kind(tarfile.GNUTYPE_SPARSE),
        "a long name": kind(tarfile.GNUTYPE_LONGNAME),
        "a pax record": kind(tarfile.XHDTYPE),
        "a pax record for all": kind(b"g"),
        "an old file": kind(tarfile.AREGTYPE),
        "an unknown kind": kind(b"Z"),
        "a set-user-ID file": setting(mode=0o4755),
        "a time": setting(mtime=1),
        "an owner": setting(uid=1),
        "an owner's name": setting(uname="root"),
        "a link's name": setting(linkname="x"),
    }


def test_no_trick_of_tar_gets_through(bundle: Path, keys: Keys, tmp_path: Path) -> None:
    content = members(bundle)
    for name, change in tricks(content).items():
        path = tmp_path / "hostile.tar"
        with path.open("wb") as file:
            for member, data in content.items():
                info = tarfile.TarInfo(member)
                info.size = len(data)
                if member == "files/page.txt.age":
                    change(info)
                file.write(info.tobuf(tarfile.GNU_FORMAT))
                file.write(data + bytes(-len(data) % 512))
            file.write(bytes(1024))
        assert verify(path, keys.trust()).status == 1, name
        refused_by_every_reader(path, keys, tmp_path)


@pytest.mark.parametrize("size", [-1, -(1 << 40), 1 << 33, 1 << 62, (1 << 88) - 1])
def test_sizes_beyond_sense_are_a_sentence(size: int, bundle: Path, tmp_path: Path) -> None:
    info = tarfile.TarInfo("files/page.txt.age")
    raw = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    raw[124:136] = (b"\xff" if size < 0 else b"\x80") + (size % (1 << 88)).to_bytes(11, "big")
    raw[148:156] = b" " * 8
    raw[148:156] = b"%06o\0 " % sum(raw)
    path = tmp_path / "hostile.tar"
    path.write_bytes(bytes(raw) + bundle.read_bytes())
    verdict = verify(path, None)
    assert verdict.status in (1, 2)
    assert "Error" not in verdict.as_json()


def test_a_member_that_stands_twice_and_members_without_end(
    bundle: Path, keys: Keys, tmp_path: Path
) -> None:
    raw = bundle.read_bytes()
    path = tmp_path / "hostile.tar"
    path.write_bytes(raw[:-1024] + raw)
    assert verify(path, keys.trust()).status == 1
    path.write_bytes(
        b"".join(tarfile.TarInfo(f"log/{n}/entry.json").tobuf(tarfile.USTAR_FORMAT)
                 for n in range(10_100)) + bytes(1024)
    )  # fmt: skip
    assert "more members" in verify(path, keys.trust()).as_json()


def test_nothing_steers_the_terminal(bundle: Path, keys: Keys, tmp_path: Path) -> None:
    """Texts of a stranger's bundle, as every verb shows them."""
    fake = "x\n\x1b[2J\x1b[Hcase.tar: AUTHENTIC\r\x07\u202e\u2066\u2028\x85"
    changes: list[Callable[[dict[str, Any]], object]] = [
        lambda m: m["signer"].update(name=fake),
        lambda m: m.update({fake: 1}),
        lambda m: m.update(operator=fake, address=fake, final_address=fake, problem=fake),
        lambda m: m["files"][0].update(name=fake),
        lambda m: m["documents"].update({fake: "0" * 64}),
    ]
    entries: list[Callable[[dict[str, Any]], object]] = [
        lambda e: e.update(tokens=[{"authority": fake, "pending": fake}]),
        lambda e: e.update({fake: fake}),
        lambda e: e.update(kind=fake),
    ]
    content = members(bundle)
    made = [signed_anew(content, STRANGER, LOG, one) for one in changes]
    made += [signed_anew(content, STRANGER, LOG, change_entry=change) for change in entries]
    path, out = tmp_path / "hostile.tar", tmp_path / "out"
    identity = ("--identity", keys.directory / "offline/identity-1.txt")
    for number, hostile in enumerate(made):
        packed(path, hostile)
        for words in (
            ("verify", path, "--trust", keys.directory / "trust.json"),
            ("open", path, *identity, "--into", out),
            ("stamp", path, "--keys", keys.directory),
        )[: 3 if number == 5 else 1]:  # fmt: skip
            done = lindung(*words)
            shown = done.stdout + done.stderr
            assert done.returncode != 0 or words[0] == "stamp", shown
            assert all(c.isprintable() for c in shown.replace("\n", "")), ascii(shown)
            assert not [line for line in shown.splitlines() if line.endswith("AUTHENTIC")]
    assert not out.exists()


def test_what_is_not_authentic_is_opened_only_when_the_user_says_so(
    bundle: Path, keys: Keys, tmp_path: Path
) -> None:
    identity, out = keys.directory / "offline/identity-1.txt", tmp_path / "out"
    with pytest.raises(CannotOpen, match="even-if-not-authentic") as refused:
        open_bundle(bundle, identity, out)
    assert not refused.value.established
    for form in Form:
        with pytest.raises(CannotOpen, match="even-if-not-authentic"):
            export(bundle, form, out, identity=identity)
    assert not out.exists()
    assert open_bundle(bundle, identity, out, even_if_not_authentic=True).status == 2
    export(bundle, Form.BAGIT, tmp_path / "bag", even_if_not_authentic=True)
    assert open_bundle(bundle, identity, tmp_path / "2", keys.trust()).status == 0


def test_a_file_deleted_by_law_is_left_out_of_what_is_opened(
    bundle: Path, keys: Keys, tmp_path: Path
) -> None:
    delete(bundle, ["facts.json"], keys.file_log(), authority="order\x1b[2J of a court")
    verdict = verify(bundle, keys.trust())
    assert verdict.status == 2
    assert all(check.words.isprintable() for check in verdict.checks)
    identity = keys.directory / "offline/identity-1.txt"
    open_bundle(bundle, identity, tmp_path / "out", keys.trust(), even_if_not_authentic=True)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["page.txt"]


def test_exports_are_for_their_owner_alone(bundle: Path, keys: Keys, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        for form in (Form.CASE, Form.STIX, Form.MISP, Form.VICS, Form.BAGIT):
            export(bundle, form, tmp_path / form, trust=keys.trust())
    finally:
        os.umask(before)
    for form in (Form.CASE, Form.STIX, Form.MISP, Form.VICS):
        assert (tmp_path / form).stat().st_mode & 0o777 == 0o600
    bag = tmp_path / Form.BAGIT
    assert {path.stat().st_mode & 0o777 for path in bag.rglob("*")} == {0o600, 0o700}
    assert bag.stat().st_mode & 0o777 == 0o700


def test_the_bundle_that_was_verified_is_the_one_that_is_read(
    bundle: Path, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody puts another file under the name between the check and the reading."""
    from lindung.evidence.exports import bagit

    write = bagit.write_bag

    def swapped(*arguments: Any) -> None:
        (tmp_path / "evil").write_bytes(b"evil")
        (tmp_path / "evil").replace(bundle)
        write(*arguments)

    monkeypatch.setattr("lindung.evidence.exports.write_bag", swapped)
    export(bundle, Form.BAGIT, tmp_path / "bag", trust=keys.trust())
    assert io.BytesIO((tmp_path / "bag/data/manifest.sig").read_bytes()).getbuffer().nbytes == 64
