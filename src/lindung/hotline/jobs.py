"""The worker: runs the jobs that the database defers, and gives back those of killed workers.

At-least-once: every job may run twice and is written so that twice is the same as once. Each kind
of work has slots of its own (`LANES`), so that whatever hangs blocks its like alone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import django
from django.conf import settings
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.utils import utcnow

from lindung.hotline.config import scratch, trial

log = logging.getLogger(__name__)

# Queues and how many of their jobs run at once. Of those by the clock each has its own slot.
LANES = {"reports": 2, "captures": 3, "letters": 8, "watch": 12}
HEARTBEAT = 2.0
STALLED_AFTER = 10.0
GRACE = 4.0
POLITE = 10  # how far the worker steps back where reporters and analysts need the processor


def run(on_ready: Callable[[], None] | None = None) -> None:
    """Work until SIGTERM or SIGINT; jobs at hand get a few seconds to finish."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lindung.hotline.config.settings")
    django.setup()
    from lindung.hotline.custody import services as custody

    custody.check_evidence_keys()
    scratch.clear(settings.ENV.home)
    threading.Thread(target=trial.run, args=[settings.ENV], daemon=True).start()
    os.nice(POLITE)
    ended_well = asyncio.run(_work(on_ready))
    # Threads that hang would keep the process; the next worker gives their jobs back.
    logging.shutdown()
    os._exit(0 if ended_well else 1)


async def _work(on_ready: Callable[[], None] | None) -> bool:
    """Run every lane until asked to end (True) or one of them ends by itself (False)."""
    from procrastinate.contrib.django import app

    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    loop.set_default_executor(ThreadPoolExecutor(sum(LANES.values()) + 8))
    worker = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker.open_async():
        if on_ready:
            on_ready()
        rescue = asyncio.create_task(_rescue(worker))
        lanes = [asyncio.create_task(_lane(worker, *lane)) for lane in LANES.items()]
        waiting = asyncio.create_task(asked.wait())
        await asyncio.wait([waiting, rescue, *lanes], return_when=asyncio.FIRST_COMPLETED)
        for task in (rescue, *lanes):
            task.cancel()
        _, left = await asyncio.wait([rescue, *lanes], timeout=GRACE + 1)
        if left:
            log.warning("Jobs are still at work; the next worker takes them up again.")
        if not asked.is_set():
            for task in {rescue, *lanes} - left:
                if not task.cancelled() and (error := task.exception()):
                    log.error("The worker ends: %s", error, exc_info=error)
        logging.shutdown()
        if left:
            os._exit(0 if asked.is_set() else 1)
    return asked.is_set()


async def _lane(worker: App, queue: str, slots: int) -> None:
    await worker.run_worker_async(
        queues=[queue],
        name=queue,
        concurrency=slots,
        delete_jobs="successful",
        update_heartbeat_interval=HEARTBEAT,
        stalled_worker_timeout=STALLED_AFTER,
        shutdown_graceful_timeout=GRACE,
        install_signal_handlers=False,
    )


async def _rescue(worker: App) -> None:
    """Give the jobs of killed workers back, each alone, so that none keeps another back."""
    while True:
        try:
            stalled = await worker.job_manager.get_stalled_jobs(
                seconds_since_heartbeat=STALLED_AFTER
            )
            for job in stalled:
                await give_back(worker, job)
        except ConnectorException as error:
            log.error("The jobs of killed workers could not be looked for: %s", error)
        await asyncio.sleep(HEARTBEAT)


async def give_back(worker: App, job: Job) -> None:
    """Have a killed worker's job run again.

    Where a waiting job holds the same queueing lock the database refuses that (procrastinate
    #1543): then the waiting one does the same work, and this one is dropped.
    """
    from lindung.hotline.retry import seconds_after

    wait = utcnow() + timedelta(seconds=seconds_after(job.attempts) if job.attempts else 0)
    try:
        await worker.job_manager.retry_job(job, retry_at=wait)
        log.warning("Job %s (%s) of a worker that was killed runs again.", job.id, job.task_name)
    except ConnectorException:
        try:
            await worker.job_manager.finish_job(job, status=Status.ABORTED, delete_job=True)
            log.warning(
                "Job %s (%s) of a worker that was killed is dropped: one that waits does the same.",
                job.id,
                job.task_name,
            )
        except ConnectorException as error:  # somebody else was faster
            log.warning("Job %s (%s) could not be given back: %s", job.id, job.task_name, error)
