"""`lindung evaluate`: how a model learned from confirmed cases would do, and what it learned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from lindung.cli.read import why

if TYPE_CHECKING:
    from lindung.text.learning.learn import Record
    from lindung.text.learning.measure import Report

Data = Annotated[Path, typer.Argument(help="Confirmed cases: JSON lines, or PAN12-style XML.")]
Predators = Annotated[Path | None, typer.Option(help="With XML: the ids of the authors to find.")]
Budget = Annotated[int, typer.Option(help="Posts a team reviews in a day.", min=1)]
Prevalence = Annotated[
    float, typer.Option(help="Share of bad posts where it will work.", min=1e-9, max=0.999)
]


def register(app: typer.Typer) -> None:
    app.command()(evaluate)


def evaluate(
    data: Data, predators: Predators = None, budget: Budget = 50, prevalence: Prevalence = 0.001
) -> None:
    """Measure on later posts of unconnected authors. Exit codes: 0 blessed, 1 not, 2 unusable."""
    report = measured(records_of(data, predators), budget, prevalence)
    raise typer.Exit(1 if report.refused else 0)


def records_of(data: Path, predators: Path | None) -> list[Record]:
    """The records of a file, or exit code 2 with what is wrong."""
    try:
        from lindung.text.learning.records import RecordError, read_pan12, read_records
    except ImportError:
        refuse("Learning needs its extra: pip install '.[learn]'")
    try:
        return read_pan12(data, predators) if predators else read_records(data)
    except (RecordError, OSError, UnicodeDecodeError) as error:
        refuse(why(error, data))


def measured(records: list[Record], budget: int, prevalence: float) -> Report:
    """Evaluate with progress, print the report."""
    from rich.console import Console

    try:
        from lindung.text.learning.figures import Work
        from lindung.text.learning.measure import evaluate as measure

        work = Work(budget=budget, prevalence=prevalence)
        with Console(stderr=True).status("reading") as status:
            report = measure(records, work, tell=lambda s: status.update(s))
    except ImportError:
        refuse("Learning needs its extra: pip install '.[learn]'")
    except ValueError as error:
        refuse(str(error))
    show(report)
    return report


def show(report: Report) -> None:
    """Print a report as plain lines."""
    typer.echo(
        f"learned from {report.learned_from} posts, tested on {report.tested_on} later ones; "
        f"{report.left_out} later ones left out, as their authors or connected ones wrote earlier"
    )
    for part in report.measured:
        typer.echo(f"{part.language}: {part.posts} posts, {part.positives} of them bad")
        for name, (figure, low, high) in part.figures.items():
            typer.echo(f"  {name:<42}{figure:8.3f}  ({low:.3f} to {high:.3f})")
        for name, reason in part.unmeasured.items():
            typer.echo(f"  {name:<42}not measured: {reason}")
    for probe in report.probes:
        figure, low, high = probe.margin
        typer.echo(
            f"probe {probe.name}, {probe.language}: {probe.ranking:.3f}, "
            f"the model {probe.model:.3f}"
        )
        typer.echo(f"  {'lead of the model':<42}{figure:8.3f}  ({low:.3f} to {high:.3f})")
    for what in report.unprobed:
        typer.echo(what)
    typer.echo(f"refused: {report.refused}" if report.refused else "blessed")


def refuse(message: str) -> NoReturn:
    """Say what is wrong on standard error and leave with exit code 2."""
    typer.echo(message, err=True)
    raise typer.Exit(2)
