"""One temporary home for the whole run: keys, settings and a real PostgreSQL of its own.

The server is the embedded one, or another by `LINDUNG_TEST_POSTGRES=/usr/lib/postgresql/15/bin`.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

OWN_SERVER = os.environ.pop("LINDUNG_TEST_POSTGRES", "")
for name in [n for n in os.environ if n.startswith("LINDUNG_")]:
    del os.environ[name]  # the person's own hotline is never touched

HOME = Path(tempfile.mkdtemp(prefix="lindung-test-"))
HOME.chmod(0o711)
atexit.register(shutil.rmtree, HOME, ignore_errors=True)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "database: needs PostgreSQL; also run on Debian's server")
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        return  # only hands out the work: each worker has a home of its own
    os.environ["LINDUNG_HOME"] = str(HOME)
    os.environ["DJANGO_SETTINGS_MODULE"] = "lindung.hotline.config.settings"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in the test's thread
    import django

    from lindung.hotline.config import keys

    keys.prepare(HOME)
    django.setup()


@pytest.fixture(scope="session")
def postgres_bin() -> Path | None:
    """Folder of the PostgreSQL binaries to test with; None means the embedded ones."""
    return Path(OWN_SERVER) if OWN_SERVER else None


@pytest.fixture(scope="session")
def cluster(postgres_bin: Path | None) -> Iterator[Path]:
    """A running database server; yields the home folder it belongs to."""
    from lindung.hotline.config import postgres

    with postgres.running(HOME, postgres_bin):
        yield HOME


@pytest.fixture(scope="session")
def django_db_setup(cluster: Path, django_db_blocker: pytest.FixtureRequest) -> None:
    """Migrate the hotline's own database; tests roll back, or leave rows nobody else looks at."""
    from django.core.management import call_command

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        call_command("migrate", verbosity=0)
