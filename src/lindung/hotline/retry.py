"""How a job that failed is tried again: soon, then less often, and never given up."""

from __future__ import annotations

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

LONGEST_WAIT = 900


class BackOff(BaseRetryStrategy):
    """2, 4, 8 … seconds, at most a quarter of an hour, for as long as it takes."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        return RetryDecision(retry_in={"seconds": min(2 ** (job.attempts + 1), LONGEST_WAIT)})
