"""Settings for the type checker: the hotline's own, with keys of a folder made for this run."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from lindung.hotline.config import keys

_home = tempfile.mkdtemp(prefix="lindung-types-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ["LINDUNG_HOME"] = _home
keys.prepare(Path(_home))

from lindung.hotline.config.settings import *  # noqa: E402, F403
