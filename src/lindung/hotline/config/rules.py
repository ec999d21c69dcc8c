"""SQL files as migration operations, so that rules are read as SQL and run as migrations."""

from __future__ import annotations

from pathlib import Path

from django.db.migrations import RunSQL

HOTLINE = Path(__file__).resolve().parents[1]


def run(app: str, name: str) -> RunSQL:
    """The operation that runs `hotline/APP/sql/NAME.sql`; rules are never rolled back."""
    return RunSQL((HOTLINE / app / "sql" / f"{name}.sql").read_text())
