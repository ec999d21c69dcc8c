"""`lindung up`: start the hotline on this machine."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def up(
        foreground: Annotated[
            bool, typer.Option("--foreground", help="Stay, and end all on SIGTERM or Ctrl-C.")
        ] = False,
        ready_fd: Annotated[int | None, typer.Option(hidden=True)] = None,
    ) -> None:
        """Start the database, the public pages, the console and the worker.

        Exit codes: 0 running (also when it already was), 1 a part did not come up or a port is
        taken, 2 wrong settings.
        """
        from lindung.hotline.config import env, parts, postgres, service

        settings = env.current()
        env.writable_home(settings)
        if not foreground:
            raise typer.Exit(service.launch())
        try:
            code = service.stay(settings, ready_fd)
        except (parts.PortTaken, postgres.PostgresError) as error:
            typer.echo(error, err=True)
            code = 1
        raise typer.Exit(code)
