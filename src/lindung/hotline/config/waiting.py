"""What waits for the worker, what failed twice, and what a killed worker still holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

QUESTION = "SELECT hotline_jobs()"


@dataclass(frozen=True)
class Failing:
    """A job that failed twice or more; `subject` is the report, case or letter that it is about."""

    id: int
    task: str
    subject: str
    attempts: int


@dataclass(frozen=True)
class Waiting:
    """`due`: how many jobs of each queue could run now; `dead`: held by workers that are gone.

    `failing` names the first twenty of `failing_in_all`.
    """

    due: Mapping[str, int] = field(default_factory=dict)
    failing: tuple[Failing, ...] = ()
    failing_in_all: int = 0
    dead: int = 0


def of(answer: str | Mapping[str, Any]) -> Waiting:
    """What `hotline_jobs()` answered, as text or as decoded JSON."""
    told = json.loads(answer) if isinstance(answer, str) else answer
    return Waiting(
        told["waiting"],
        tuple(Failing(**one) for one in told["failing"]),
        told["failing_in_all"],
        told["dead"],
    )
