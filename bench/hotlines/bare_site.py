"""The peer: a Django view with one INSERT, on the same server and database as the public pages.

`python -m bench.hotlines.bare_site HOST PORT SOCKET PASSWORD THREADS`
"""

from __future__ import annotations

import sys
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path
from gunicorn.app.base import BaseApplication

INSERT = "INSERT INTO bare (id, hash, sealed) VALUES (%s, %s, %s)"


def view(request: HttpRequest) -> HttpResponse:
    """Store one row from the form, durably, and say so."""
    from django.db import connection

    words = request.POST["words"]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [uuid4(), uuid4().bytes * 2, words.encode() + bytes(350)])
    return HttpResponse("stored")


urlpatterns = [path("", view)]


class _Application(BaseApplication):  # type: ignore[misc]
    def load_config(self) -> None:
        host, port, *_, threads = sys.argv[1:]
        chosen: dict[str, Any] = {
            "bind": f"{host}:{port}",
            "worker_class": "gthread",
            "threads": int(threads),
            "keepalive": 5,
            "loglevel": "error",
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        import django
        from django.core.wsgi import get_wsgi_application

        django.setup()
        return get_wsgi_application()


if __name__ == "__main__":
    settings.configure(
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="bench",  # noqa: S106
        ROOT_URLCONF="bench.hotlines.bare_site",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": sys.argv[3],
                "NAME": "lindung",
                "USER": "lindung_owner",
                "PASSWORD": sys.argv[4],
                "CONN_MAX_AGE": 600,
            }
        },
    )
    _Application().run()
