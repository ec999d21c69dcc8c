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
        trust: Path | None = typer.Option(
            None, help="The trust file you got from the hotline, not from the bundle."
        ),
        even_if_not_authentic: bool = typer.Option(
            False, help="Open it though it cannot be established that it is authentic."
        ),
    ) -> None:
        """Decrypt BUNDLE into a new directory only you can read; leave nothing on error.

        Exit codes: 0 opened, 1 tampered or the identity does not open it, 2 it cannot be
        established that it is authentic, or wrong use.
        """
        from lindung.evidence import CannotOpen, KeyProblem, open_bundle
        from lindung.runtime import visible

        target = into or bundle.with_name(bundle.name + ".opened")
        try:
            verdict = open_bundle(
                bundle, identity, target, trust, even_if_not_authentic=even_if_not_authentic
            )
        except CannotOpen as problem:
            typer.echo(visible(problem, 2000), err=True)
            raise typer.Exit(1 if problem.established else 2) from None
        except (KeyProblem, ValueError) as problem:
            typer.echo(visible(problem, 2000), err=True)
            raise typer.Exit(2) from None
        files = len(list(target.iterdir()))
        typer.echo(f"{visible(target)}: {files} files. Verdict: {verdict.words}.")
