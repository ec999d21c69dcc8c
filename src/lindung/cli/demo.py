"""`lindung demo`: walk one synthetic report all the way, and leave the hotline running."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def demo(
        code: Annotated[
            str, typer.Option(metavar="NAME", help="Print a demo person's sign-in code and end.")
        ] = "",
    ) -> None:
        """Walk one synthetic report all the way, and leave the hotline running.

        Exit codes: 0 done, 1 a step did not happen (its name is printed), 2 wrong settings.
        """
        from lindung.hotline import demo as walk
        from lindung.hotline.config import env

        try:
            if code:
                typer.echo(walk.code(env.current(), code))
            else:
                walk.run(env.current(), typer.echo)
        except walk.DemoError as error:
            typer.echo(error, err=True)
            raise typer.Exit(1) from None
