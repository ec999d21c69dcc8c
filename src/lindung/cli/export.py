"""`lindung export`: a bundle in the format of whoever receives it."""

from __future__ import annotations

from pathlib import Path

import typer

from lindung.cli import in_words


def register(app: typer.Typer) -> None:
    @app.command()
    def export(
        bundle: Path,
        out: Path = typer.Option(..., help="The file to write (a directory for bagit)."),
        form: str = typer.Option(..., "--as", help="wacz, case, bagit, stix, misp or vics."),
        identity: Path | None = typer.Option(None, help="An age identity; wacz needs one."),
        trust: Path | None = typer.Option(
            None, help="The trust file you got from the hotline, not from the bundle."
        ),
        even_if_not_authentic: bool = typer.Option(
            False, help="Export it though it cannot be established that it is authentic."
        ),
    ) -> None:
        """Write BUNDLE in another format, for its owner alone to read.

        Exit codes: 0 written, 1 tampered or the identity does not open it, 2 it cannot be
        established that it is authentic, or wrong use.
        """
        from lindung.evidence import CannotOpen, Form, KeyProblem
        from lindung.evidence import export as write
        from lindung.runtime import visible

        try:
            if form not in list(Form):
                raise ValueError(f"There is no form {form!r}. Forms: {', '.join(Form)}.")
            write(
                bundle, Form(form), out, identity=identity, trust=trust,
                even_if_not_authentic=even_if_not_authentic,
            )  # fmt: skip
        except CannotOpen as problem:
            typer.echo(f"Nothing was exported. {visible(problem, 2000)}", err=True)
            raise typer.Exit(1 if problem.established else 2) from None
        except (KeyProblem, ValueError, OSError) as problem:
            typer.echo(f"Nothing was exported. {visible(in_words(problem), 2000)}", err=True)
            raise typer.Exit(2) from None
        typer.echo(f"{visible(out)}: {form}")
