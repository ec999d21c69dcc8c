"""The jobs that the database defers with reports, captures and confirmed cases, and three by
the clock."""

from __future__ import annotations

from uuid import UUID

from procrastinate import JobContext
from procrastinate.contrib.django import app

from lindung.hotline.custody import services as custody
from lindung.hotline.custody.services import Try
from lindung.hotline.retry import BackOff, alone

from . import captures, services, terms
from .budget import Later


@app.task(name="triage.examine_report", queue="reports", retry=BackOff())
def examine_report(report: str) -> None:
    services.examine(UUID(report))


@app.task(name="triage.capture_again", queue="captures", retry=BackOff(), pass_context=True)
def capture_again(
    context: JobContext,
    case: str,
    item: str,
    attempt: int | None = None,
    request: int | None = None,
) -> None:
    try:
        services.capture(case, UUID(item), Try(attempt, request))
    except Later as later:
        again = capture_again.configure(schedule_at=later.due, priority=context.job.priority)
        again.defer(case=case, item=item, attempt=attempt, request=request)


@app.task(name="triage.learn", queue="watch", retry=BackOff())
def learn(case: str) -> None:
    services.learn(case)


@app.periodic(cron="* * * * *")
@app.task(name="triage.capture_waiting", queue="watch", **alone("triage.capture_waiting"))
def capture_waiting(timestamp: int) -> None:
    captures.waiting()


@app.periodic(cron="* * * * *")
@app.task(name="triage.vouch", queue="watch", **alone("triage.vouch"))
def vouch(timestamp: int) -> None:
    custody.vouch_due()


@app.periodic(cron="*/10 * * * *")
@app.task(name="triage.check_seals", queue="watch", **alone("triage.check_seals"))
def check_seals(timestamp: int) -> None:
    custody.check_due()


@app.periodic(cron="* * * * *")
@app.task(name="triage.watch_terms", queue="watch", **alone("triage.watch_terms"))
def watch_terms(timestamp: int) -> None:
    terms.reader()


@app.periodic(cron="*/5 * * * *")
@app.task(name="triage.recount", queue="watch", **alone("triage.recount"))
def recount(timestamp: int) -> None:
    services.recount()
