"""The outbox's jobs: deliver a letter or a test, collect acknowledgements, watch for stuck ones."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

from lindung.hotline.retry import BackOff, alone

from . import authorities, services


@app.task(name="referral.deliver", queue="letters", retry=BackOff())
def deliver(referral: str) -> None:
    services.deliver(UUID(referral))


@app.task(name="referral.test", queue="letters")
def test(authority: int) -> None:
    authorities.test(authority)


@app.periodic(cron="* * * * * */5")
@app.task(name="referral.collect", queue="watch", **alone("referral.collect"))
def collect(timestamp: int) -> None:
    services.collect()


@app.periodic(cron="* * * * * */30")
@app.task(name="referral.watch", queue="watch", **alone("referral.watch"))
def watch(timestamp: int) -> None:
    services.watch()
