"""The only place that reads the environment: one table of settings, strict and explained.

Each setting may also come from a file: `NAME_FILE` holds the path of a file with its value.
A name beginning with `LINDUNG_` that is not in the table is refused, so a typing mistake
never silently means "default".
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from . import shapes

PREFIX = "LINDUNG_"
ISOLATIONS = ("sandboxed", "weaker")  # those of lindung.evidence
PROCESSES = ("owner", "public", "console", "worker")
ALL = PROCESSES
# Of the environment a part gets the settings that it reads and these names. Captures and migrations
# use much else of a machine (browsers, certificates): theirs is whole but for the settings.
WHOLE = ("owner", "worker")
SYSTEM = ("PATH", "HOME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "PYTHONPATH",
          "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "NUMBA_CACHE_DIR", "SSL_CERT_FILE",
          "SSL_CERT_DIR", "PLAYWRIGHT_BROWSERS_PATH", "DISPLAY", "XDG_RUNTIME_DIR",
          "DBUS_SESSION_BUS_ADDRESS")  # fmt: skip


class SettingsError(ValueError):
    """One or more settings are missing or wrong; the text names each and says what to do."""


@dataclass(frozen=True)
class Setting:
    """One row of the table: `shape` says in words what a value must look like.

    `parts` read it; the others have its default, and never see what it was set to.
    """

    name: str
    default: str
    meaning: str
    shape: str
    parse: Callable[[str], Any]
    secret: bool = False
    parts: tuple[str, ...] = ALL


def default_home() -> str:
    """Root keeps state under /var/lib, where the database's own system user can reach it."""
    return "/var/lib/lindung" if os.geteuid() == 0 else "~/.local/share/lindung"


HTTP = "an address beginning with http:// or https://"
ADDRESS = "host:port, for example 127.0.0.1:8000"

