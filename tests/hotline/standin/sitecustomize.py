"""Loaded by every Python of the ground's tests: small stand-ins for the hotline's apps.

The ground is tested with children that are only command lines: fast, and without the apps.
"""

import os
import sys
import threading
import types
from collections.abc import Callable


class _Jobs(types.ModuleType):
    @staticmethod
    def run(on_ready: Callable[[], None]) -> None:
        if "broken-worker" in os.environ["PYTHONPATH"]:
            sys.exit("The worker cannot read its example.")
        on_ready()
        threading.Event().wait()


class _Services(types.ModuleType):
    @staticmethod
    def first_manager_link() -> str:
        return "http://127.0.0.1:8001/first-manager-example"

    @staticmethod
    def second_person_link() -> str:
        return "http://127.0.0.1:8001/second-person-example"

    @staticmethod
    def identities_here() -> None:
        return None

    @staticmethod
    def make_keys() -> None:
        return None

    @staticmethod
    def check_keys() -> None:
        return None


class _Trial(types.ModuleType):
    """No browser is started for parts that are only command lines."""

    @staticmethod
    def forget(env: object) -> None: ...

    @staticmethod
    def answer(env: object, wait: float = 0) -> None: ...

    @staticmethod
    def words(found: object) -> str:
        return "Whether captures can be made is not known, for example."


if os.environ.get("LINDUNG_HOME"):
    sys.modules["lindung.hotline.config.trial"] = _Trial("trial")
    os.environ["DJANGO_SETTINGS_MODULE"] = "standin.settings"
    sys.modules["lindung.hotline.jobs"] = _Jobs("jobs")
    for app in ("accounts", "custody"):
        sys.modules[f"lindung.hotline.{app}"] = types.ModuleType(app)
        sys.modules[f"lindung.hotline.{app}.services"] = _Services("services")
