"""`lindung read`: what posts or a chat say, with the reasons marked in the text."""

from __future__ import annotations

import itertools
import json
import sys
import unicodedata
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from lindung.text import Reading, Timeline, Trajectory
    from lindung.text.feed import Line

_AT_ONCE = 5_000
KEY = "a file, env:NAME, or exec:COMMAND that prints it."


def register(app: typer.Typer) -> None:
    app.command()(read)


def read(
    file: Annotated[str, typer.Argument(help="Posts, one a line; - for standard input.")],
    policy: Annotated[Path | None, typer.Option(help="Another policy (YAML).")] = None,
    lexicon: Annotated[list[Path] | None, typer.Option(help="A sealed list; with --key.")] = None,
    key: Annotated[
        list[str] | None, typer.Option(help=f"Its key, in the same order: {KEY}")
    ] = None,
    model: Annotated[Path | None, typer.Option(help="A trained model; with --model-key.")] = None,
    model_key: Annotated[str | None, typer.Option(help=f"The model's key: {KEY}")] = None,
    jsonl: Annotated[bool, typer.Option(help='Lines are JSON: {"text": …, "sender": …}.')] = False,
    chat: Annotated[bool, typer.Option(help="The JSON lines are one conversation.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON line for each post, or for the chat.")
    ] = False,
    country: Annotated[
        str, typer.Option(help="Whose phone numbers may lack a country code (ISO 3166).")
    ] = "MY",
    quiet: Annotated[bool, typer.Option(help="Leave out posts with nothing to say.")] = False,
) -> None:
    """Read posts and say why each scores. A low score never means safe.

    Exit codes: 0 read, 1 some lines were no posts (named on standard error), 2 wrong use.
    """
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    if chat:
        others = {
            "--policy": policy,
            "--lexicon": lexicon,
            "--key": key,
            "--model": model,
            "--model-key": model_key,
            "--quiet": quiet,
        }
        if given := [name for name, value in others.items() if value]:
            _refuse(f"{', '.join(given)}: not with --chat, which has signs of its own.")
        _end(_chat(file, console, as_json))
        return

    from lindung.text import LexiconError, PolicyError, Reader, open_lexicon, read_key
    from lindung.text.feed import read_lines

    if len(lexicon or []) != len(key or []):
        _refuse("Give one --key for each --lexicon, in the same order.")
    if (model is None) != (model_key is None):
        _refuse("Give --model and --model-key together.")
    try:
        lexicons = [
            open_lexicon(path, read_key(secret))
            for path, secret in zip(lexicon or [], key or [], strict=True)
        ]
        learned = None
        if model is not None and model_key is not None:
            from lindung.text.learning.model import load_model

            learned = load_model(model, read_key(model_key, 256))
        reader = Reader.load(policy, lexicons, learned, region=country.upper())
        source = _open(file)
    except (LexiconError, PolicyError, OSError, ValueError) as error:
        _refuse(why(error))
    rejected = 0
    with source:
        lines = read_lines(source, json_lines=jsonl or file.endswith(".jsonl"))
        while batch := list(itertools.islice(lines, _AT_ONCE)):
            rejected += _say_rejected(batch)
            posts = [line for line in batch if line.rejected is None]
            readings = reader.read([line.text for line in posts])
            for line, reading in zip(posts, readings, strict=True):
                if quiet and not reading.signals:
                    continue
                if as_json:
                    typer.echo(json.dumps({"line": line.number, **asdict(reading)}))
                else:
                    _show(console, line, reading)
    _end(rejected)


def _open(file: str) -> BinaryIO:
    return sys.stdin.buffer if file == "-" else Path(file).open("rb")


def _end(rejected: int) -> None:
    if rejected:
        typer.echo(f"{rejected} lines were no posts.", err=True)
        raise typer.Exit(1)


def _refuse(message: str) -> NoReturn:
    typer.echo(visible(message), err=True)
    raise typer.Exit(2)


def _say_rejected(lines: list[Line]) -> int:
    rejected = [line for line in lines if line.rejected is not None]
    for line in rejected:
        typer.echo(f"line {line.number}: {line.rejected}", err=True)
    return len(rejected)


def _show(console: Console, line: Line, reading: Reading) -> None:
    from rich.text import Text

    post = Text(visible(line.text))
    for signal in reading.signals:
        for span in signal.spans:
            post.stylize("reverse", span.start, span.end)
    console.print(
        Text(f"{line.number}  {reading.score:.1f}  {reading.language}", style="bold"), post
    )
    if reading.abstained:
        console.print(Text(f"    abstains: {reading.abstained}"))
    for signal in reading.signals:
        seen = "; ".join(dict.fromkeys(f"{s.label}" for s in signal.spans))
        console.print(
            Text(visible(f"    +{signal.weight:g}  {signal.title or signal.rule}  ({seen})"))
        )
    if not reading.signals and not reading.abstained:
        console.print(Text("    no signal found"))


def _chat(file: str, console: Console, as_json: bool) -> int:
    from lindung.text import ChatReader, Message
    from lindung.text.feed import read_lines

    try:
        source = _open(file)
    except OSError as error:
        _refuse(why(error))
    with source:
        told = list(read_lines(source, json_lines=True))
    lines = [line for line in told if line.rejected is None]
    timeline = ChatReader().read([Message(line.sender, line.text) for line in lines])
    if as_json:
        typer.echo(json.dumps(_timeline(timeline, lines)))
    else:
        _show_timeline(console, timeline, lines)
    return _say_rejected(told)


def _timeline(timeline: Timeline, lines: list[Line]) -> dict[str, Any]:
    """For JSON: messages counted from 1, as in the verdict, beside the file's lines."""

    def counted(trajectory: Trajectory | None) -> dict[str, Any] | None:
        if trajectory is None:
            return None
        at = trajectory.warned_at
        warned, line = (None, None) if at is None else (at + 1, lines[at].number)
        return {**asdict(trajectory), "warned_at": warned, "line": line}

    return {
        "signs": [
            {**asdict(sign), "message": sign.message + 1, "line": lines[sign.message].number}
            for sign in timeline.signs
        ],
        "trajectories": [counted(trajectory) for trajectory in timeline.trajectories],
        "warning": counted(timeline.warning),
        "verdict": timeline.verdict,
    }


def _show_timeline(console: Console, timeline: Timeline, lines: list[Line]) -> None:
    from rich.text import Text

    for sign in timeline.signs:
        line = lines[sign.message]
        text = Text(visible(line.text))
        for span in sign.spans:
            text.stylize("reverse", span.start, span.end)
        place = f"{sign.message + 1} (line {line.number})"
        console.print(Text(visible(f"{place}  {sign.sender}  {sign.kind}: ")) + text)
    verdict = timeline.verdict
    if timeline.warning is not None and timeline.warning.warned_at is not None:
        verdict += f" (line {lines[timeline.warning.warned_at].number})"
    console.print(Text(visible(verdict), style="bold"))


def why(error: Exception, file: Path | None = None) -> str:
    """An error in words for people, with its file: the system's without its number."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}."
    if isinstance(error, UnicodeDecodeError):
        return f"{file}: not UTF-8 text (at byte {error.start + 1})."
    return str(error)


def visible(text: str) -> str:
    """Each control or direction mark as a middle dot: a post must not steer the terminal."""
    return "".join(
        "·" if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\u200c\u200d" else c
        for c in text
    )
