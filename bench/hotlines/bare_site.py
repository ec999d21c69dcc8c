"""The peer: a Django view with one INSERT, on the same server and database as the public pages.

`python -m bench.hotlines.bare_site HOST PORT SOCKET PASSWORD THREADS`
"""

from __future__ import annotations

import sys
from uuid import uuid4

import waitress
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

INSERT = "INSERT INTO bare (id, hash, sealed) VALUES (%s, %s, %s)"


def view(request: HttpRequest) -> HttpResponse:
    """Store one row from the form, durably, and say so."""
    from django.db import connection

    words = request.POST["words"]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [uuid4(), uuid4().bytes * 2, words.encode() + bytes(350)])
    return HttpResponse("stored")


urlpatterns = [path("", view)]


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
    import django
    from django.core.wsgi import get_wsgi_application

    django.setup()
    _, host, port, *_rest, threads = sys.argv
    waitress.serve(get_wsgi_application(), host=host, port=int(port), threads=int(threads))
