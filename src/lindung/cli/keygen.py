"""`lindung keygen`: make the keys that seal and open evidence."""

from __future__ import annotations

from pathlib import Path

import typer

from lindung.cli import in_words


def register(app: typer.Typer) -> None:
    @app.command()
    def keygen(
        directory: Path,
        name: str = typer.Option("lindung.example", help="The signer's name, best a host name."),
        recipients: int = typer.Option(2, help="How many age identities may open evidence."),
    ) -> None:
        """Make a signer, a custody-log key, age identities and a trust file in DIRECTORY."""
        from lindung.evidence import KeyProblem
        from lindung.evidence import keygen as make
        from lindung.runtime import visible

        try:
            made = make(directory, name, recipients)
        except (KeyProblem, OSError) as problem:
            typer.echo(f"No keys were made. {visible(in_words(problem), 1000)}", err=True)
            raise typer.Exit(2) from None
        typer.echo(f"Keys of {made.name} are in {directory}.")
        typer.echo(f"  {directory}/offline        opens evidence: move it off this machine now")
        typer.echo(f"  {directory}/trust.json     give it to whoever verifies your bundles")
        typer.echo(f"  {directory}/signer-public.pem  the same for openssl alone")
