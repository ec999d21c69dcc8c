"""Which database, as which role: every process connects with its own powers."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from . import keys
from .env import Env

NAME = "lindung"


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
