"""Keys are made once: never where anything is stored, and a wrong one stops the start in words."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from lindung.hotline.config import keys

from .ground import Ground


def everything(home: Path) -> dict[str, bytes]:
    folder = home / "keys"
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    keys.prepare(tmp_path)
    return tmp_path


def swap(path: Path) -> None:
    path.write_bytes(bytes(PrivateKey.generate()))


def instead(path: Path) -> Path:
    path.unlink()
    return path


SPELLINGS: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:20]),
    "of another kind": lambda path: path.write_text("-----BEGIN PRIVATE KEY-----\n"),
    "a folder": lambda path: instead(path).mkdir(),
    "a link to nothing": lambda path: instead(path).symlink_to("nowhere"),
    "another one": swap,
}
SOME = (*keys.BINARY, "db-owner.key", "django-console.key")
WHOLE = [(name, how) for name in SOME for how in SPELLINGS]


@pytest.mark.parametrize(("name", "how"), WHOLE)
def test_a_key_that_is_not_right_is_refused_and_nothing_is_made(
    home: Path, name: str, how: str
) -> None:
    before = everything(home)
    SPELLINGS[how](keys.folder(home) / name)
    after = everything(home)
    if (name, how) == ("report.pub", "missing"):  # made from its private half
        assert keys.prepare(home) == ["report.pub"]
        assert everything(home) == before
        return
    if (name, how) == ("receipt.key", "another one"):  # the database knows: see below
        keys.prepare(home)
        return
    with pytest.raises(keys.KeyProblem, match="safe copy") as refused:
        keys.prepare(home)
    pair = {"report.key", "report.pub"}
    assert name in str(refused.value) or {name} <= pair
    assert everything(home) == after


@pytest.mark.parametrize("sign", ["evidence/a.tar", "postgres/data/PG_VERSION", "keys/made.json"])
def test_no_key_is_made_where_something_is_stored(tmp_path: Path, sign: str) -> None:
    (tmp_path / sign).parent.mkdir(parents=True)
    (tmp_path / sign).write_text("")
    with pytest.raises(keys.KeyProblem, match="missing"):
        keys.prepare(tmp_path)
    assert not list((tmp_path / "keys").glob("*.key"))


def test_no_key_is_made_where_the_database_elsewhere_is_used(tmp_path: Path) -> None:
    with pytest.raises(keys.KeyProblem, match="missing"):
        keys.prepare(tmp_path, holds_data=True)


def test_a_first_start_that_was_killed_goes_on(tmp_path: Path) -> None:
    keys.prepare(tmp_path)
    (tmp_path / "keys" / "made.json").unlink()
    (tmp_path / "keys" / "db-owner.key").unlink()
    kept = everything(tmp_path)
    assert keys.prepare(tmp_path) == ["db-owner.key"]
    assert everything(tmp_path).items() >= kept.items()


def test_a_line_end_of_an_editor_is_no_part_of_a_password(home: Path) -> None:
    before = keys.read(home, "db-owner.key")
    (home / "keys" / "db-owner.key").write_bytes(before + b"\n")
    assert keys.read(home, "db-owner.key") == before


def test_each_process_is_refused_without_its_own_keys_alone(home: Path) -> None:
    shutil.move(keys.folder(home) / "report.key", home / "elsewhere")
    keys.check(home, "public")
    for process in ("console", "worker"):
        with pytest.raises(keys.KeyProblem, match=r"report\.key"):
            keys.check(home, process)


def test_up_without_the_public_key_keeps_the_private_one() -> None:
    """Found from outside: the pair was made anew, and every report was lost."""
    place = Ground()
    try:
        place.up()
        place.run("stop")
        before = everything(place.home)
        (place.home / "keys" / "report.pub").unlink()
        place.up()
        place.run("stop")
        assert everything(place.home) == before
        (place.home / "keys" / "report.key").unlink()
        done = place.run("up")
        assert done.returncode == 2, done.stderr
        assert "report.key is missing" in done.stderr and "safe copy" in done.stderr
        assert "Traceback" not in done.stderr
        assert not place.processes()
        assert not (place.home / "keys" / "report.key").exists()
    finally:
        place.close()


@pytest.mark.django_db
class TestTheDatabaseKnowsTheKeys:
    @pytest.fixture(autouse=True)
    def own_home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        from django.conf import settings

        from lindung.hotline.config.env import Env
        from lindung.hotline.custody import places

        env = settings.ENV
        own = Env({**env.values, "LINDUNG_HOME": tmp_path}, env.given, env.shown)
        monkeypatch.setattr(settings, "ENV", own)
        places.evidence_keys.cache_clear()
        keys.prepare(tmp_path)
        return tmp_path

    @pytest.fixture(autouse=True)
    def forget(self) -> object:
        from lindung.hotline.custody import places

        yield
        places.evidence_keys.cache_clear()

    def test_keys_are_known_once_and_others_refused(self, own_home: Path) -> None:
        from lindung.hotline.custody import services as custody
        from lindung.hotline.custody.models import Entry
        from lindung.hotline.custody.places import evidence_keys

        assert custody.make_keys() == own_home / "keys" / "evidence" / "offline"
        assert custody.make_keys() is None
        custody.check_keys()
        custody.check_keys()
        assert Entry.objects.filter(kind="keys.known").count() == 1
        swap(own_home / "keys" / "receipt.key")
        with pytest.raises(keys.KeyProblem, match=r"receipt\.key in .*safe copy"):
            custody.check_keys()
        shutil.move(own_home / "keys" / "evidence" / "log.pem", own_home / "moved")
        evidence_keys.cache_clear()
        with pytest.raises(keys.KeyProblem, match=r"log\.pem.*safe copy"):
            custody.check_keys()

    def test_a_lost_folder_of_evidence_keys_is_not_made_anew(self, own_home: Path) -> None:
        from lindung.hotline.custody import services as custody

        (own_home / "evidence").mkdir()
        (own_home / "evidence" / "2026-0001-ab.lindung.tar").write_bytes(b"sealed")
        with pytest.raises(keys.KeyProblem, match="is missing, and there is evidence"):
            custody.make_keys()
        assert not (own_home / "keys" / "evidence").exists()
