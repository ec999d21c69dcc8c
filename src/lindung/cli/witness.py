"""`lindung witness`: hold another organisation's log to its word."""

from __future__ import annotations

from pathlib import Path

import typer

from lindung.cli import in_words


def register(app: typer.Typer) -> None:
    @app.command()
    def witness(
        directory: Path,
        trust: Path = typer.Option(..., help="A trust file that names the logs to watch."),
        name: str = typer.Option("witness.example", help="The witness's name."),
        listen: str = typer.Option("127.0.0.1:8099", help="host:port to listen on."),
    ) -> None:
        """Serve a witness from DIRECTORY: cosign heads that extend the last one seen.

        It speaks C2SP tlog-witness. The first start makes its key and prints the line for the
        "witnesses" of a trust file. Put a TLS proxy before it when it leaves this machine.
        """
        from lindung.evidence import KeyProblem, Trust, Witness, WitnessServer, witness_key
        from lindung.runtime import visible

        try:
            host, _, port = listen.rpartition(":")
            if not port.isdecimal():
                raise ValueError(f"Write host:port, not {listen!r}.")
            key, _public = witness_key(directory)
            watched = Trust.load(trust).logs
            server = WitnessServer(
                (host, int(port)), Witness(name, key, watched, directory / "heads")
            )
        except (KeyProblem, OSError, ValueError, OverflowError) as problem:
            words = visible(in_words(problem), 1000)
            typer.echo(f"The witness does not start. {words}", err=True)
            raise typer.Exit(2) from None
        typer.echo(server.witness.published.strip())
        typer.echo(f"Witness of {', '.join(watched)} at http://{host}:{server.server_address[1]}/")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            server.server_close()
