"""The parts of `bench-hotline`; all load goes to 127.0.0.0/8 and ends by itself."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def p50(times: Sequence[float]) -> float:
    """The middle of some seconds, in milliseconds."""
    return statistics.median(times) * 1000


def p99(times: Sequence[float]) -> float:
    """What 99 of 100 stay below, in milliseconds; the longest where there are few."""
    cuts = statistics.quantiles(times, n=100) if len(times) > 1 else [*times] * 99
    return cuts[98] * 1000
