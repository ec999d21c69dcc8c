"""Translations are compiled when the package is built."""

from __future__ import annotations

import gettext
import importlib.util
from pathlib import Path

BUILD = Path(__file__).parents[2] / "hatch_build.py"


def test_a_catalogue_is_compiled_beside_itself(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("hatch_build", BUILD)
    assert spec and spec.loader
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    folder = tmp_path / "src" / "example" / "locale" / "ms" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        'msgid "Report"\nmsgstr "Lapor"\n'
    )
    build.compile_all(tmp_path)
    with (folder / "django.mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Report") == "Lapor"