SETTINGS = (
    Setting(
        "LINDUNG_HOME",
        default_home(),
        "Folder for keys, evidence, the embedded database and logs.",
        "a folder",
        lambda v: Path(v).expanduser().absolute(),
    ),
    Setting(
        "LINDUNG_DATABASE_URL",
        "",
        "PostgreSQL 15 or newer. Empty: an embedded server under the home folder.",
        "postgresql://user:password@host:5432/name",
        shapes.optional(shapes.url("postgresql", "postgres")),
        secret=True,
    ),
    Setting(
        "LINDUNG_PUBLIC_BIND",
        "127.0.0.1:8000",
        "Where the public process listens.",
        ADDRESS,
        shapes.address,
        parts=("owner", "public"),
    ),
    Setting(
        "LINDUNG_CONSOLE_BIND",
        "127.0.0.1:8001",
        "Where the console process listens.",
        ADDRESS,
        shapes.address,
        parts=("owner", "console"),
    ),
    Setting(
        "LINDUNG_PUBLIC_URL",
        "http://127.0.0.1:8000",
        "The address reporters open. With https, cookies are marked secure.",
        HTTP,
        shapes.url("http", "https"),
    ),
    Setting(
        "LINDUNG_CONSOLE_URL",
        "http://127.0.0.1:8001",
        "The address analysts open. With https, cookies are marked secure.",
        HTTP,
        shapes.url("http", "https"),
        parts=("owner", "console", "worker"),
    ),
    Setting(
        "LINDUNG_HOTLINE_NAME",
        "Lindung",
        "The hotline's name, shown on every page.",
        "a short text",
        shapes.text,
    ),
    Setting(
        "LINDUNG_COUNTRY",
        "MY",
        "Country whose laws and helplines are shown first.",
        "a two-letter code in capitals, for example MY",
        shapes.country,
    ),
    Setting(
        "LINDUNG_EXIT_URL",
        "https://www.wikipedia.org",
        "Where “Leave this page” goes.",
        HTTP,
        shapes.url("http", "https"),
    ),
    Setting(
        "LINDUNG_CAPTURE_ALLOW",
        "",
        "Internal addresses that captures may reach. Every other non-global address is refused.",
        "host:port, separated by commas; empty for none",
        shapes.addresses,
        parts=("owner", "worker"),
    ),
    Setting(
        "LINDUNG_CAPTURE_AGAIN",
        "2, 15, 120, 720",
        "Minutes before each further try of a capture that was not whole. Posts go quickly, and a "
        "site may be down for a minute only.",
        "whole minutes, separated by commas; empty for none",
        shapes.waits,
        parts=("owner", "console", "worker"),
    ),
    Setting(
        "LINDUNG_CAPTURE_ISOLATION",
        "sandboxed",
        "What must hold the browser of a capture. With “weaker” captures go on where the kernel "
        "gives Chromium no sandbox; each record and the case page say so.",
        "one of " + ", ".join(ISOLATIONS),
        shapes.one_of(*ISOLATIONS),
    ),
    Setting(
        "LINDUNG_SMTP_URL",
        "",
        "Mail server for e-mail referrals. Empty: the e-mail adapter is off.",
        "smtp://user:password@host:25, smtps://… or smtp+starttls://…",
        shapes.optional(shapes.url("smtp", "smtps", "smtp+starttls")),
        secret=True,
        parts=("owner", "worker"),
    ),
    Setting(
        "LINDUNG_MAIL_FROM",
        "hotline@example.org",
        "Sender of e-mail referrals.",
        "an e-mail address",
        shapes.text,
        parts=("owner", "console", "worker"),
    ),
    Setting(
        "LINDUNG_CONTACT",
        "",
        "How an officer with a letter reaches the hotline's people at night. Empty: the sender "
        "of e-mail referrals.",
        "a telephone number, and whose",
        shapes.text,
    ),
    Setting(
        "LINDUNG_MEDIA_AUTHORITY",
        "",
        "The legal authority under which pictures and videos may be kept. Empty: never kept.",
        "the law and section, for example “Act 000 s 0, letter of 1 March 2026”",
        shapes.text,
        parts=("owner", "worker"),
    ),
    Setting(
        "LINDUNG_TIME_AUTHORITIES",
        "",
        "Authorities (RFC 3161) that stamp each bundle. Put the root certificate of each into "
        "keys/evidence/trust.json.",
        "addresses beginning with http:// or https://, separated by commas; empty for none",
        shapes.urls("http", "https"),
    ),
    Setting(
        "LINDUNG_WITNESSES",
        "",
        "Witnesses of the custody log (C2SP tlog-witness), run by other organisations. Put the key "
        "of each into keys/evidence/trust.json.",
        "addresses beginning with http:// or https://, separated by commas; empty for none",
        shapes.urls("http", "https"),
    ),
    Setting(
        "LINDUNG_STUCK_AFTER",
        "60",
        "Minutes after which an unsent referral raises an alarm.",
        "a whole number from 1 to 10080",
        shapes.whole(1, 10080),
        parts=("owner", "console", "worker"),
    ),
    Setting(
        "LINDUNG_UNACKNOWLEDGED_AFTER",
        "1440",
        "Minutes after which a sent but unacknowledged referral raises an alarm.",
        "a whole number from 1 to 100000",
        shapes.whole(1, 100000),
        parts=("owner", "console", "worker"),
    ),
    Setting(
        "LINDUNG_REPORTS_A_MINUTE",
        "300",
        "Reports that the public pages take in a minute once many come at once. Whoever sends a "
        "first one may pass beyond that; whoever is refused keeps what was typed.",
        "a whole number from 1 to 1000000",
        shapes.whole(1, 1_000_000),
    ),
    Setting(
        "LINDUNG_PROXY",
        "",
        "Addresses of your own web server in front of Lindung. Only from these is believed what "
        "X-Forwarded-For and X-Forwarded-Proto say.",
        "IP addresses, separated by commas; empty for none",
        shapes.ip_addresses,
    ),
    Setting(
        "LINDUNG_THREADS",
        "8",
        "Threads of each web process.",
        "a whole number from 1 to 256",
        shapes.whole(1, 256),
    ),
    Setting(
        "LINDUNG_PROCESS",
        "owner",
        "Whose powers this process takes. The commands set it themselves.",
        "one of " + ", ".join(PROCESSES),
        shapes.one_of(*PROCESSES),
    ),
)


