"""`lindung settings`: the table of settings."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def settings(
        markdown: Annotated[
            bool, typer.Option("--markdown", help="The page docs/settings.md, without values.")
        ] = False,
    ) -> None:
        """Show every setting: what it means, its default and what it is now."""
        from lindung.hotline.config import env, table

        typer.echo(table.markdown() if markdown else table.plain(env.current()), nl=False)
