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
def _told(begin: str = "") -> Iterator[None]:
    """What goes wrong is said in words: exit code 1."""
    from lindung.media import ExchangeError, ListFormatError, StoreError

    try:
        yield
    except UnicodeEncodeError as error:  # half a character, as of an odd byte on the command line
        typer.echo(f"{begin}{error.object!r} is no text.", err=True)
        raise typer.Exit(1) from error
    except (ExchangeError, ListFormatError, StoreError, ValueError) as error:
        typer.echo(f"{begin}{error}", err=True)
        raise typer.Exit(1) from error
    except OSError as error:
        words = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        typer.echo(f"{begin}{words}", err=True)
        raise typer.Exit(1) from error
    except KeyError as error:
        name, *entry = error.args
        words = f"There is no list called {name!r}."
        typer.echo(f"The list {name!r} has no entry {entry[0]!r}." if entry else words, err=True)
        raise typer.Exit(1) from error


def _say(name: str, result: ImportResult, file: Path | None = None) -> None:
    typer.echo(
        f"{name}: {result.imported} taken, {result.withdrawn} withdrawn, "
        f"{result.rejected_count} lines not taken."
    )
    for line, why in result.rejected[:20]:
        place = f"{typer.format_filename(file)}, line" if file else "line"
        typer.echo(f"  {place} {line}: {why}", err=True)
    if result.rejected_count > 20:
        typer.echo(f"  and {result.rejected_count - 20} more", err=True)


