"""`lindung stop`: end the hotline on this machine."""

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def stop() -> None:
        """End everything that `lindung up` started, the embedded database too."""
        from lindung.hotline.config import env, state

        stopped = state.stop(env.current().home)
        typer.echo("Lindung has stopped." if stopped else "Lindung is not running.")
