"""Plaintext between capture and seal does not outlive the process that made it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from lindung.hotline.config import scratch

HOLD = """
import sys, time
from pathlib import Path
from lindung.hotline.config.scratch import scratch
with scratch(Path(sys.argv[1])) as folder:
    (folder / "page.html").write_text("example")
    print("written", flush=True)
    time.sleep(60)
"""


def test_what_a_killed_process_left_is_removed_and_the_living_keep_theirs(tmp_path: Path) -> None:
    held = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in held:
        assert process.stdout and process.stdout.readline() == "written\n"
    os.kill(held[0].pid, signal.SIGKILL)
    held[0].wait()
    assert len(list((tmp_path / "scratch").glob("*/page.html"))) == 2
    scratch.clear(tmp_path)
    (left,) = (tmp_path / "scratch").iterdir()
    assert left.name.startswith(f"{held[1].pid}-")
    held[1].kill()
    for process in held:
        process.wait()
        assert process.stdout
        process.stdout.close()


def test_it_is_gone_after_the_block(tmp_path: Path) -> None:
    with scratch.scratch(tmp_path) as folder:
        assert folder.stat().st_mode & 0o077 == 0
    assert not list((tmp_path / "scratch").iterdir())
