"""What `hash` and `match` share: the paths, the worker processes, the progress, the lines."""

from __future__ import annotations

import json
import os
import queue
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

if TYPE_CHECKING:
    from lindung.media import Sandbox

AHEAD = 4  # files a job: so much is under way or waits to be written, and no more
BEGIN = b'{"path": "'  # of each line we write


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
    from rich.console import Console
    from rich.progress import track

    with ExitStack() as stack:
        target, done = _target(out, stack)
        wanted = [path for path in _files(paths) if str(path) not in done]
        lines = _lines(wanted, jobs, look, stack)
        console, quiet = Console(stderr=True), not sys.stderr.isatty()
        for line in track(lines, title, len(wanted), console=console, disable=quiet):
            _write(line, target, out)


def _write(line: str, target: TextIO, out: Path | None) -> None:
    try:
        target.write(line + "\n")
        target.flush()
    except BrokenPipeError:
        raise  # nobody reads any more: typer ends this quietly
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), target.fileno())  # what is buffered: nowhere
        typer.echo(f"{out or 'The output'}: cannot be written ({error.strerror}).", err=True)
        raise typer.Exit(1) from error


def _lines(
    wanted: Sequence[Path],
    jobs: int,
    look: Callable[[Path, Sandbox], Mapping[str, Any]],
    stack: ExitStack,
) -> Iterator[str]:
    """The lines in their order, read a few files ahead. When the stack ends, so does all work."""
    from lindung.media import Sandbox

    boxes: queue.SimpleQueue[Sandbox] = queue.SimpleQueue()
    for _ in range(jobs):
        boxes.put(stack.enter_context(Sandbox()))
    pool = ThreadPoolExecutor(jobs)
    stack.callback(pool.shutdown, cancel_futures=True)

    def one(path: Path) -> str:
        box = boxes.get()
        try:
            return json.dumps(look(path, box))  # ASCII: a file's name may be no text at all
        finally:
            boxes.put(box)

    under_way: deque[Future[str]] = deque()
    for path in wanted:
        under_way.append(pool.submit(one, path))
        if len(under_way) >= AHEAD * jobs:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()


def _files(paths: Sequence[str]) -> Iterator[Path]:
    for text in paths:
        if text == "-":
            names = (line.rstrip(b"\n") for line in sys.stdin.buffer)
            yield from (Path(os.fsdecode(name)) for name in names if name.strip())
        elif Path(text).is_dir():
            yield from _inside(Path(text))
        else:
            yield Path(text)


def _inside(folder: Path) -> Iterator[Path]:
    """All that is in a folder. What is no file is named too, so that nothing is lost in silence."""
    unreadable: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=unreadable.append):
        folders.sort()
        links = [name for name in folders if (Path(place) / name).is_symlink()]  # not followed
        yield from (Path(place) / name for name in sorted([*names, *links]))
    yield from (Path(str(error.filename)) for error in unreadable)


def _target(out: Path | None, stack: ExitStack) -> tuple[TextIO, set[str]]:
    """Where to write, and the paths an earlier run wrote there. Half a line at the end is cut."""
    if out is None:
        return sys.stdout, set()
    if out.exists() and not out.is_file():
        raise typer.BadParameter(f"{out} is not a regular file.", param_hint="--out")
    try:
        target = stack.enter_context(out.open("a", encoding="utf-8"))
        done, whole = _done(out)
        os.truncate(out, whole)
    except OSError as error:
        raise typer.BadParameter(
            f"{out} cannot be written ({error.strerror}).", param_hint="--out"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise typer.BadParameter(
            f"{out} holds something else than this command writes.", param_hint="--out"
        ) from error
    return target, done


def _done(out: Path) -> tuple[set[str], int]:
    """The paths in whole lines, and where these end. Raises ValueError for what is not ours."""
    done: set[str] = set()
    whole = 0
    with out.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):  # as a kill leaves it
                if line[: len(BEGIN)] != BEGIN[: len(line)]:
                    raise ValueError("not ours")
                break
            done.add(json.loads(line)["path"])
            whole += len(line)
    return done, whole