def register(app: typer.Typer) -> None:
    lists = typer.Typer(name="lists", help="The hash lists that files are matched with.")
    app.add_typer(lists)

    @lists.command()
    def add(
        name: Name,
        lists_folder: Lists,
        file: Annotated[Path | None, typer.Option(help="A table, JSON, XML or digests.")] = None,
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
        """Add a list from a file or an exchange, and fetch it. The source is remembered for sync.

        A list has one source: the same file updates it, another one is refused, and so is the name
        "own", which is the hotline's own list. Exit code 0 when it
        was fetched, 1 when not, 2 for wrong use. A file that fails changes nothing (when only the
        picture index fails, the message says what was kept); what came of an exchange is kept.
        """
        from lindung.cli.media_run import said_once
        from lindung.media import EXCHANGES, ListStore, compile_loops, compiling_said, sync

        if (file is None) == (exchange is None):
            raise typer.BadParameter("Give either --file or --exchange.")
        if exchange is not None and (exchange not in EXCHANGES or credentials is None):
            raise typer.BadParameter(
                f"An exchange is one of {', '.join(EXCHANGES)}, and needs --credentials."
            )
        chosen, asked = _columns(column) or columns, _settings(settings)
        with compiling_said(said_once):
            compile_loops()
        with _told(), ListStore.open(lists_folder) as store:
            if file is not None:
                bar = _bar(name)
                _say(name, store.import_file(file, name, chosen, remember=True, progress=bar), file)
            elif credentials is not None:
                source = {"kind": "exchange", "exchange": exchange, "settings": asked}
                store.set_source(name, source | {"credentials": str(credentials.absolute())})
                _say(name, sync(store, name))

    @lists.command("sync")
    def sync_command(
        lists_folder: Lists,
        names: Annotated[list[str] | None, typer.Argument(help="Lists; all when left out.")] = None,
    ) -> None:
        """Fetch lists anew from where they come from. Exit code 1 when one could not be.

        A file replaces its list: entries it no longer names are withdrawn. A file with damaged
        lines, or with no entry, is refused and changes nothing.
        """
        from lindung.media import ListStore, sync

        failed = False
        with _told(), ListStore.open(lists_folder, create=False) as store:
            for name in names or [
                each.name for each in store.lists() if store.source(each.name)[0]
            ]:
                try:
                    with _told(f"{name}: "):
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
        from rich.text import Text

        from lindung.media import ListStore

        with _told(), ListStore.open(lists_folder, create=False) as store:
            table = Table()
            for title in ("list", "entries", "withdrawn", "disputed", "by", "changed", "problem"):
                table.add_column(title)
            for one in store.lists():
                kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(one.signals.items()))
                counts = [str(one.entries), str(one.withdrawn), str(one.disputed)]
                cells = [one.name, *counts, kinds, one.changed, one.problem]
                table.add_row(*map(Text, cells))  # as it stands: a name is no markup
            Console().print(table)

    @lists.command()
    def show(lists_folder: Lists) -> None:
        """Say of each list where it is from, whether it is on, what it holds, how it is trusted.

        Then the negative entries: who put them there, why, until when.
        """
        from lindung.media import ListStore

        with _told(), ListStore.open(lists_folder, create=False) as store:
            for one in store.lists():
                source, _ = store.source(one.name)
                where = source.get("path") or source.get("exchange") or "no source"
                kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(one.signals.items()))
                far = "the usual distance" if one.radius is None else f"within {one.radius} bits"
                typer.echo(f"{one.name}: {'on' if one.enabled else 'OFF'}, {far}, {one.share} %")
                typer.echo(f"  from {where}, last changed {one.changed}")
                typer.echo(
                    f"  {one.entries} live ({kinds}), {one.withdrawn} withdrawn, "
                    f"{one.disputed} disputed"
                )
            for negative in store.negatives():
                until = f"until {negative.until}" if negative.until else "for good"
                typer.echo(
                    f"not to be met: {negative.kind} {negative.value}, {until}, says "
                    f"{negative.by_whom}: {negative.reason}"
                )

    @lists.command("set")
    def set_command(
        name: Name,
        lists_folder: Lists,
        on: Annotated[
            bool | None, typer.Option("--on/--off", help="Whether it matches at all.")
        ] = None,
        distance: Annotated[int | None, typer.Option(help="Bits within which it matches.")] = None,
        share: Annotated[int | None, typer.Option(help="Percent of files that see it.")] = None,
    ) -> None:
        """Switch a list on or off, give it a distance of its own, or a share of the files."""
        from lindung.media import ListStore

        with _told(), ListStore.open(lists_folder, create=False) as store:
            store.set_bank(name, enabled=on, radius=distance, share=share)
            typer.echo(f"{name}: set.")

    @lists.command("except")
    def except_command(
        value: Annotated[str, typer.Argument(help="A digest or PDQ, in hex.")],
        lists_folder: Lists,
        by: Annotated[str, typer.Option(help="Who says so.")],
        why: Annotated[str, typer.Option(help="Why it is harmless.")],
        kind: Annotated[str, typer.Option(help="pdq, sha256, sha1 or md5.")] = "pdq",
        until: Annotated[str, typer.Option(help="The last day, as 2027-01-31.")] = "",
    ) -> None:
        """Let a file, or what looks like a picture (within 8 bits), meet nothing on any list."""
        from lindung.media import ListStore, Negative

        if kind not in ("pdq", "sha256", "sha1", "md5"):
            raise typer.BadParameter("A kind is pdq, sha256, sha1 or md5.", param_hint="--kind")
        with _told(), ListStore.open(lists_folder, create=False) as store:
            store.add_negative(Negative(kind, value, by, why, until))
            typer.echo(f"{kind} {value}: meets nothing from now on.")

    @lists.command()
    def remove(name: Name, lists_folder: Lists) -> None:
        """Forget a list and everything it said."""
        from lindung.media import ListStore

        with _told(), ListStore.open(lists_folder, create=False) as store:
            store.remove(name)
            typer.echo(f"{name}: removed.")

    @lists.command()
    def dispute(
        name: Name,
        entry: Annotated[str, typer.Argument(help="The entry's id on that list.")],
        lists_folder: Lists,
        by: Annotated[str, typer.Option(help="Who says so.")],
        why: Annotated[str, typer.Option(help="What is wrong with the entry.")],
    ) -> None:
        """Record that an entry is wrong. It goes on matching, and its hits say that it is disputed.

        Who disputes it again replaces their reason. Exit code 1 where there is no such entry.
        """
        from lindung.media import ListStore

        with _told(), ListStore.open(lists_folder, create=False) as store:
            store.dispute(name, entry, by, why)
            typer.echo(f"{name}: the entry {entry} is disputed.")

    @lists.command()
    def export(
        name: Name,
        lists_folder: Lists,
        out: Annotated[Path, typer.Option(help="The CSV file to write.")],
    ) -> None:
        """Write the live entries of a list as CSV, for a partner."""
        from lindung.media import ListStore

        with _told(), ListStore.open(lists_folder, create=False) as store:
            count = store.export(name, out)
            typer.echo(f"{name}: {count} entries written to {typer.format_filename(out)}.")


def _columns(parts: list[str] | None) -> dict[str, str]:
    """What --column gives: the column of each field."""
    pairs = [part.partition("=") for part in parts or []]
    if any(not column for _, _, column in pairs):
        raise typer.BadParameter("A column is given as FIELD=COLUMN.")
    found = {field: column for field, _, column in pairs}
    if len(found) < len(pairs):
        raise typer.BadParameter("A field is given one column.", param_hint="--column")
    return found


def _settings(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise typer.BadParameter('Give a JSON object, as {"name": 1}.', param_hint="--settings")
    return found


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
