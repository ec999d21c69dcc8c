"""The `lindung` command: one small file per verb."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer

from lindung.hotline.config.env import SettingsError

app = typer.Typer(
    name="lindung",
    help="The open hotline for reporting online child sexual exploitation.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def main() -> None:
    """Register every verb in this package, then run the one asked for.

    Each module defines `register(app)`. Exit codes: 0 done, 1 refused or tampered, 2 wrong use
    or wrong settings (also `verify`: cannot establish).
    """
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}").register(app)
    try:
        app()
    except SettingsError as error:
        print(error, file=sys.stderr)
    except ModuleNotFoundError as error:
        if (error.name or "lindung").partition(".")[0] == "lindung":
            raise
        print(
            f"This command needs the hotline's packages ({error.name} is missing). "
            "Install them with: pip install 'lindung[hotline]'",
            file=sys.stderr,
        )
    sys.exit(2)
