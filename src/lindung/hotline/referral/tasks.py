"""The outbox's jobs: deliver one letter, collect acknowledgements, watch for stuck ones."""

from __future__ import annotations

from uuid import UUID

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from . import services

LONGEST_WAIT = 900


class BackOff(BaseRetryStrategy):
    """2, 4, 8 … seconds, at most a quarter of an hour, for as long as it takes."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        return RetryDecision(retry_in={"seconds": min(2 ** (job.attempts + 1), LONGEST_WAIT)})


@app.task(name="referral.deliver", queue="hotline", retry=BackOff())
def deliver(referral: str) -> None:
    services.deliver(UUID(referral))


@app.periodic(cron="* * * * * */5")
@app.task(name="referral.collect", queue="watch", queueing_lock="referral.collect")
def collect(timestamp: int) -> None:
    services.collect()


@app.periodic(cron="* * * * * */30")
@app.task(name="referral.watch", queue="watch", queueing_lock="referral.watch")
def watch(timestamp: int) -> None:
    services.watch()
