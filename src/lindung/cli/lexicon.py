"""`lindung lexicon`: seal a list of terms on the partner's side, look at a sealed list."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from lindung.cli.read import KEY, visible, why
from lindung.runtime import write_whole


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Sealed lists of terms.", no_args_is_help=True)
    group.command("seal")(seal)
    group.command("show")(show)
    app.add_typer(group, name="lexicon")


def seal(
    terms: Annotated[Path, typer.Argument(help="Terms, one a line: term TAB category.")],
    key: Annotated[str, typer.Option(help=f"A key of 32 hex digits, one per partner: {KEY}")],
    out: Annotated[Path, typer.Option(help="Where the sealed list goes.")],
    partner: Annotated[str, typer.Option(help="Who made the list.")],
    version: Annotated[int, typer.Option(help="Counts up with every list.", min=1)] = 1,
    days: Annotated[int, typer.Option(help="For how long it may be used.", min=1, max=3650)] = 180,
) -> None:
    """Turn terms into keyed tags; the sealed list holds no readable term.

    To rotate, seal again under a new key and load both lists until the old one ends.
    Exit codes: 0 sealed, 2 nothing was written.
    """
    from lindung.text import KeyUnusableError, LexiconError, read_key
    from lindung.text import seal as seal_terms

    until = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=days)
    try:
        pairs = []
        for number, line in enumerate(terms.read_text("utf-8-sig").splitlines(), start=1):
            term, tab, category = line.partition("\t")
            if not line.strip():
                continue
            if not tab or not category.strip():
                raise LexiconError(f"{terms}, line {number}: write the term, a tab, its category.")
            pairs.append((term.strip(), category.strip()))
        if not pairs:
            raise LexiconError(f"{terms}: there is no term in it.")
        secret = read_key(key)
        text = seal_terms(pairs, secret, partner=partner, version=version, valid_until=until)
        write_whole(out, text, mode=0o666)
    except (KeyUnusableError, LexiconError, OSError, UnicodeDecodeError) as error:
        _refuse(why(error, terms))
    typer.echo(f"{len(pairs)} terms sealed to {out}, valid until {until}.")


def show(
    file: Annotated[Path, typer.Argument(help="A sealed list.")],
    key: Annotated[str, typer.Option(help=f"Its key: {KEY}")],
) -> None:
    """Say who made a sealed list, its categories and how long it is valid. Exit codes: 0, 2."""
    from lindung.text import KeyUnusableError, LexiconError, open_lexicon, read_key

    try:
        lexicon = open_lexicon(file, read_key(key))
    except (KeyUnusableError, LexiconError, OSError, UnicodeDecodeError) as error:
        _refuse(why(error, file))
    shown = (
        f"{lexicon.partner}, version {lexicon.version}, valid until {lexicon.valid_until}, "
        f"{len(lexicon.entries)} tags in: {', '.join(lexicon.categories)}"
    )
    typer.echo(visible(shown))


def _refuse(message: str) -> NoReturn:
    typer.echo(visible(message), err=True)
    raise typer.Exit(2)
