"""Child processes: they die with us, and their logs stay small."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil

from lindung.hotline.config import child


def test_a_log_is_rotated_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "example.log"
    words = "import time\nfor n in range(60): print('line', n, flush=True); time.sleep(0.02)"
    writer = child.start([sys.executable, "-c", words], log)
    time.sleep(0.5)
    child.rotate(log, limit=10)
    assert writer.wait() == 0
    older, newer = (tmp_path / "example.log.1").read_text(), log.read_text()
    assert (older + newer).splitlines() == [f"line {n}" for n in range(60)]
    assert older and newer and "\0" not in newer


def test_ending_takes_what_the_child_started_too(tmp_path: Path) -> None:
    words = (
        "import subprocess, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print(subprocess.Popen(['sleep', '100'], start_new_session=True).pid, flush=True);"
        "time.sleep(100)"
    )
    stubborn = child.start([sys.executable, "-c", words], tmp_path / "example.log")
    while not (text := (tmp_path / "example.log").read_text().strip()):
        time.sleep(0.05)
    sleeper = psutil.Process(int(text))
    child.end_children([stubborn], patience=0.5)
    assert stubborn.returncode is not None
    assert not sleeper.is_running() or sleeper.status() == psutil.STATUS_ZOMBIE


def test_a_process_id_used_again_is_not_taken_for_the_old_process() -> None:
    with subprocess.Popen(["sleep", "100"]) as process:
        born = psutil.Process(process.pid).create_time()
        assert child.find(process.pid, born)
        assert child.find(process.pid, born - 3600) is None
        process.kill()
