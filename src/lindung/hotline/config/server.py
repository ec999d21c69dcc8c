"""The web server of the public and the console process: gunicorn with threads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.http import wsgi

from .env import Env

MEMORY = Path("/dev/shm")  # noqa: S108  the heartbeat file must not wait for a disk


def options(env: Env, process: str) -> dict[str, Any]:
    """gunicorn's settings. No access log, and no line that names who connected."""
    host, port = env[f"{process.upper()}_BIND"]
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "proc_name": f"lindung-{process}",
        "worker_class": "gthread",
        "workers": 1,
        "threads": env["THREADS"],
        "worker_tmp_dir": str(MEMORY) if MEMORY.is_dir() else None,
        "timeout": 60,
        "graceful_timeout": 4,
        "keepalive": 5,
        "limit_request_line": 4094,
        "limit_request_fields": 50,
        "limit_request_field_size": 8190,
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "error",
        "control_socket_disable": True,
    }


class _Application(BaseApplication):  # type: ignore[misc]
    def __init__(self, chosen: dict[str, Any]) -> None:
        self.chosen = chosen
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.chosen.items():
            if name in self.cfg.settings:  # older versions have no control socket
                self.cfg.set(name, value)

    def load(self) -> Any:
        from .wsgi import application

        return application


def serve(env: Env, process: str) -> None:
    """Serve until told to end. Does not return."""
    before = wsgi.Response.default_headers

    def without_name(self: Any) -> list[str]:
        return [line for line in before(self) if not line.startswith("Server:")]

    wsgi.Response.default_headers = without_name
    _Application(options(env, process)).run()
