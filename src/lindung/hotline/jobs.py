"""The worker: runs the jobs that the database defers, and retries those of killed workers.

At-least-once: every job may run twice and is written so that twice is the same as once.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import django
from django.conf import settings
from procrastinate import App

from lindung.hotline.config import scratch

HEARTBEAT = 2.0
STALLED_AFTER = 10.0
CONCURRENCY = 2


def run(on_ready: Callable[[], None] | None = None) -> None:
    """Work until SIGTERM or SIGINT; the jobs at hand are finished first."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lindung.hotline.config.settings")
    django.setup()
    from lindung.hotline.custody import services as custody

    custody.check_evidence_keys()
    scratch.clear(settings.ENV.home)
    asyncio.run(_work(on_ready))


async def _work(on_ready: Callable[[], None] | None) -> None:
    from procrastinate.contrib.django import app

    worker = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker.open_async():
        if on_ready:
            on_ready()
        rescue = asyncio.create_task(_rescue(worker))
        try:
            await worker.run_worker_async(
                queues=["hotline", "watch"],
                concurrency=CONCURRENCY,
                delete_jobs="successful",
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=STALLED_AFTER,
                shutdown_graceful_timeout=4,
            )
        finally:
            rescue.cancel()


async def _rescue(worker: App) -> None:
    """Give the jobs of killed workers back to the queue."""
    while True:
        stalled = await worker.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER)
        for job in stalled:
            await worker.job_manager.retry_job(job)
        await asyncio.sleep(HEARTBEAT)
