"""`lindung verify`: is this bundle what was sealed?"""

from __future__ import annotations

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def verify(
        bundle: Path,
        trust: Path | None = typer.Option(
            None, help="The trust file you got from the hotline, not from the bundle."
        ),
        as_json: bool = typer.Option(False, "--json", help="Print the verdict as JSON."),
    ) -> None:
        """Check BUNDLE offline. Exit code 0 authentic, 1 tampered, 2 cannot establish."""
        from lindung.evidence import KeyProblem, Outcome
        from lindung.evidence import verify as check
        from lindung.runtime import visible

        try:
            verdict = check(bundle, trust)
        except KeyProblem as problem:
            typer.echo(visible(problem, 1000), err=True)
            raise typer.Exit(2) from None
        if as_json:
            typer.echo(verdict.as_json())
            raise typer.Exit(verdict.status)
        marks = {Outcome.PASSED: "ok", Outcome.FAILED: "WRONG", Outcome.UNKNOWN: "?"}
        for one in verdict.checks:
            typer.echo(f"{marks[one.outcome]:>6}  {one.words}")
        typer.echo("Not proved:")
        for words in verdict.not_proved:
            typer.echo(f"        {words}")
        typer.echo(f"\n{visible(bundle)}: {verdict.words.upper()}")
        raise typer.Exit(verdict.status)
