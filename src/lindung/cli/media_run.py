"""What `hash` and `match` share: the paths, the worker processes, the progress, the lines."""

from __future__ import annotations

import functools
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
MAX_NAME = 1 << 16  # bytes of a path on stdin
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
    """Write one JSON line a file, in the order given, to `out` (resumed) or to stdout.

    Exit code 1 when a file could not be read. Ctrl-C ends it at once, whatever is being read.
    """
    from rich.console import Console
    from rich.progress import track

    with ExitStack() as stack:
        target, done, unread = _target(out, stack)
        wanted = [path for path in _files(paths) if str(path) not in done]
        lines = _lines(wanted, jobs, look, stack)
        console, quiet = Console(stderr=True), not sys.stderr.isatty()
        try:
            for line in track(lines, title, len(wanted), console=console, disable=quiet):
                _write(line, target, out)
                unread += _is_unread(json.loads(line))
        except KeyboardInterrupt:  # a thread may stand in a file without end
            console.show_cursor()
            os._exit(130)
    if unread:
        files = "1 file" if unread == 1 else f"{unread} files"
        typer.echo(f"{files} could not be read: see `error` in the output.", err=True)
        raise typer.Exit(1)


def _is_unread(record: Mapping[str, Any]) -> bool:
    return record.get("sha256") is None


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
        boxes.put(stack.enter_context(Sandbox(say=said_once)))
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
            yield from _asked()
        elif Path(text).is_dir():
            yield from _inside(Path(text))
        else:
            yield Path(text)


def _asked() -> Iterator[Path]:
    """The paths on stdin, one a line."""
    while line := sys.stdin.buffer.readline(MAX_NAME):
        if len(line) == MAX_NAME and not line.endswith(b"\n"):
            raise typer.BadParameter(
                f"a line on stdin is longer than {MAX_NAME} bytes: give one path a line."
            )
        if line.strip():
            yield Path(os.fsdecode(line.rstrip(b"\n")))


@functools.cache
def said_once(words: str) -> None:
    """Tell whoever waits; of several workers one says it."""
    typer.echo(words, err=True)


def _inside(folder: Path) -> Iterator[Path]:
    """All that is in a folder. What is no file is named too, so that nothing is lost in silence."""
    unreadable: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=unreadable.append):
        folders.sort()
        links = [name for name in folders if (Path(place) / name).is_symlink()]  # not followed
        yield from (Path(place) / name for name in sorted([*names, *links]))
    yield from (Path(str(error.filename)) for error in unreadable)


def _target(out: Path | None, stack: ExitStack) -> tuple[TextIO, set[str], int]:
    """Where to write, the paths an earlier run wrote there, and how many it could not read.

    Half a line at the end is cut.
    """
    if out is None:
        return sys.stdout, set(), 0
    if out.exists() and not out.is_file():
        raise typer.BadParameter(f"{out} is not a regular file.", param_hint="--out")
    try:
        target = stack.enter_context(out.open("a", encoding="utf-8"))
        done, unread, whole = _done(out)
        os.truncate(out, whole)
    except OSError as error:
        raise typer.BadParameter(
            f"{out} cannot be written ({error.strerror}).", param_hint="--out"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise typer.BadParameter(
            f"{out} holds something else than this command writes.", param_hint="--out"
        ) from error
    return target, done, unread


def _done(out: Path) -> tuple[set[str], int, int]:
    """The paths in whole lines, how many of them could not be read, and where the lines end.

    Raises ValueError for what is not ours.
    """
    done: set[str] = set()
    unread = whole = 0
    with out.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):  # as a kill leaves it
                if line[: len(BEGIN)] != BEGIN[: len(line)]:
                    raise ValueError("not ours")
                break
            record = json.loads(line)
            done.add(record["path"])
            unread += _is_unread(record)
            whole += len(line)
    return done, unread, whole
