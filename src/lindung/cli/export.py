"""`lindung export`: a bundle in the format of whoever receives it."""

from __future__ import annotations

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def export(
        bundle: Path,
        out: Path = typer.Option(..., help="The file to write (a directory for bagit)."),
        form: str = typer.Option(..., "--as", help="wacz, case, bagit, stix, misp or vics."),
        identity: Path | None = typer.Option(None, help="An age identity; wacz needs one."),
        trust: Path | None = typer.Option(None, help="The trust file to verify with."),
    ) -> None:
        """Write BUNDLE in another format. A bundle that shows tampering is refused."""
        from lindung.evidence import CannotOpen, Form, KeyProblem
        from lindung.evidence import export as write

        try:
            write(bundle, Form(form), out, identity=identity, trust=trust)
        except CannotOpen as problem:
            typer.echo(str(problem), err=True)
            raise typer.Exit(1) from None
        except (KeyProblem, ValueError, OSError) as problem:
            typer.echo(f"Nothing was exported. {problem}", err=True)
            raise typer.Exit(2) from None
        typer.echo(f"{out}: {form}")
