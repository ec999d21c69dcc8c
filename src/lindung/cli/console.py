"""`lindung console`: serve the analysts' console."""

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def console() -> None:
        """Serve the analysts' console alone (`lindung up` starts all parts)."""
        from lindung.hotline.config import database, env, keys, server

        env.become("console")
        keys.check(env.current().home, "console")
        database.refuse_owner(env.current(), "console")
        server.serve(env.current(), "console")
