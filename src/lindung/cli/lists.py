"""`lindung lists`: the hash lists that files are matched with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from lindung.media import ImportResult

Lists = Annotated[Path, typer.Option("--lists", help="The folder of the hash lists.")]
Name = Annotated[str, typer.Argument(help="The list's name.")]


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong is said in words: exit code 1."""
    from lindung.media import ExchangeError, ListFormatError, StoreError

    try:
        yield
    except (ExchangeError, ListFormatError, StoreError, OSError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    except KeyError as error:
        typer.echo(f"There is no list or entry called {error}.", err=True)
        raise typer.Exit(1) from error


def _say(name: str, result: ImportResult) -> None:
    typer.echo(
        f"{name}: {result.imported} taken, {result.withdrawn} withdrawn, "
        f"{result.rejected_count} lines not taken."
    )
    for line, why in result.rejected[:20]:
        typer.echo(f"  line {line}: {why}", err=True)
    if result.rejected_count > 20:
        typer.echo(f"  and {result.rejected_count - 20} more", err=True)


def register(app: typer.Typer) -> None:
    lists = typer.Typer(name="lists", help="The hash lists that files are matched with.")
    app.add_typer(lists)

    @lists.command()
    def add(
        name: Name,
        lists_folder: Lists,
        file: Annotated[Path | None, typer.Option(help="A CSV, TSV, JSON or digest file.")] = None,
        columns: Annotated[str | None, typer.Option(help="A column map: any, iwf, vic.")] = None,
        column: Annotated[
            list[str] | None, typer.Option(help="FIELD=COLUMN, as often as needed.")
        ] = None,
        exchange: Annotated[
            str | None, typer.Option(help="ncmec, stopncii or threatexchange.")
        ] = None,
        settings: Annotated[str, typer.Option(help="The exchange's settings, JSON.")] = "{}",
        credentials: Annotated[
            Path | None, typer.Option(help="A file with the exchange's credentials.")
        ] = None,
    ) -> None:
        """Add a list from a file or an exchange, and fetch it. The file is remembered for sync.

        Exit code 0 when it was fetched, 1 when not (nothing is changed then), 2 for wrong use.
        """
        from lindung.media import EXCHANGES, ListStore, sync

        chosen: Any = dict(part.split("=", 1) for part in column or [] if "=" in part) or columns
        if (file is None) == (exchange is None):
            raise typer.BadParameter("Give either --file or --exchange.")
        if exchange is not None and (exchange not in EXCHANGES or credentials is None):
            raise typer.BadParameter(
                f"An exchange is one of {', '.join(EXCHANGES)}, and needs --credentials."
            )
        if any("=" not in part for part in column or []):
            raise typer.BadParameter("A column is given as FIELD=COLUMN.")
        with _told(), ListStore.open(lists_folder) as store:
            if file is not None:
                _say(name, store.import_file(file, name, chosen, progress=_bar(name)))
                place = str(file.absolute())
                store.set_source(name, {"kind": "file", "path": place, "columns": chosen})
            elif credentials is not None:
                source = {"kind": "exchange", "exchange": exchange}
                source |= {"settings": json.loads(settings)}
                store.set_source(name, source | {"credentials": str(credentials.absolute())})
                _say(name, sync(store, name))

    @lists.command("sync")
    def sync_command(
        lists_folder: Lists,
        names: Annotated[list[str] | None, typer.Argument(help="Lists; all when left out.")] = None,
    ) -> None:
        """Fetch lists anew from where they come from. Exit code 1 when one could not be."""
        from lindung.media import ListStore, sync

        failed = False
        with _told(), ListStore.open(lists_folder) as store:
            for name in names or [
                each.name for each in store.lists() if store.source(each.name)[0]
            ]:
                try:
                    with _told():
                        _say(name, sync(store, name, _bar(name)))
                except typer.Exit:
                    failed = True
        if failed:
            raise typer.Exit(1)

    @lists.command()
    def status(lists_folder: Lists) -> None:
        """Say what the lists hold and when they last changed."""
        from rich.console import Console
        from rich.table import Table

        from lindung.media import ListStore

        with _told(), ListStore.open(lists_folder) as store:
            table = Table()
            for title in ("list", "entries", "withdrawn", "disputed", "by", "changed", "problem"):
                table.add_column(title)
            for one in store.lists():
                kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(one.signals.items()))
                counts = [str(one.entries), str(one.withdrawn), str(one.disputed)]
                table.add_row(one.name, *counts, kinds, one.changed, one.problem)
            Console().print(table)

    @lists.command()
    def remove(name: Name, lists_folder: Lists) -> None:
        """Forget a list and everything it said."""
        from lindung.media import ListStore

        with _told(), ListStore.open(lists_folder) as store:
            store.remove(name)
            typer.echo(f"{name}: removed.")

    @lists.command()
    def export(
        name: Name,
        lists_folder: Lists,
        out: Annotated[Path, typer.Option(help="The CSV file to write.")],
    ) -> None:
        """Write the live entries of a list as CSV, for a partner."""
        from lindung.media import ListStore

        with _told(), ListStore.open(lists_folder) as store:
            typer.echo(f"{name}: {store.export(name, out)} entries written to {out}.")


def _bar(name: str) -> Any:
    """A progress bar over the bytes of a file, on a terminal only; None elsewhere."""
    import sys

    if not sys.stderr.isatty():
        return None
    from rich.console import Console
    from rich.progress import Progress

    progress = Progress(console=Console(stderr=True), transient=True)
    task = progress.add_task(name)

    def moved(done: int, total: int) -> None:
        if not progress.live.is_started:
            progress.start()
        progress.update(task, completed=done, total=total)
        if done >= total:
            progress.stop()

    return moved
