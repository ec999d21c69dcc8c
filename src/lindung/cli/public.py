"""`lindung public`: serve the public pages."""

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def public() -> None:
        """Serve the public pages alone (`lindung up` starts all parts)."""
        from lindung.hotline.config import database, env, keys, server

        env.become("public")
        keys.check(env.current().home, "public")
        database.refuse_owner(env.current(), "public")
        server.serve(env.current(), "public")
