"""Draws docs/img/architecture.svg from the code: each package, and who imports whom.

python tools/draw_architecture.py          write the picture
python tools/draw_architecture.py --check  exit 1 when it is not the one that would be written
"""

from __future__ import annotations

import ast
import sys
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "img" / "architecture.svg"
FLOORS = (
    ("cli",),
    ("hotline",),
    ("scan",),
    ("text", "media", "evidence"),
    ("runtime",),
)  # top to bottom
SKIPPED = {"migrations", "locale", "static", "templates"}

WIDTH, MARGIN, GAP, LINE, ROOM_WIDTH, ROOM_HEIGHT = 960, 24, 16, 18, 212, 62
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1c2733 }
  .name { font-weight: 600 } .floor { font-size: 16px; font-weight: 700 } .says { font-size: 11px }
  .house { fill: #eef3f7; stroke: #7b93a8 } .room { fill: #fff; stroke: #9fb2c3 }
"""


def words(package: str) -> str:
    """The first line of the package's docstring."""
    path = ROOT / "src" / Path(*package.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return (ast.get_docstring(ast.parse(file.read_text())) or "").partition("\n")[0]


def wrapped(text: str, width: int, most: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) + 1 > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1]} …"]
    return lines


def draw() -> str:
    graph = grimp.build_graph("lindung", cache_dir=None)
    parts: list[str] = []
    top = MARGIN
    for floor in FLOORS:
        width = (WIDTH - 2 * MARGIN - GAP * (len(floor) - 1)) // len(floor)
        height = max(_height(graph, name, width) for name in floor)
        for place, name in enumerate(floor):
            left = MARGIN + place * (width + GAP)
            parts += _house(graph, name, left, top, width, height)
        top += height + GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top - GAP + MARGIN}" '
        f'role="img" aria-labelledby="title">\n<title id="title">The floors of Lindung: each '
        f"imports only from floors below it</title>\n<style>{STYLE}</style>\n"
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _rooms(graph: grimp.ImportGraph, floor: str) -> list[str]:
    """The packages inside the hotline; the other floors show their face only."""
    if floor != "hotline":
        return []
    inside = graph.find_children("lindung.hotline")
    return sorted(
        room
        for room in inside
        if room.rpartition(".")[2] not in SKIPPED
        and (ROOT / "src" / room.replace(".", "/")).is_dir()
    )


def _uses(graph: grimp.ImportGraph, floor: str) -> str:
    others = sorted(f for row in FLOORS for f in row if f != floor)
    used = [other for other in others if _directly(graph, floor, other)]
    return "imports " + ", ".join(used) if used else "imports no other floor"


def _directly(graph: grimp.ImportGraph, floor: str, other: str) -> bool:
    inside = {f"lindung.{floor}"} | graph.find_descendants(f"lindung.{floor}")
    prefix = f"lindung.{other}"
    return any(
        found == prefix or found.startswith(f"{prefix}.")
        for module in inside
        for found in graph.find_modules_directly_imported_by(module)
    )


def _height(graph: grimp.ImportGraph, floor: str, width: int) -> int:
    rooms = _rooms(graph, floor)
    said = wrapped(words(f"lindung.{floor}"), width // 7, 3)
    height = 66 + LINE * len(said)
    if rooms:
        across = (width - GAP) // (ROOM_WIDTH + GAP)
        height += (ROOM_HEIGHT + GAP) * -(-len(rooms) // across) + 8
    return height


def _house(
    graph: grimp.ImportGraph, floor: str, left: int, top: int, width: int, height: int
) -> list[str]:
    shapes = [
        f'<rect class="house" x="{left}" y="{top}" width="{width}" height="{height}" rx="6"/>',
        f'<text class="floor" x="{left + GAP}" y="{top + 24}">{floor}</text>',
    ]
    said = [*wrapped(words(f"lindung.{floor}"), width // 7, 3), _uses(graph, floor)]
    shapes += [
        f'<text x="{left + GAP}" y="{top + 44 + LINE * n}">{escape(line)}</text>'
        for n, line in enumerate(said)
    ]
    across = max(1, (width - GAP) // (ROOM_WIDTH + GAP))
    for place, room in enumerate(_rooms(graph, floor)):
        x = left + GAP + (place % across) * (ROOM_WIDTH + GAP)
        y = top + 40 + LINE * len(said) + (place // across) * (ROOM_HEIGHT + GAP)
        shapes += [
            f'<rect class="room" x="{x}" y="{y}" width="{ROOM_WIDTH}" height="{ROOM_HEIGHT}"'
            ' rx="4"/>',
            f'<text class="name" x="{x + 10}" y="{y + 18}">{room.rpartition(".")[2]}</text>',
        ]
        shapes += [
            f'<text class="says" x="{x + 10}" y="{y + 34 + 14 * n}">{escape(line)}</text>'
            for n, line in enumerate(wrapped(words(room), 34, 2))
        ]
    return shapes


if __name__ == "__main__":
    picture = draw()
    if "--check" in sys.argv:
        sys.exit(0 if PICTURE.exists() and PICTURE.read_text() == picture else 1)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(picture)
