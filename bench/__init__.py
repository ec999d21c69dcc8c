"""Benchmarks, each beside its named peer in one run: `make bench`, `python -m bench NAME`."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table


def show(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print one table of measured figures."""
    table = Table(title=title, title_justify="left")
    for name in header:
        table.add_column(name)
    for row in rows:
        table.add_row(*[f"{c:,.3g}" if isinstance(c, float) else str(c) for c in row])
    Console(width=120).print(table)


def peer(name: str) -> Any:
    """A peer's module, or None where it is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError:
            return None
