"""A rule is what its examples say: they stand beside it, and both kinds are run."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from lindung.text.reader import Reader
from lindung.text.rules.policy import Policy
from lindung.text.sealed.lexicon import Lexicon, parse_lexicon, seal


@dataclass(frozen=True, slots=True)
class Failure:
    """An example at `line` of the policy that did not do what the rule promises."""

    rule: str
    line: int
    text: str
    wanted: str


def _nonsense(policy: Policy) -> list[Lexicon]:
    """What examples may use as sealed terms: invented words under a key that protects nothing,
    in each category that the policy names."""
    key, until = bytes(16), datetime.date.max
    sealed = [
        seal(
            [("florbint", category), ("grundlep", category)],
            key,
            partner="example",
            version=1,
            valid_until=until,
        )
        for category in policy.categories or ("example",)
    ]
    return [parse_lexicon(text, key) for text in sealed]


def failing_examples(policy: Policy) -> list[Failure]:
    """Run every example of every rule; empty means that all hold."""
    pairs = [(rule, example) for rule in policy.rules for example in rule.examples]
    readings = Reader(policy, _nonsense(policy)).read([example.text for _, example in pairs])
    return [
        Failure(rule.id, example.line, example.text, "hit" if example.hit else "miss")
        for (rule, example), reading in zip(pairs, readings, strict=True)
        if example.hit != any(signal.rule == rule.id for signal in reading.signals)
    ]
