"""`lindung match`: which hash-list entries files match, one JSON object a line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer


def register(app: typer.Typer) -> None:
    @app.command("match")
    def match_command(
        paths: Annotated[
            list[str], typer.Argument(help="Files and folders, or - for a list of paths on stdin.")
        ],
        lists: Annotated[Path, typer.Option(help="The folder of the hash lists.")],
        out: Annotated[
            Path | None,
            typer.Option(help="Append to this file, and pass over the paths it already holds."),
        ] = None,
        jobs: Annotated[int, typer.Option(min=1, help="Pictures read side by side.")] = 1,
        radius: Annotated[int, typer.Option(min=0, max=35, help="Bits.")] = 31,
        quality: Annotated[int, typer.Option(min=0, max=100, help="PDQ quality, at least.")] = 50,
    ) -> None:
        """Hash every file and match it with the lists (JSON lines, `hits` says how and why).

        A hit orders a queue and decides nothing. `reduced` says that the PDQ is of part of a JPEG,
        a bit or two from the one that `hash` gives. Exit code 0 when every path was read and
        written, 1 when one could not be read, the lists cannot be read or hold nothing, or the
        output cannot be written, 2 for wrong use.
        """
        import dataclasses

        from lindung.cli.media_run import each_file, said_once
        from lindung.media import (
            ListStore,
            Matching,
            Sandbox,
            StoreError,
            compile_loops,
            compiling_said,
            examine,
            record,
        )

        matching = Matching(radius, quality)
        try:
            with compiling_said(said_once):
                compile_loops()
            with ListStore.open(lists, create=False) as store:
                if store.is_empty():
                    raise StoreError(f"{lists}: no list has an entry, so nothing can match.")

                def look(path: Path, box: Sandbox) -> dict[str, Any]:
                    found = examine(path, store, box, matching)
                    hits = [dataclasses.asdict(hit) for hit in found.hits]
                    return {**record(found), "reduced": found.reduced, "hits": hits}

                each_file(paths, out, jobs, "Matching", look)
        except StoreError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error
