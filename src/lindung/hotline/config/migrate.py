"""Bring keys, database and passwords up to date, with the owner's powers."""

from __future__ import annotations

import importlib
import io
import os
from contextlib import nullcontext

import psycopg
from psycopg import sql

from . import database, keys, postgres
from .env import Env


def migrate(env: Env) -> list[str]:
    """Make missing keys, apply the migrations, give each role its password.

    Returns what a person should read; the last lines are the links by which the first manager
    and a second person, independent of them, sign up, as long as there are none.
    """
    keys.create_missing(env.home)
    with nullcontext() if env["DATABASE_URL"] else postgres.running(env.home):
        applied = _apply()
        give_passwords(env)
        accounts = importlib.import_module("lindung.hotline.accounts.services")
        custody = importlib.import_module("lindung.hotline.custody.services")
        identities = custody.make_keys()
        link, second = accounts.first_manager_link(), accounts.second_person_link()
    lines = [f"The database is up to date ({applied} migrations applied now)."]
    if identities:
        lines += [f"Move {identities} to offline media now: only they open evidence."]
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
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    call_command("migrate", interactive=False, verbosity=0, stdout=io.StringIO())
    return waiting


def give_passwords(env: Env) -> None:
    """ALTER ROLE … PASSWORD for the three processes' roles, from their key files."""
    entry = database.connection(env, "owner")
    with psycopg.connect(
        host=entry["HOST"] or None,
        port=entry["PORT"] or None,
        dbname=entry["NAME"],
        user=entry["USER"] or None,
        password=entry["PASSWORD"] or None,
        **entry["OPTIONS"],
    ) as connection:
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
