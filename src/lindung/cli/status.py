"""`lindung status`: what runs now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lindung.hotline.config.env import Env
    from lindung.hotline.config.waiting import Waiting

LIMIT = "-c statement_timeout=3000"  # milliseconds
_WHY = {
    "damaged": "it cannot be read; get it from the partner again",
    "key": "its key does not open it; put the partner's key beside it",
    "ended": "it has ended; ask the partner for a newer one",
}


def register(app: typer.Typer) -> None:
    @app.command()
    def status(
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    ) -> None:
        """Show each part: since when it runs, its process, its restarts, its address.

        Then what waits for the worker, which jobs failed twice, and which a killed worker still
        holds. Partners' lists of terms that are left out are named, what captures lack on this
        machine, and evidence that no outsider has vouched for.

        Exit codes: 0 all parts are up, 1 not.
        """
        import json
        from dataclasses import asdict
        from datetime import UTC, datetime

        from lindung.cli.read import visible
        from lindung.hotline.config import child, env, outside, state, trial
        from lindung.hotline.triage.left_out import left_out

        settings = env.current()
        home = settings.home
        found = state.running(home)
        parts = found.parts if found else []
        alive = {p.name for p in parts if p.state == "up" and child.find(p.pid, p.started)}
        jobs = _jobs(env.current()) if alive else None
        all_up = found is not None and found.phase == "up" and len(alive) == len(parts)
        if as_json:
            shown = [
                asdict(p) | {"state": p.state if p.name in alive or p.state != "up" else "ended"}
                for p in parts
            ]
            told = {"up": all_up, "parts": shown, "lists_left_out": left_out(home)}
            tried = trial.answer(settings)
            told["capture"] = asdict(tried) if tried else None
            told["outside_proof"] = outside.noted(home)
            told["jobs"] = asdict(jobs) if jobs else None
            typer.echo(json.dumps(told))
        elif found is None:
            typer.echo("Lindung is not running. Start it with: lindung up")
        for part in [] if as_json else parts:
            since = datetime.fromtimestamp(part.started, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            word = f"since {since}" if part.name in alive else "not up"
            restarts = f"{part.restarts} restarts"
            typer.echo(f"{part.name:<10} {word}   process {part.pid}   {restarts}   {part.address}")
        for line in [] if as_json else _said(jobs, alive=bool(alive)):
            typer.echo(visible(line))
        for file, why in () if as_json else left_out(home).items():
            typer.echo(
                visible(f"The list of terms lexicons/{file} is not used: {_WHY.get(why, why)}.")
            )
        if found is not None and not as_json:
            typer.echo(visible(trial.words(trial.answer(settings))))
            if lacking := outside.words(outside.noted(home)):
                typer.echo(lacking)
        raise typer.Exit(0 if all_up else 1)


def _jobs(env: Env) -> Waiting | None:
    """What waits, asked of the database as the worker's role; None when it does not answer."""
    import psycopg

    from lindung.hotline.config import database, keys, waiting

    try:
        url = database.url_of(env, "worker")
        with psycopg.connect(url, connect_timeout=3, options=LIMIT) as connection:
            row = connection.execute(waiting.QUESTION).fetchone()
        return waiting.of(row[0]) if row else None
    except (psycopg.Error, keys.KeyProblem, OSError):
        return None


def _said(jobs: Waiting | None, *, alive: bool) -> list[str]:
    if jobs is None:
        return ["The database does not say what waits for the worker."] if alive else []
    due = ", ".join(f"{count} {queue}" for queue, count in sorted(jobs.due.items()))
    lines = [f"Waiting for the worker: {due or 'nothing'}."]
    lines += [
        f"Job {job.id} ({job.task} {job.subject}) failed {job.attempts} times: log/worker.log "
        "says why."
        for job in jobs.failing
    ]
    if jobs.failing_in_all > len(jobs.failing):
        lines += [f"{jobs.failing_in_all - len(jobs.failing)} more jobs fail."]
    if jobs.dead:
        lines += [f"{jobs.dead} jobs are held by a worker that is gone."]
    return lines
