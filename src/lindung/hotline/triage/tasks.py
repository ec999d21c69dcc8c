"""The jobs that the database defers with reports and confirmed cases, and two by the clock."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

from lindung.hotline.retry import BackOff

from . import services, terms


@app.task(name="triage.examine_report", queue="hotline", retry=BackOff())
def examine_report(report: str) -> None:
    services.examine(UUID(report))


@app.task(name="triage.learn", queue="hotline", retry=BackOff())
def learn(case: str) -> None:
    services.learn(case)


@app.periodic(cron="* * * * *")
@app.task(name="triage.watch_terms", queue="watch", queueing_lock="triage.watch_terms")
def watch_terms(timestamp: int) -> None:
    terms.reader()


@app.periodic(cron="*/5 * * * *")
@app.task(name="triage.recount", queue="watch", queueing_lock="triage.recount")
def recount(timestamp: int) -> None:
    services.recount()
