import os

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def who(request: HttpRequest) -> HttpResponse:
    """The database role and the process id of the one who answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return HttpResponse(f"{cursor.fetchone()[0]} {os.getpid()}")


urlpatterns = [path("healthz", healthz), path("who", who)]
