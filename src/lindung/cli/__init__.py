"""The `lindung` command: one small file per verb."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from importlib.metadata import version

import typer

from lindung.hotline.config.env import SettingsError

app = typer.Typer(
    name="lindung",
    help="The open hotline for reporting online child sexual exploitation.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lindung {version('lindung')}")
        raise typer.Exit()


@app.callback()
def _lindung(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """The open hotline for reporting online child sexual exploitation."""


def in_words(problem: Exception) -> str:
    """An error as a sentence for people: the system's without its number."""
    if isinstance(problem, OSError) and problem.strerror:
        place = f"{problem.filename}: " if problem.filename else ""
        return f"{place}{problem.strerror}."
    return str(problem)


def verbs() -> None:
    """Register every verb in this package: each module defines `register(app)`."""
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}").register(app)


def main() -> None:
    """Run the verb that was asked for.

    Exit codes are those of docs/commands.md: 0 done or yes, 1 the answer is no, 2 no answer could
    be given, 130 interrupted.
    """
    verbs()
    try:
        app()
    except SettingsError as error:
        print(error, file=sys.stderr)
    except ModuleNotFoundError as error:
        if (error.name or "lindung").partition(".")[0] == "lindung":
            raise
        print(
            f"This command needs the hotline's packages ({error.name} is missing). "
            "Install them with: pip install '.[hotline]'",
            file=sys.stderr,
        )
    sys.exit(2)
