"""The jobs that the database defers with reports, captures and confirmed cases, and three by
the clock."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

from lindung.hotline.custody import services as custody
from lindung.hotline.custody.services import Try
from lindung.hotline.retry import BackOff

from . import captures, services, terms


@app.task(name="triage.examine_report", queue="hotline", retry=BackOff())
def examine_report(report: str) -> None:
    services.examine(UUID(report))


@app.task(name="triage.capture_again", queue="hotline", retry=BackOff())
def capture_again(
    case: str, item: str, attempt: int | None = None, request: int | None = None
) -> None:
    services.capture_again(case, UUID(item), Try(attempt, request))


@app.task(name="triage.learn", queue="hotline", retry=BackOff())
def learn(case: str) -> None:
    services.learn(case)


@app.periodic(cron="* * * * *")
@app.task(name="triage.capture_waiting", queue="watch", queueing_lock="triage.capture_waiting")
def capture_waiting(timestamp: int) -> None:
    captures.waiting()


@app.periodic(cron="*/10 * * * *")
@app.task(name="triage.check_seals", queue="watch", queueing_lock="triage.check_seals")
def check_seals(timestamp: int) -> None:
    custody.check_due()


@app.periodic(cron="* * * * *")
@app.task(name="triage.watch_terms", queue="watch", queueing_lock="triage.watch_terms")
def watch_terms(timestamp: int) -> None:
    terms.reader()


@app.periodic(cron="*/5 * * * *")
@app.task(name="triage.recount", queue="watch", queueing_lock="triage.recount")
def recount(timestamp: int) -> None:
    services.recount()
