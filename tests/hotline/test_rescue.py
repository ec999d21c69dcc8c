"""Jobs of killed workers run again, each alone; what fails twice is an alarm that names it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest

from lindung.hotline import jobs, limits
from lindung.hotline.config import waiting
from lindung.hotline.triage import selectors

from .conftest import Connect

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def queue(connect: Connect) -> Iterator[str]:
    """A queue that nobody works on; its jobs are gone afterwards."""
    name = f"example-{uuid4().hex[:8]}"
    yield name
    owner = connect("owner")
    owner.execute("DELETE FROM procrastinate_jobs WHERE queue_name = %s", [name])
    owner.commit()


def put(connect: Connect, queue: str, status: str, attempts: int = 0, **locks: str) -> int:
    """A job as a worker that was killed left it."""
    owner = connect("owner")
    row = owner.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts, lock,"
        " queueing_lock, args) VALUES (%s, 'triage.examine_report', %s, %s, %s, %s, %s)"
        " RETURNING id",
        [queue, status, attempts, locks.get("lock"), locks.get("queueing_lock"),
         json.dumps({"report": str(uuid4())})],
    ).fetchone()  # fmt: skip
    owner.commit()
    assert row
    return int(row[0])


def states(connect: Connect, queue: str) -> dict[int, str]:
    rows = connect("owner").execute(
        "SELECT id, status::text FROM procrastinate_jobs WHERE queue_name = %s", [queue]
    )
    return dict(rows.fetchall())


async def rescue(queue: str) -> None:
    from procrastinate.contrib.django import app

    worker = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker.open_async():
        for job in await worker.job_manager.get_stalled_jobs(queue=queue):
            await jobs.give_back(worker, job)


def test_each_is_given_back_alone_also_beside_a_waiting_twin(
    connect: Connect, queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    """procrastinate #1543: the first one in the way kept every job of the dead worker for ever."""
    twin = put(connect, queue, "doing", lock=queue, queueing_lock=queue)
    waits = put(connect, queue, "todo", lock=queue, queueing_lock=queue)
    other = put(connect, queue, "doing")
    asyncio.run(rescue(queue))
    assert states(connect, queue) == {waits: "todo", other: "todo"}
    assert f"Job {twin} " in caplog.text and f"Job {other} " in caplog.text


def test_a_job_that_killed_its_worker_before_waits_a_little(connect: Connect, queue: str) -> None:
    put(connect, queue, "doing", attempts=3)
    asyncio.run(rescue(queue))
    row = connect("owner").execute(
        "SELECT scheduled_at > now() + interval '5 seconds', attempts FROM procrastinate_jobs"
        " WHERE queue_name = %s",
        [queue],
    )
    assert row.fetchone() == (True, 4)


def test_what_failed_twice_is_an_alarm_that_names_it(connect: Connect, queue: str) -> None:
    before = selectors.alarms()
    put(connect, queue, "todo", attempts=1)
    assert selectors.alarms() == before
    failing = put(connect, queue, "todo", attempts=2)
    (said,) = set(selectors.alarms()) - set(before)
    assert "was not examined, 2 times" in said and f"(job {failing})" in said
    console = connect("console").execute(waiting.QUESTION).fetchone()
    assert console and failing in {job.id for job in waiting.of(console[0]).failing}


def test_what_a_dead_worker_holds_is_an_alarm(connect: Connect, queue: str) -> None:
    put(connect, queue, "doing")
    assert any("held by a worker that is gone" in said for said in selectors.alarms())


def test_every_task_has_a_lane() -> None:
    from procrastinate.contrib.django import app

    tasks = [task for name, task in app.tasks.items() if not name.startswith("builtin")]
    own = [task for task in tasks if "procrastinate" not in task.name]
    assert own and {task.queue for task in own} <= set(jobs.LANES)
    watched = [task for task in own if task.queue == "watch"]
    assert len(watched) <= jobs.LANES["watch"]
    for registered in app.periodic_registry.periodic_tasks.values():
        # One at a time and one waiting, so that what hangs holds one slot.
        assert registered.task.lock == registered.task.queueing_lock == registered.task.name


def test_what_hangs_is_left_alone_and_blocks_only_itself() -> None:
    ends = threading.Event()
    with pytest.raises(limits.Hangs, match="did not answer within") as hangs:
        limits.within(0.05, "example share", lambda: ends.wait(60))
    assert hangs.value.begun
    assert limits.within(5, "another share", lambda: 7) == 7
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "PATIENCE", 0.05)
        with pytest.raises(limits.Hangs, match="still busy") as busy:
            limits.within(5, "example share", lambda: 7)
        assert not busy.value.begun
    ends.set()
    assert limits.within(5, "example share", lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        limits.within(5, "example share", lambda: 1 / 0)


def test_danger_comes_first(connect: Connect) -> None:
    from .test_poison import told

    calm, danger = told(), told(danger=True)
    from procrastinate.contrib.django.models import ProcrastinateJob

    order = ProcrastinateJob.objects.filter(task_name="triage.examine_report")
    first = order.filter(args__report__in=[str(calm), str(danger)]).order_by("-priority", "id")
    assert [job.args["report"] for job in first] == [str(danger), str(calm)]
