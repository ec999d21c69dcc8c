"""How a job that failed is tried again, and how the log says why without any reporter's words."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import TypedDict

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

log = logging.getLogger(__name__)

LONGEST_WAIT = 900


class BackOff(BaseRetryStrategy):
    """2, 4, 8 … seconds, at most a quarter of an hour, for as long as it takes.

    The second failure and every later one is an alarm on the console (see `hotline_jobs()`).
    """

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        wait = seconds_after(job.attempts)
        log.error(
            "Job %s (%s) failed, for the %d. time: %s. It is tried again in %d s.",
            job.id,
            job.task_name,
            job.attempts + 1,
            named_only(exception),
            wait,
        )
        return RetryDecision(retry_in={"seconds": wait})


def seconds_after(attempts: int) -> int:
    """How long a job waits that was tried this often before."""
    return min(2 << min(attempts, 20), LONGEST_WAIT)


class Alone(TypedDict):
    lock: str
    queueing_lock: str


def alone(name: str) -> Alone:
    """The locks of a job by the clock: one runs, at most one waits, and each has its own slot."""
    return {"lock": name, "queueing_lock": name}


def named_only(error: BaseException) -> str:
    """What went wrong and where, without the error's words: they may quote a report."""
    parts: list[str] = []
    one: BaseException | None = error
    while one is not None and len(parts) < 4:
        frames = traceback.extract_tb(one.__traceback__)
        at = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        own = [frame for frame in frames if "lindung" in frame.filename]
        if own and own[-1] is not frames[-1]:
            at += f", from {Path(own[-1].filename).name}:{own[-1].lineno}"
        state = getattr(one, "sqlstate", None)
        parts.append(f"{type(one).__name__}{f' {state}' if state else ''}{at}")
        one = one.__cause__ or one.__context__
    return "; because of ".join(parts)
