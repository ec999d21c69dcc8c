from __future__ import annotations

from .models import Match, Signal


def signals_of(case: str) -> list[Signal]:
    return list(Signal.objects.filter(case_id=case).order_by("-weight", "rule"))


def matches_of(case: str) -> list[Match]:
    return list(Match.objects.filter(case_id=case).order_by("list_name", "entry"))
