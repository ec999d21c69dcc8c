"""Folders for a while: gone with their block, or swept once their process is dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from lindung.runtime import folder_for_a_while, sweep

HOLD = """
import sys, time
from pathlib import Path
from lindung.runtime import folder_for_a_while
with folder_for_a_while("held-", Path(sys.argv[1])) as folder:
    (folder / "page.html").write_text("example")
    print(folder.name, flush=True)
    time.sleep(60)
"""


def test_it_is_private_and_gone_after_the_block(tmp_path: Path) -> None:
    with folder_for_a_while("held-", tmp_path) as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o077 == 0
    assert not list(tmp_path.iterdir())


def test_what_a_killed_process_left_is_swept_and_the_living_keep_theirs(tmp_path: Path) -> None:
    (tmp_path / "other-1").mkdir()
    held = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    names = [process.stdout.readline().strip() for process in held if process.stdout]
    os.kill(held[0].pid, signal.SIGKILL)
    held[0].wait()
    assert sweep("held-", tmp_path) == 1
    assert {path.name for path in tmp_path.iterdir()} == {names[1], "other-1"}
    held[1].kill()
    held[1].wait()
    with folder_for_a_while("held-", tmp_path) as folder:
        assert {path.name for path in tmp_path.iterdir()} == {folder.name, "other-1"}
    for process in held:
        assert process.stdout
        process.stdout.close()
