"""A chat in, a timeline out: who led whom where, and at which message it should have been raised.

Single signs are ordinary between people; the reader looks for one person's signs of several kinds
coming together. It never says safe: below the line it says that no signal was found.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from lindung.text.rules.judge import Span
from lindung.text.rules.look import Batch, Tables
from lindung.text.rules.policy import parse_policy

NO_SIGNAL = "no signal found"
_LEAST_KINDS = 3
_LEAST_TELLING = 1.7  # two kinds that tell, or a threat
_ENOUGH = 2.5  # so much that two kinds do: a threat beside another that tells, secrecy beside it
_AGAIN, _AGAIN_MOST = 0.2, 1.5  # what a sign of a kind already seen adds, and where that ends
_WINDOW = 10  # messages of one sender over which the peak is taken
_MINOR, _ADULT = 0.5, -1.5  # added when the question about age is answered with one
_IN_ORDER = 0.5  # added when kinds come in the order that leads a child on
# In the order they usually come, with what each adds.
STAGES = {
    "praise": 0.4,
    "age-probing": 0.8,
    "alone": 0.6,
    "isolation": 1.2,
    "gift-or-payment": 0.6,
    "moving-app": 0.5,
    "secrecy": 1.3,
    "dare": 0.8,
    "image-request": 1.2,
    "meeting": 0.5,
    "threat": 1.8,
}
# What parents, teachers and sellers also say: together they add no more than this, however often.
_ORDINARY = frozenset({"praise", "alone", "gift-or-payment", "moving-app", "meeting"})
_ORDINARY_MOST = 1.3
_CARER = "carer"
# The opposite of leading a child away: to bring in a carer, a teacher, a group or a helpline.
_OPENS, _OPENS_MOST = -1.0, -2.0
# Terms that are a sign too, unless a term of the other list stands near in the same sentence.
_UNLESS = {"image-request": ("picture", "thing"), "secrecy": ("keeping-quiet", "surprise")}
_NEAR = 40  # characters
_SENTENCE_END = re.compile(r"[.!?;\n。！？；]")
_ANSWER_WITHIN = 3  # messages
# A message that is an age and nothing else, but for a lead and a courtesy.
_AGE = re.compile(
    r"(?:(?:i['’]?m|i am|me|just turned|saya|aku|umur(?: saya| aku)?"
    r"|我今年|今年|我|எனக்கு|என் வயது|என் வயசு|நான்)[ :]*)?"
    r"(?P<age>\d{1,2}) ?(?:岁|歲|y/?o|yrs?(?: old)?|years?(?: old)?|tahun|thn|வயது|வயசு)?"
    r"[^\w%$€£¥]*(?:(?:and )?(?:u|you)|hbu|wbu|why|lol|haha|je|awak|kamu|kau|你呢|நீ)?[^\w%$€£¥]*"
)


@dataclass(frozen=True, slots=True)
class Message:
    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class Sign:
    """One kind of sign in one message (by index), with the spans in that message.

    Senders are one if their names are, without case and outer spaces; shown is the first writing.
    """

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
    `answered` is the age given to the sender's question, if any was; it counts from the answer on.
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
        policy = parse_policy(text, "chat signs")
        self.line = policy.review_line
        tables = Tables(policy, "ZZ")
        self._vocabulary = tables.vocabulary
        members = [(name, tables.members[tables.sets[name]].tolist()) for name in policy.sets]
        self._sets = [
            tuple(name for name, of in members if of[term])
            for term in range(len(tables.vocabulary.terms))
        ]
        self._signs = np.array([bool(names) for names in self._sets])

    def read(self, messages: Sequence[Message]) -> Timeline:
        """The timeline of one conversation, oldest message first. Linear in its length."""
        keys = [message.sender.strip().casefold() for message in messages]
        names: dict[str, str] = {}
        turns: dict[str, list[int]] = {}
        for i, key in enumerate(keys):
            names.setdefault(key, messages[i].sender.strip())
            turns.setdefault(key, []).append(i)
        signs: list[Sign] = []
        by_sender: dict[str, list[Sign]] = {}
        for i, kind, spans in self._look(messages):
            sign = Sign(i, names[keys[i]], kind, spans)
            signs.append(sign)
            by_sender.setdefault(keys[i], []).append(sign)
        trajectories = tuple(
            self._trajectory(
                theirs, turns[key], _answer(messages, keys, len(turns), theirs), len(messages)
            )
            for key, theirs in by_sender.items()
        )
        warned = [t for t in trajectories if t.warned_at is not None]
        warning = min(warned, key=lambda t: t.warned_at or 0, default=None)
        if warning is None or warning.warned_at is None:
            return Timeline(tuple(signs), trajectories, None, NO_SIGNAL)
        verdict = (
            f"{warning.sender}: {', '.join(warning.kinds)}; "
            f"should have been raised at message {warning.warned_at + 1}"
        )
        return Timeline(tuple(signs), trajectories, warning, verdict)

    def _look(self, messages: Sequence[Message]) -> Iterator[tuple[int, str, tuple[Span, ...]]]:
        """Message, kind and spans of each sign."""
        batch = Batch([message.text for message in messages], self._vocabulary, ())
        hits = batch.hits
        mine = self._signs[hits.term]
        posts = hits.post[mine]
        starts = batch.origin[hits.start[mine]] - batch.starts[posts]
        ends = batch.origin[hits.end[mine] - 1] - batch.starts[posts] + 1
        found: dict[int, dict[str, set[tuple[int, int]]]] = {}
        columns = (posts, hits.term[mine], starts, ends)
        for i, term, start, end in zip(*(column.tolist() for column in columns), strict=True):
            for name in self._sets[term]:
                found.setdefault(i, {}).setdefault(name, set()).add((start, end))
        for i, seen in found.items():
            told: dict[str, set[tuple[int, int]]] = {}
            for kind in (*STAGES, _CARER):
                spans = set(seen.get(kind, set()))
                loose, other = _UNLESS.get(kind, ("", ""))
                if loose in seen:
                    excuses = sorted(seen.get(other, ()))
                    text = messages[i].text
                    spans |= {span for span in seen[loose] if not _excused(text, span, excuses)}
                if kind == _CARER:  # "don't tell your mum" brings in nobody
                    closed = [*told.get("secrecy", ()), *told.get("isolation", ())]
                    spans = {s for s in spans if not any(a < s[1] and s[0] < b for a, b in closed)}
                    if closed:
                        continue
                told[kind] = spans
                if spans:
                    label = kind.replace("-", " ")
                    yield i, kind, tuple(Span(*span, label) for span in _widest(spans))

    def _trajectory(
        self, signs: Sequence[Sign], mine: Sequence[int], answer: tuple[int, int] | None, of: int
    ) -> Trajectory:
        trail = _Trail()
        steps = np.zeros(len(mine))
        warned_at = None
        events: list[tuple[int, str | None]] = [(sign.message, sign.kind) for sign in signs]
        if answer is not None:
            place = bisect_right(events, answer[0], key=lambda event: event[0])
            events.insert(place, (answer[0], None))
        for at, kind in events:
            before = trail.score
            if kind is not None:
                trail.add(kind, at)
            elif answer is not None:
                trail.told = _MINOR if answer[1] < 18 else _ADULT
            steps[bisect_right(mine, at) - 1] += trail.score - before
            if warned_at is None and trail.tells(self.line):
                warned_at = at
        total = np.cumsum(steps)
        window = np.convolve(steps, np.ones(min(_WINDOW, len(steps))), "valid")
        slope = float(np.polyfit(np.arange(len(total)), total, 1)[0]) if len(total) > 2 else 0.0
        return Trajectory(
            signs[0].sender,
            round(trail.score, 3),
            tuple(trail.first),
            round(float(window.max()), 3),
            slope,
            _order(trail.first),
            len(mine) / of,
            answer[1] if answer is not None else None,
            warned_at,
        )


class _Trail:
    """What one sender's signs add up to, as they come."""

    def __init__(self) -> None:
        self.first: dict[str, int] = {}
        self.told = 0.0
        self.opened = 0.0
        self._spent: dict[str, float] = {}
        self._bonus = 0.0

    def add(self, kind: str, message: int) -> None:
        if kind == _CARER:
            self.opened = max(self.opened + _OPENS, _OPENS_MOST)
            return
        weight = STAGES[kind]
        if kind in self.first:
            more = self._spent[kind] + _AGAIN * weight
            self._spent[kind] = min(more, _AGAIN_MOST * weight)
            return
        self.first[kind] = message
        self._spent[kind] = weight
        in_order = len(self.first) >= _LEAST_KINDS and _order(self.first) > 0.6
        self._bonus = _IN_ORDER if in_order else 0.0

    @property
    def score(self) -> float:
        ordinary = sum(spent for kind, spent in self._spent.items() if kind in _ORDINARY)
        telling = sum(spent for kind, spent in self._spent.items() if kind not in _ORDINARY)
        return telling + min(ordinary, _ORDINARY_MOST) + self._bonus + self.told + self.opened

    def tells(self, line: float) -> bool:
        telling = sum(STAGES[kind] for kind in self.first if kind not in _ORDINARY)
        least = 2 if telling >= _ENOUGH else _LEAST_KINDS
        return len(self.first) >= least and telling >= _LEAST_TELLING and self.score >= line


