"""`lindung stamp`: ask again for the time stamps a bundle still waits for."""

from __future__ import annotations

from pathlib import Path

import typer

from lindung.cli import in_words


def register(app: typer.Typer) -> None:
    @app.command()
    def stamp(
        bundle: Path,
        keys: Path = typer.Option(..., help="The key directory that sealed it."),
        witness: list[str] = typer.Option([], help="Address of a witness that is to cosign."),
    ) -> None:
        """Ask again for what BUNDLE still waits for: stamps, revocation lists, cosignatures.

        Exit codes: 0 nothing is pending, 1 something still is, 2 no bundle or keys there.
        """
        from lindung.evidence import BundleProblem, KeyProblem, Keys
        from lindung.evidence import stamp as ask
        from lindung.runtime import visible

        try:
            log = Keys.load(keys).file_log(witness)
            waiting = ask(bundle, log, cosignatures=len(witness))
        except (KeyProblem, BundleProblem, OSError) as problem:
            words = visible(in_words(problem), 1000)
            typer.echo(f"{visible(bundle)} was not stamped: {words}", err=True)
            raise typer.Exit(2) from None
        for one in waiting:
            typer.echo(f"Still pending: {visible(one)}")
        if waiting:
            raise typer.Exit(1)
        typer.echo(f"{visible(bundle)}: no time stamp is pending.")