@dataclass(frozen=True)
class Env:
    """The settings, parsed. `given`: the names set on purpose; `shown`: texts without secrets."""

    values: Mapping[str, Any]
    given: frozenset[str]
    shown: Mapping[str, str]

    def __getitem__(self, name: str) -> Any:
        return self.values[PREFIX + name]

    @property
    def home(self) -> Path:
        home: Path = self["HOME"]
        return home


def read(environ: Mapping[str, str] | None = None) -> Env:
    """Parse every setting; raise SettingsError that names all that are wrong."""
    environ = os.environ if environ is None else environ
    known = {s.name for s in SETTINGS} | {f"{s.name}_FILE" for s in SETTINGS}
    problems = [
        f"{name} is not a setting. See the table of settings in docs/settings.md."
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in known
    ]
    values: dict[str, Any] = {}
    given = set()
    shown = {}
    for setting in SETTINGS:
        raw = environ.get(setting.name)
        if (path := environ.get(f"{setting.name}_FILE")) is not None:
            if raw is not None:
                problems.append(f"{setting.name} and {setting.name}_FILE are both set. Keep one.")
            try:
                raw = Path(path).read_text().strip()
            except OSError as error:
                problems.append(f"{setting.name}_FILE cannot be read: {error.strerror}.")
                continue
        if raw is not None:
            given.add(setting.name)
        text = setting.default if raw is None else raw
        shown[setting.name] = "(secret)" if setting.secret and text else text
        try:
            values[setting.name] = setting.parse(text)
        except (ValueError, TypeError):
            now = "" if setting.secret else f" It is {raw!r} now."
            problems.append(f"{setting.name} should be {setting.shape}.{now}")
    if problems:
        raise SettingsError("\n".join(problems))
    return Env(values, frozenset(given), shown)


def writable_home(env: Env) -> None:
    """Make the home folder where it is missing; raise SettingsError where it cannot be written."""
    try:
        env.home.mkdir(mode=0o711, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=env.home):
            pass
    except OSError as error:
        raise SettingsError(
            f"LINDUNG_HOME is {env.home}, which cannot be written: {error.strerror}. Choose a "
            "folder that this user may write, on a disk that is not read-only and not full."
        ) from None


@cache
def current() -> Env:
    """The settings of this process."""
    return read()


def become(process: str) -> None:
    """Take the powers of one process, unless the environment already says whose."""
    if PREFIX + "PROCESS_FILE" not in os.environ:
        os.environ.setdefault(PREFIX + "PROCESS", process)


def environ_of(process: str, home: Path, database_url: Path | None = None) -> dict[str, str]:
    """The environment of a child: what it reads of ours, its own powers and database address.

    `database_url` is a file with the address; None keeps the owner's. Paths become absolute,
    because children do not start in our folder.
    """
    read_by = {f"{s.name}{end}" for s in SETTINGS if process in s.parts for end in ("", "_FILE")}
    environ = {
        name: str(Path(value).absolute())
        if name.startswith(PREFIX) and name.endswith("_FILE")
        else value
        for name, value in os.environ.items()
        if name in read_by or (not name.startswith(PREFIX) and (name in SYSTEM or process in WHOLE))
    }
    replaced = ["HOME", "PROCESS"] + ([] if database_url is None else ["DATABASE_URL"])
    for name in replaced:
        environ.pop(PREFIX + name, None)
        environ.pop(f"{PREFIX}{name}_FILE", None)
    environ |= {PREFIX + "HOME": str(home), PREFIX + "PROCESS": process}
    if database_url is not None:
        environ[PREFIX + "DATABASE_URL_FILE"] = str(database_url)
    return environ
