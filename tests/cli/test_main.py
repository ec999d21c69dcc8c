"""The command as a whole: fast help, plain refusals."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import typer.main

from lindung.cli import app, verbs

HEAVY = ("django", "psycopg", "numpy", "numba", "waitress", "playwright", "nacl")


def python(words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", words], capture_output=True, text=True)


def test_help_loads_nothing_heavy() -> None:
    done = python(
        "import sys; sys.argv = ['lindung', '--help']\n"
        "from lindung.cli import main\n"
        "try: main()\n"
        f"finally: print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    assert done.returncode == 0
    assert done.stderr.strip() == "[]"
    for verb in ("up", "stop", "status", "public", "console", "worker", "migrate", "settings"):
        assert f" {verb} " in done.stdout


def test_without_the_hotlines_packages_a_sentence_says_what_to_install() -> None:
    for verb, package in (("up", "psutil"), ("public", "waitress"), ("migrate", "psycopg")):
        done = python(
            f"import sys; sys.argv = ['lindung', '{verb}']; sys.modules['{package}'] = None\n"
            "from lindung.cli import main; main()"
        )
        assert done.returncode == 2
        assert "pip install '.[hotline]'" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_mistake_in_our_own_code_is_not_blamed_on_a_package() -> None:
    done = python(
        "import sys; sys.argv = ['lindung', 'stop']\n"
        "sys.modules['lindung.hotline.config.state'] = None\n"
        "from lindung.cli import main; main()"
    )
    assert "pip install" not in done.stderr and "Traceback" in done.stderr


def test_it_says_its_version() -> None:
    done = python(
        "import sys; sys.argv = ['lindung', '--version']; import lindung.cli as c; c.main()"
    )
    assert (done.returncode, done.stdout.strip()) == (0, f"lindung {version('lindung')}")


def test_every_verb_has_its_exit_codes_in_the_one_table() -> None:
    verbs()
    table = (Path(__file__).parents[2] / "docs/commands.md").read_text()
    group = typer.main.get_command(app)
    missing = [name for name in getattr(group, "commands", {}) if f"`{name}" not in table]
    assert missing == []
