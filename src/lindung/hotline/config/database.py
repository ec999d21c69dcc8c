"""Which database, as which role: every process connects with its own powers."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import psycopg

from . import keys
from .env import Env, SettingsError

NAME = "lindung"
OWNS = """
SELECT current_user, EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolname = current_user
                             AND (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb))
    OR EXISTS (SELECT 1 FROM pg_class c WHERE c.relname IN ('intake_report', 'custody_entry')
               AND pg_has_role(current_user, c.relowner, 'MEMBER'))
"""


def socket_folder(home: Path) -> str:
    """Folder of the embedded server's socket, inside the home folder."""
    return str(home / "postgres" / "socket")


def url_of(env: Env, role: str) -> str:
    """The same database as `connection` reaches, as one role with its own password, as a URL."""
    parts = urlsplit(env["DATABASE_URL"] or f"postgresql:///{NAME}")
    password = keys.read(env.home, f"db-{role}.key").decode()
    address = parts.netloc.rpartition("@")[2]
    query = parts.query if env["DATABASE_URL"] else f"host={quote(socket_folder(env.home))}"
    return parts._replace(netloc=f"lindung_{role}:{password}@{address}", query=query).geturl()


def refuse_owner(env: Env, process: str) -> None:
    """Raise SettingsError where a part would work with the powers of the tables' owner.

    A database that does not answer yet is asked nothing: it refuses or serves later.
    """
    entry = connection(env, process)
    try:
        with psycopg.connect(
            host=entry["HOST"] or None,
            port=entry["PORT"] or None,
            dbname=entry["NAME"],
            user=entry["USER"] or None,
            password=entry["PASSWORD"] or None,
            connect_timeout=5,
            **entry["OPTIONS"],
        ) as asked:
            row = asked.execute(OWNS).fetchone()
    except psycopg.OperationalError:
        return
    if row and row[1]:
        raise SettingsError(
            f"LINDUNG_DATABASE_URL gives `lindung {process}` the powers of {row[0]}, who owns the "
            f"tables or the server. Give it the role lindung_{process}; its password is in "
            f"{keys.folder(env.home) / f'db-{process}.key'}. Then it can do its own work alone."
        )


def connection(env: Env, role: str) -> dict[str, Any]:
    """Django's DATABASES entry for one role (owner, public, console, worker).

    An operator's `LINDUNG_DATABASE_URL` is used as it stands; `lindung up` gives each process
    a URL with that process's own role. Without one, the embedded server is used.
    """
    entry: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": role != "public",  # there a step is taken again (intake/services.py)
        "OPTIONS": {},
    }
    if url := env["DATABASE_URL"]:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        return entry | {
            "NAME": unquote(parts.path.lstrip("/")) or NAME,
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": options.pop("host", parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "OPTIONS": options,
        }
    return entry | {
        "NAME": NAME,
        "USER": f"lindung_{role}",
        "PASSWORD": keys.read(env.home, f"db-{role}.key").decode(),
        "HOST": socket_folder(env.home),
        "PORT": "",
    }
