"""`lindung migrate`: bring keys and database up to date."""

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def migrate() -> None:
        """Make missing keys, apply migrations, set the roles' passwords (`lindung up` does it too).

        Exit codes: 0 done, 1 the database refused, 2 wrong settings.
        """
        from lindung.hotline.config import env, postgres
        from lindung.hotline.config import migrate as step

        env.become("owner")
        env.writable_home(env.current())
        try:
            lines = step.migrate(env.current())
        except postgres.PostgresError as error:
            typer.echo(error, err=True)
            raise typer.Exit(1) from None
        for line in lines:
            typer.echo(line)
