"""`lindung worker`: do the jobs."""

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def worker() -> None:
        """Do the jobs that reports leave: triage, capture, referrals (`lindung up` starts all)."""
        import importlib

        from lindung.hotline.config import database, env, keys, parts

        env.become("worker")
        keys.check(env.current().home, "worker")
        database.refuse_owner(env.current(), "worker")
        jobs = importlib.import_module("lindung.hotline.jobs")
        home = env.current().home
        jobs.run(lambda: parts.say_worker_ready(home))
