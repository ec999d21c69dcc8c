"""The embedded PostgreSQL: closed to everybody without a password, and never half made."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from lindung.hotline.config import database, keys, postgres


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="ld"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def connect(home: Path, password: str, user: str = "lindung_owner") -> psycopg.Connection:
    return psycopg.connect(
        host=database.socket_folder(home), dbname=database.NAME, user=user, password=password
    )


def test_only_the_password_opens_it_and_only_by_its_socket(home: Path) -> None:
    with postgres.running(home):
        with connect(home, keys.read(home, "db-owner.key").decode()) as owner:
            asked = "server_encoding", "data_checksums", "listen_addresses", "password_encryption"
            found = [owner.execute(f"SHOW {name}").fetchone() for name in asked]
            assert found == [("UTF8",), ("on",), ("",), ("scram-sha-256",)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                owner.execute("SELECT * FROM pg_authid")
        for user in ("lindung_owner", "postgres"):
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                connect(home, "wrong", user)
        assert not (home / "postgres" / "password.part").exists()
    with pytest.raises(psycopg.OperationalError):
        connect(home, "any")


def test_a_running_server_is_used_and_left_running(home: Path) -> None:
    with postgres.running(home):
        with postgres.running(home):
            assert postgres.answers(home)
        assert postgres.answers(home)
    assert not postgres.answers(home)


def test_a_start_after_sigkill_keeps_what_was_committed(home: Path) -> None:
    password = ""
    with postgres.running(home):
        password = keys.read(home, "db-owner.key").decode()
        with connect(home, password) as owner:
            owner.execute("CREATE TABLE kept (word text)")
            owner.execute("INSERT INTO kept VALUES ('example')")
        pid = int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        psutil.Process(pid).send_signal(signal.SIGKILL)
    with postgres.running(home), connect(home, password) as owner:
        assert owner.execute("SELECT word FROM kept").fetchall() == [("example",)]


def test_a_cluster_half_made_is_made_again(home: Path) -> None:
    (home / "postgres" / "data.part").mkdir(parents=True)
    (home / "postgres" / "data.part" / "PG_VERSION").write_text("18\n")
    (home / "postgres").chmod(0o711)
    with postgres.running(home):
        assert postgres.answers(home)


def test_a_cluster_of_another_version_is_refused_in_words(home: Path) -> None:
    with postgres.running(home):
        pass
    (home / "postgres" / "data" / "PG_VERSION").write_text("14\n")
    with pytest.raises(postgres.PostgresError, match="was made by PostgreSQL 14 and this is"):
        postgres.prepare(home)


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    with postgres.running(home):
        pass
    conf = home / "postgres" / "data" / "postgresql.conf"
    conf.write_text(conf.read_text() + "\nno_such_setting = on\n")
    with pytest.raises(postgres.PostgresError, match="no_such_setting"), postgres.running(home):
        pass
