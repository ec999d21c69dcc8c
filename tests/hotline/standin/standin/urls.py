import os
import subprocess
from pathlib import Path

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def who(request: HttpRequest) -> HttpResponse:
    """The database role and the process id of the one who answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return HttpResponse(f"{cursor.fetchone()[0]} {os.getpid()}")


def taken(request: HttpRequest) -> HttpResponse:
    """What somebody who has taken this process over finds: files, environments, programs."""
    found: dict[str, object] = {"environ": dict(os.environ)}
    found["files"] = [path for path in request.GET.getlist("file") if _opens(path)]
    found["others"] = [
        one.name
        for one in Path("/proc").iterdir()
        if one.name.isdigit() and _opens(f"{one}/environ")
    ]
    found["folders"] = [path for path in request.GET.getlist("folder") if _lists(path)]
    try:
        found["runs"] = subprocess.run(["/bin/true"]).returncode
    except OSError:
        found["runs"] = None
    return JsonResponse(found)


def _opens(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            return bool(file.read(1))
    except OSError:
        return False


def _lists(path: str) -> bool:
    try:
        return any(Path(path).iterdir())
    except OSError:
        return False


urlpatterns = [path("taken", taken), path("healthz", healthz), path("who", who)]