def _order(first: dict[str, int]) -> float:
    """The share of pairs of kinds whose first messages follow STAGES; 1 where there is no pair."""
    kinds = [kind for kind in STAGES if kind in first]
    pairs = [(a, b) for i, a in enumerate(kinds) for b in kinds[i + 1 :]]
    return sum(first[a] <= first[b] for a, b in pairs) / len(pairs) if pairs else 1.0


def _widest(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans that lie in no other, from left to right."""
    reach = -1
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if end > reach:
            reach = end
            yield start, end


def _excused(text: str, span: tuple[int, int], excuses: Sequence[tuple[int, int]]) -> bool:
    """Whether one of the spans (sorted) stands near `span` in the same sentence."""
    start, end = span
    before = _SENTENCE_END.split(text[max(0, start - _NEAR) : start])[-1]
    after = _SENTENCE_END.split(text[end : end + _NEAR])[0]
    place = bisect_left(excuses, (start - len(before), 0))
    return place < len(excuses) and excuses[place][1] <= end + len(after)


def _answer(
    messages: Sequence[Message], keys: Sequence[str], people: int, signs: Sequence[Sign]
) -> tuple[int, int] | None:
    """The first age (with the index of its message) given by whom the sender asked for it.

    Of two people it is the other; of more only one whom the question names, as else it is unclear.
    """
    for asked in (sign.message for sign in signs if sign.kind == "age-probing"):
        near = range(asked + 1, min(asked + 1 + _ANSWER_WITHIN, len(messages)))
        able = {keys[i] for i in near} - {keys[asked]}
        if people > 2:
            able = {key for key in able if _names(messages[asked].text, key)}
        if len(able) != 1:
            continue
        for i in near:
            text = unicodedata.normalize("NFKC", messages[i].text.strip()[:60]).casefold()
            if keys[i] in able and (found := _AGE.fullmatch(text)) and int(found["age"]) >= 5:
                return i, int(found["age"])
    return None


def _names(text: str, key: str) -> bool:
    name, text = key.lstrip("@"), text.casefold()
    if len(name.encode("utf-8", "replace")) < 3 or name not in text:
        return False
    return bool(re.search(rf"(?<![a-z0-9_]){re.escape(name)}(?![a-z0-9_])", text))
