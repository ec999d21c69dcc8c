"""Compiles the translations (.po to .mo) whenever the package is built or installed."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileTranslations(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        compile_all(Path(self.root))


def compile_all(root: Path) -> None:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for catalogue in sorted((root / "src").rglob("LC_MESSAGES/*.po")):
        with catalogue.open("rb") as file:
            entries = read_po(file, locale=catalogue.parts[-3])
        part = catalogue.with_suffix(".part")
        with part.open("wb") as file:
            write_mo(file, entries)
        part.replace(catalogue.with_suffix(".mo"))


if __name__ == "__main__":
    compile_all(Path(__file__).parent)
