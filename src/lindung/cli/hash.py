"""`lindung hash`: digests and picture hashes of files, one JSON object a line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("hash")
    def hash_command(
        paths: Annotated[
            list[str], typer.Argument(help="Files and folders, or - for a list of paths on stdin.")
        ],
        out: Annotated[
            Path | None,
            typer.Option(help="Append to this file, and pass over the paths it already holds."),
        ] = None,
        jobs: Annotated[int, typer.Option(min=1, help="Pictures read side by side.")] = 1,
    ) -> None:
        """Write md5, sha1, sha256, pdq, quality and size of every file (JSON lines).

        A file that cannot be hashed gets a line with `error` in words. Exit code 0 when every
        path was read and written, 1 when one could not be read (a line says why) or the output
        cannot be written, 2 for wrong use.
        """
        from lindung.cli.media_run import each_file
        from lindung.media import hash_file, record

        each_file(
            paths, out, jobs, "Hashing", lambda path, box: record(hash_file(path, box, full=True))
        )
