"""What `hash` and `match` share: the paths, the worker processes, the progress, the lines."""

from __future__ import annotations

import json
import queue
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

if TYPE_CHECKING:
    from lindung.media import Sandbox


def register(app: typer.Typer) -> None:
    """No verb of its own."""


def each_file(
    paths: Sequence[str],
    out: Path | None,
    jobs: int,
    title: str,
    look: Callable[[Path, Sandbox], Mapping[str, Any]],
) -> None:
    """Write one JSON line a file, in the order given, to `out` (resumed) or to stdout."""
    done = _done(out)
    wanted = [path for path in _files(paths) if str(path) not in done]
    target: TextIO = out.open("a", encoding="utf-8") if out else sys.stdout
    try:
        _write(wanted, jobs, title, look, target)
    finally:
        if out:
            target.close()


def _write(
    wanted: Sequence[Path],
    jobs: int,
    title: str,
    look: Callable[[Path, Sandbox], Mapping[str, Any]],
    target: TextIO,
) -> None:
    from rich.console import Console
    from rich.progress import track

    from lindung.media import Sandbox

    boxes: queue.SimpleQueue[Sandbox] = queue.SimpleQueue()
    made = [Sandbox() for _ in range(jobs)]
    for box in made:
        boxes.put(box)

    def one(path: Path) -> str:
        box = boxes.get()
        try:
            return json.dumps(look(path, box), ensure_ascii=False)
        finally:
            boxes.put(box)

    console = Console(stderr=True)
    try:
        with ThreadPoolExecutor(jobs) as pool:
            lines = pool.map(one, wanted)
            for line in track(
                lines, title, len(wanted), console=console, disable=not sys.stderr.isatty()
            ):
                target.write(line + "\n")
                target.flush()
    finally:
        for box in made:
            box.close()


def _files(paths: Sequence[str]) -> Iterator[Path]:
    for text in paths:
        if text == "-":
            yield from (Path(line.rstrip("\n")) for line in sys.stdin if line.strip())
        elif Path(text).is_dir():
            yield from sorted(path for path in Path(text).rglob("*") if path.is_file())
        else:
            yield Path(text)


def _done(out: Path | None) -> set[str]:
    """The paths an earlier run wrote. Half a line at the end, as a kill leaves it, is cut off."""
    if out is None or not out.exists():
        return set()
    data = out.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        with out.open("r+b") as file:
            file.truncate(len(whole))
    try:
        return {json.loads(line)["path"] for line in whole.splitlines()}
    except (ValueError, KeyError, TypeError) as error:
        raise typer.BadParameter(
            f"{out} holds something else than this command writes.", param_hint="--out"
        ) from error
