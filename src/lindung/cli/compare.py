"""`lindung compare`: how far two pictures are from each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("compare")
    def compare_command(
        a: Annotated[Path, typer.Argument(help="A picture.")],
        b: Annotated[Path, typer.Argument(help="Another one.")],
    ) -> None:
        """Say in how many of 256 bits the PDQ of two pictures differ, turned any way.

        Exit code 0 when both could be hashed, 1 when not.
        """
        import numpy as np

        from lindung.media import FOUND_AS, RADIUS, Sandbox, hash_file

        with Sandbox(say=lambda words: typer.echo(words, err=True)) as sandbox:
            one, other = (hash_file(path, sandbox, full=True) for path in (a, b))
        for found in (one, other):
            if not found.frames:
                typer.echo(f"{found.path}: {found.error}", err=True)
        if not one.frames or not other.frames:
            raise typer.Exit(1)
        codes = one.frames[0].codes
        far = np.unpackbits(codes ^ other.frames[0].codes[0], axis=1).sum(axis=1)
        turn = int(np.argmin(far))
        verdict = "the same picture" if far[turn] <= RADIUS else "not the same picture"
        words = f", the first is the second {FOUND_AS[turn]}" if turn else ""
        typer.echo(
            f"{far[turn]} of 256 bits differ{words}: {verdict} by the usual {RADIUS} bits "
            f"(quality {one.quality} and {other.quality})."
        )
