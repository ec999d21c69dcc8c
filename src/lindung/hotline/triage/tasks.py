"""The jobs that the database defers: with every report, and with every confirmed case."""

from __future__ import annotations

from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from . import services


@app.task(name="triage.examine_report", queue="hotline", retry=RetryStrategy(exponential_wait=5))
def examine_report(report: str) -> None:
    services.examine(UUID(report))


@app.task(name="triage.learn", queue="hotline", retry=RetryStrategy(exponential_wait=5))
def learn(case: str) -> None:
    services.learn(case)
