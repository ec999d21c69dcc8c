"""`lindung read`: what posts or a chat say, with the reasons marked in the text."""

from __future__ import annotations

import itertools
import json
import sys
import unicodedata
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from lindung.text import Reading
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
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line for each post.")] = False,
    quiet: Annotated[bool, typer.Option(help="Leave out posts with nothing to say.")] = False,
) -> None:
    """Read posts and say why each scores. A low score never means safe.

    Exit codes: 0 read, 1 some lines were no posts (named on standard error), 2 wrong use.
    """
    from rich.console import Console

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
            from lindung.text.model import load_model

            learned = load_model(model, read_key(model_key, 256))
        reader = Reader.load(policy, lexicons, learned)
        source = sys.stdin.buffer if file == "-" else Path(file).open("rb")  # noqa: SIM115 - closed below
    except (LexiconError, PolicyError, OSError, ValueError) as error:
        _refuse(str(error))
    console = Console(highlight=False, soft_wrap=True)
    rejected = 0
    with source:
        lines = read_lines(source, json_lines=jsonl or chat or file.endswith(".jsonl"))
        if chat:
            rejected = _chat(lines, console)
        else:
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
    if rejected:
        typer.echo(f"{rejected} lines were no posts.", err=True)
        raise typer.Exit(1)


def _refuse(message: str) -> NoReturn:
    typer.echo(message, err=True)
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


def _chat(lines: Iterator[Line], console: Console) -> int:
    from rich.text import Text

    from lindung.text import ChatReader, Message

    told = list(lines)
    messages = [Message(line.sender, line.text) for line in told if line.rejected is None]
    timeline = ChatReader().read(messages)
    for sign in timeline.signs:
        text = Text(visible(messages[sign.message].text))
        for span in sign.spans:
            text.stylize("reverse", span.start, span.end)
        console.print(Text(visible(f"{sign.message + 1}  {sign.sender}  {sign.kind}: ")) + text)
    console.print(Text(visible(timeline.verdict), style="bold"))
    return _say_rejected(told)


def visible(text: str) -> str:
    """Each control or direction mark as a middle dot: a post must not steer the terminal."""
    return "".join(
        "·" if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\u200c\u200d" else c
        for c in text
    )
