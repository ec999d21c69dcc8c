"""The table of settings: shown with values, never with secrets, and written down."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lindung.hotline.config import env, table

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_of_settings_is_the_one_that_make_docs_writes() -> None:
    assert PAGE.read_text() == table.markdown(), "run: make docs"


def test_a_secret_is_not_shown() -> None:
    shown = table.plain(env.read({"LINDUNG_SMTP_URL": "smtp://example:zorblat@127.0.0.1:25"}))
    assert "LINDUNG_SMTP_URL = (secret)   (set)" in shown
    assert "zorblat" not in shown


def test_every_default_has_the_shape_it_asks_for() -> None:
    assert env.read({}).given == frozenset()


def test_the_values_in_force_are_shown() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lindung", "settings"],
        env={"LINDUNG_THREADS": "3"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert "LINDUNG_THREADS = 3   (set)" in done.stdout


def test_a_child_gets_its_own_powers_and_absolute_paths() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from pathlib import Path; from lindung.hotline.config import env\n"
            "child = env.environ_of('worker', Path('/home/example'), Path('/run/example'))\n"
            "print(*sorted(f'{k}={v}' for k, v in child.items() if k.startswith('LINDUNG')))",
        ],
        env={
            "LINDUNG_DATABASE_URL": "postgresql://owner@/x",
            "LINDUNG_PROCESS": "owner",
            "LINDUNG_SMTP_URL_FILE": "mail",
        },
        capture_output=True,
        text=True,
        cwd="/tmp",
    )
    assert done.stdout.split() == [
        "LINDUNG_DATABASE_URL_FILE=/run/example",
        "LINDUNG_HOME=/home/example",
        "LINDUNG_PROCESS=worker",
        "LINDUNG_SMTP_URL_FILE=/tmp/mail",
    ]
