"""`lindung status`: what runs now."""

from typing import Annotated

import typer

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

        Partners' lists of terms that are left out are named, and so is what
        captures lack on this machine. Exit codes: 0 all parts are up, 1 not.
        """
        import json
        from dataclasses import asdict
        from datetime import UTC, datetime

        from lindung.cli.read import visible
        from lindung.hotline.config import child, env, state, trial
        from lindung.hotline.triage.left_out import left_out

        settings = env.current()
        home = settings.home
        found = state.running(home)
        parts = found.parts if found else []
        alive = {p.name for p in parts if p.state == "up" and child.find(p.pid, p.started)}
        all_up = found is not None and found.phase == "up" and len(alive) == len(parts)
        if as_json:
            shown = [
                asdict(p) | {"state": p.state if p.name in alive or p.state != "up" else "ended"}
                for p in parts
            ]
            told = {"up": all_up, "parts": shown, "lists_left_out": left_out(home)}
            tried = trial.answer(settings)
            typer.echo(json.dumps(told | {"capture": asdict(tried) if tried else None}))
        elif found is None:
            typer.echo("Lindung is not running. Start it with: lindung up")
        for part in [] if as_json else parts:
            since = datetime.fromtimestamp(part.started, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            word = f"since {since}" if part.name in alive else "not up"
            restarts = f"{part.restarts} restarts"
            typer.echo(f"{part.name:<10} {word}   process {part.pid}   {restarts}   {part.address}")
        for file, why in () if as_json else left_out(home).items():
            typer.echo(
                visible(f"The list of terms lexicons/{file} is not used: {_WHY.get(why, why)}.")
            )
        if found is not None and not as_json:
            typer.echo(visible(trial.words(trial.answer(settings))))
        raise typer.Exit(0 if all_up else 1)
