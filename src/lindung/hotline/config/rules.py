"""SQL files as migration operations, so that rules are read as SQL and run as migrations."""

from __future__ import annotations

from pathlib import Path

from django.db.migrations import RunSQL

HOTLINE = Path(__file__).resolve().parents[1]


def run(app: str, name: str) -> RunSQL:
    """The operation that runs `hotline/APP/sql/NAME.sql`; rules are never rolled back."""
    # A file may name what a later migration makes: bodies are read when they are called.
    return RunSQL(
        "SET LOCAL check_function_bodies = off;\n"
        + (HOTLINE / app / "sql" / f"{name}.sql").read_text()
    )
