"""`lindung stamp`: ask again for the time stamps a bundle still waits for."""

from __future__ import annotations

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def stamp(
        bundle: Path, keys: Path = typer.Option(..., help="The key directory that sealed it.")
    ) -> None:
        """Ask the pending time authorities of BUNDLE again. Exit code 1 when some still are."""
        from lindung.evidence import BundleProblem, KeyProblem, Keys
        from lindung.evidence import stamp as ask

        try:
            waiting = ask(bundle, Keys.load(keys).file_log())
        except (KeyProblem, BundleProblem, OSError) as problem:
            typer.echo(f"{bundle} was not stamped: {problem}", err=True)
            raise typer.Exit(2) from None
        for authority in waiting:
            typer.echo(f"Still pending: {authority}")
        if waiting:
            raise typer.Exit(1)
        typer.echo(f"{bundle}: no time stamp is pending.")
