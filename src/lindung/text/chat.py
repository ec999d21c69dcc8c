"""A chat in, a timeline out: who led whom where, and at which message it should have been raised.

Single signs are ordinary between people; the reader looks for one person's signs of several kinds
coming together. It never says safe: below the line it says that no signal was found.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from lindung.text.judge import Span
from lindung.text.policy import Leaf, parse_policy
from lindung.text.reader import Reader

NO_SIGNAL = "no signal found"
_LEAST_KINDS = 3
_AGAIN = 0.2  # what a sign of a kind already seen adds, up to one time its weight
_WINDOW = 10  # messages of one sender over which the peak is taken
_MINOR, _ADULT = 0.5, -1.5  # added when the question about age is answered with one
_IN_ORDER = 0.5  # added when kinds come in the order that leads a child on
# In the order they usually come, with what each adds.
STAGES = {
    "age-probing": 1.0,
    "isolation": 1.0,
    "gift-or-payment": 0.7,
    "secrecy": 1.2,
    "moving-app": 0.7,
    "image-request": 1.2,
    "meeting": 1.0,
    "threat": 1.5,
}


@dataclass(frozen=True, slots=True)
class Message:
    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class Sign:
    """One kind of sign in one message (by index), with the spans in that message."""

    message: int
    sender: str
    kind: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Trajectory:
    """How one sender's signs went. All over that sender's messages.

    `score` is the sum of what the signs add; `peak` the most that ten messages in a row added;
    `slope` points per message (least squares over the running score); `order` the share of pairs
    of kinds that came in the order of STAGES; `turns` the sender's share of all messages.
    `answered` is the age given to the sender's question, if any was.
    `warned_at` is the index of the message where the score and the kinds passed the line.
    """

    sender: str
    score: float
    kinds: tuple[str, ...]
    peak: float
    slope: float
    order: float
    turns: float
    answered: int | None
    warned_at: int | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """All signs in order, a trajectory per sender with any, the first warning, a verdict."""

    signs: tuple[Sign, ...]
    trajectories: tuple[Trajectory, ...]
    warning: Trajectory | None
    verdict: str


class ChatReader:
    """Reads conversations by the shipped signs. Picklable."""

    def __init__(self) -> None:
        text = files("lindung.text").joinpath("data/chat.yaml").read_text("utf-8")
        self._reader = Reader(parse_policy(text, "chat signs"))
        self.line = self._reader.policy.review_line

    def read(self, messages: Sequence[Message]) -> Timeline:
        """The timeline of one conversation, oldest message first."""
        leaves = _leaves()
        seen = self._reader.look([message.text for message in messages], leaves)
        signs = tuple(
            Sign(i, message.sender, leaf.name, tuple(spans))
            for i, message in enumerate(messages)
            for leaf, spans in zip(leaves, seen[i], strict=True)
            if spans
        )
        senders = dict.fromkeys(sign.sender for sign in signs)
        trajectories = tuple(self._trajectory(sender, messages, signs) for sender in senders)
        warned = [t for t in trajectories if t.warned_at is not None]
        warning = min(warned, key=lambda t: t.warned_at or 0, default=None)
        if warning is None or warning.warned_at is None:
            return Timeline(signs, trajectories, None, NO_SIGNAL)
        verdict = (
            f"{warning.sender}: {', '.join(warning.kinds)}; "
            f"should have been raised at message {warning.warned_at + 1}"
        )
        return Timeline(signs, trajectories, warning, verdict)

    def _trajectory(
        self, sender: str, messages: Sequence[Message], signs: Sequence[Sign]
    ) -> Trajectory:
        mine = [i for i, message in enumerate(messages) if message.sender == sender]
        added = dict.fromkeys(mine, 0.0)
        spent = dict.fromkeys(STAGES, 0.0)
        first: dict[str, int] = {}
        answered: int | None = None
        told = 0.0
        running = 0.0
        warned_at = None
        for sign in (sign for sign in signs if sign.sender == sender):
            weight = STAGES[sign.kind]
            again = min(_AGAIN * weight, 2 * weight - spent[sign.kind])
            gain = weight if sign.kind not in first else again
            first.setdefault(sign.kind, sign.message)
            spent[sign.kind] += gain
            if answered is not None and not told:
                told = _MINOR if answered < 18 else _ADULT
                gain += told
            if sign.kind == "age-probing" and answered is None:
                answered = _answer(messages, sign.message)
            added[sign.message] += gain
            running += gain
            if (
                warned_at is None
                and len(first) >= _LEAST_KINDS
                and running + _bonus(first) >= self.line
            ):
                warned_at = sign.message
        steps = np.array([added[i] for i in mine])
        total = np.cumsum(steps)
        window = np.convolve(steps, np.ones(min(_WINDOW, len(steps))), "valid")
        slope = float(np.polyfit(np.arange(len(total)), total, 1)[0]) if len(total) > 2 else 0.0
        return Trajectory(
            sender,
            round(running + _bonus(first), 3),
            tuple(first),
            float(window.max()),
            slope,
            _order(first),
            len(mine) / len(messages),
            answered,
            warned_at,
        )


@functools.cache
def _leaves() -> tuple[Leaf, ...]:
    return tuple(Leaf("terms", kind, kind.replace("-", " ")) for kind in STAGES)


def _order(first: dict[str, int]) -> float:
    """The share of pairs of kinds whose first messages follow STAGES; 1 where there is no pair."""
    kinds = [kind for kind in STAGES if kind in first]
    pairs = [(a, b) for i, a in enumerate(kinds) for b in kinds[i + 1 :]]
    return sum(first[a] <= first[b] for a, b in pairs) / len(pairs) if pairs else 1.0


def _bonus(first: dict[str, int]) -> float:
    return _IN_ORDER if len(first) >= _LEAST_KINDS and _order(first) >= 0.7 else 0.0


def _answer(messages: Sequence[Message], asked: int) -> int | None:
    """The age somebody else gives within three messages after the question."""
    for message in messages[asked + 1 : asked + 4]:
        if message.sender != messages[asked].sender:
            numbers = re.findall(r"(?<!\d)\d{1,2}(?!\d)", message.text[:40])
            if len(numbers) == 1 and 5 <= int(numbers[0]) < 100:
                return int(numbers[0])
    return None
