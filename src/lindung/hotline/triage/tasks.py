"""The job that the database defers with every report."""

from __future__ import annotations

from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from . import services


@app.task(name="triage.examine_report", queue="hotline", retry=RetryStrategy(exponential_wait=5))
def examine_report(report: str) -> None:
    services.examine(UUID(report))
