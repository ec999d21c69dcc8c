"""`lindung open`: decrypt a bundle to a private place."""

from __future__ import annotations

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    @app.command(name="open")
    def open_(
        bundle: Path,
        identity: Path = typer.Option(..., help="The file with your age identity."),
        into: Path | None = typer.Option(None, help="A new directory (default: BUNDLE.opened)."),
        trust: Path | None = typer.Option(None, help="The trust file to verify with."),
    ) -> None:
        """Decrypt BUNDLE into a new directory only you can read; leave nothing on error."""
        from lindung.evidence import CannotOpen, KeyProblem, open_bundle

        target = into or bundle.with_name(bundle.name + ".opened")
        try:
            verdict = open_bundle(bundle, identity, target, trust)
        except (CannotOpen, KeyProblem) as problem:
            typer.echo(str(problem), err=True)
            raise typer.Exit(1) from None
        typer.echo(f"{target}: {len(verdict.manifest['files'])} files. Verdict: {verdict.words}.")
