"""`lindung policy test`: run the examples that stand beside each rule."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lindung.cli.read import why

PolicyFile = Annotated[
    Path | None, typer.Argument(help="The policy (YAML); without it, the one that is shipped.")
]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The rules by which words are read.", no_args_is_help=True)

    @group.callback()
    def about() -> None: ...

    group.command("test")(test)
    app.add_typer(group, name="policy")


def test(policy: PolicyFile = None) -> None:
    """Run the hit and miss examples of every rule. Exit codes: 0 all hold, 1 not, 2 unusable."""
    from lindung.text import PolicyError, failing_examples, load_policy

    try:
        loaded = load_policy(policy)
    except (PolicyError, OSError, UnicodeDecodeError) as error:
        typer.echo(f"This policy cannot be used. {why(error, policy)}", err=True)
        raise typer.Exit(2) from None
    failures = failing_examples(loaded)
    for failure in failures:
        typer.echo(
            f"{policy or 'default policy'}, line {failure.line}: rule {failure.rule} should "
            f"{failure.wanted} and does not: {failure.text}"
        )
    count = sum(len(rule.examples) for rule in loaded.rules)
    typer.echo(
        f"{loaded.name} {loaded.version}: {len(loaded.rules)} rules, {count} examples, "
        f"{len(failures)} failed."
    )
    raise typer.Exit(1 if failures else 0)
