"""The picture of the architecture is drawn from today's code."""

import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).parents[2] / "tools" / "draw_architecture.py"


def test_the_picture_is_the_one_that_make_docs_draws() -> None:
    done = subprocess.run([sys.executable, TOOL, "--check"])
    assert done.returncode == 0, "run: make docs"
