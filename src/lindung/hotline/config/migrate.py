"""Bring keys, database and passwords up to date, with the owner's powers."""

from __future__ import annotations

import importlib
import io
import os
from contextlib import nullcontext
from importlib.metadata import version
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from . import database, keys, postgres
from .env import Env, SettingsError

if TYPE_CHECKING:
    from django.db.migrations.loader import MigrationLoader


class NewerData(SettingsError):
    """The database was made by a newer program; the text says which step is unknown."""


def migrate(env: Env) -> list[str]:
    """Make a new hotline's keys, apply the migrations, give each role its password.

    Returns what a person should read; the last lines are the links by which the first manager
    and a second person, independent of them, sign up, as long as there are none.
    """
    keys.prepare(env.home, holds_data=bool(env["DATABASE_URL"]) and _holds_data(env))
    with nullcontext() if env["DATABASE_URL"] else postgres.running(env.home):
        applied = _apply()
        give_passwords(env)
        if not env["DATABASE_URL"]:
            postgres.harden(env.home)
        accounts = importlib.import_module("lindung.hotline.accounts.services")
        custody = importlib.import_module("lindung.hotline.custody.services")
        custody.make_keys()
        custody.check_keys()
        identities = custody.identities_here()
        link, second = accounts.first_manager_link(), accounts.second_person_link()
    lines = [f"The database is up to date ({applied} migrations applied now)."]
    if identities:
        lines += [
            f"ALARM: what opens the evidence still lies on this server. Move {identities} to "
            "offline media, twice, and remove it here."
        ]
    if link:
        lines += [f"Make the first manager's account (this link works once): {link}"]
    if second:
        lines += [f"Give this to a second person, who will confirm (it works once): {second}"]
    return lines


def _apply() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lindung.hotline.config.settings")
    import django
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    django.setup()
    executor = MigrationExecutor(connection)
    _refuse_newer(executor.loader)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    call_command("migrate", interactive=False, verbosity=0, stdout=io.StringIO())
    return waiting


def _refuse_newer(loader: MigrationLoader) -> None:
    """Raise NewerData when a newer program has worked on this database."""
    from django.apps import apps

    ours = {one.label for one in apps.get_app_configs() if one.name.startswith("lindung.")}
    newer = sorted(
        f"{app} {name}"
        for app, name in loader.applied_migrations
        if app in ours and (app, name) not in loader.disk_migrations
    )
    if newer:
        raise NewerData(
            f"The data of this hotline is newer than this program (Lindung {version('lindung')}): "
            f"it does not know {', '.join(newer[:3])}{' …' if newer[3:] else ''}. Nothing was "
            "changed. Start the newer version, or restore a backup made with this one."
        )


def _holds_data(env: Env) -> bool:
    """Whether the operator's database was ever used by a hotline."""
    with _owner(env) as connection:
        found = connection.execute("SELECT to_regclass('public.intake_report')").fetchone()
    return found is not None and found[0] is not None


def _owner(env: Env) -> psycopg.Connection:
    entry = database.connection(env, "owner")
    return psycopg.connect(
        host=entry["HOST"] or None,
        port=entry["PORT"] or None,
        dbname=entry["NAME"],
        user=entry["USER"] or None,
        password=entry["PASSWORD"] or None,
        **entry["OPTIONS"],
    )


def give_passwords(env: Env) -> None:
    """ALTER ROLE … PASSWORD for the three processes' roles, from their key files."""
    with _owner(env) as connection:
        for role in ("public", "console", "worker"):
            # Hashed here, so that no server log can hold the password.
            password = connection.pgconn.encrypt_password(
                keys.read(env.home, f"db-{role}.key"), f"lindung_{role}".encode(), b"scram-sha-256"
            )
            connection.execute(
                sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(f"lindung_{role}"), sql.Literal(password.decode())
                )
            )
            for limit in _limits(env)[role]:
                connection.execute(f"ALTER ROLE lindung_{role} {limit}".encode())


def _limits(env: Env) -> dict[str, list[str]]:
    """What keeps a part from taking the database away from the others.

    A part that was taken over can lift its own time limits; it cannot connect more often.
    """
    threads: int = env["THREADS"]
    # Twice: a part that was killed leaves connections for a moment.
    count = f"CONNECTION LIMIT {2 * threads + 4}"
    return {
        "public": [
            count,
            "SET statement_timeout = '20s'",
            "SET lock_timeout = '15s'",
            "SET idle_in_transaction_session_timeout = '30s'",
        ],
        "console": [
            count,
            "SET statement_timeout = '60s'",
            "SET idle_in_transaction_session_timeout = '120s'",
        ],
        "worker": [],
    }
