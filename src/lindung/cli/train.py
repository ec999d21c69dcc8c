"""`lindung train`: a model from the hotline's own confirmed cases, if its evaluation blesses it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lindung.cli.evaluate import Budget, Data, Predators, Prevalence, measured, records_of, refuse
from lindung.cli.read import KEY, why


def register(app: typer.Typer) -> None:
    app.command()(train)


def train(
    data: Data,
    out: Annotated[Path, typer.Option(help="Where the encrypted model goes.")],
    key: Annotated[str, typer.Option(help=f"The model's key, 64 hex digits: {KEY}")],
    predators: Predators = None,
    budget: Budget = 50,
    prevalence: Prevalence = 0.001,
) -> None:
    """Evaluate, and only if that blesses it, learn from all cases and write the model.

    Exit codes: 0 written, 1 refused and nothing written, 2 unusable data or key.
    """
    from lindung.text import KeyUnusableError, read_key

    try:
        secret = read_key(key, 256)
    except KeyUnusableError as error:
        refuse(str(error))
    records = records_of(data, predators)
    report = measured(records, budget, prevalence)
    if report.refused:
        typer.echo("Nothing was written.", err=True)
        raise typer.Exit(1)
    import numpy as np

    from lindung.text.learning.learn import components, fit
    from lindung.text.learning.model import save_model

    labels = np.array([record.label for record in records])
    try:
        model = fit([record.text for record in records], labels, components(records))
        save_model(model, out, secret)
    except (OSError, ValueError) as error:
        refuse(why(error))
    typer.echo(f"written to {out}")
