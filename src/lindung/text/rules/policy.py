"""The policy language: YAML compiled to a static typed graph, with line numbers in every refusal.

A policy names term lists per language, patterns and rules. A rule is a condition over leaves
(`terms`, `pattern`, `entity`, `lexicon`) joined by `all`, `any`, `at_least`/`of`, `not`, inside a
window of `within` characters. docs/text.md shows the language; `data/policy.yaml` is the default.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import re2
import yaml

from lindung.text.rules.condition import (
    Condition,
    Context,
    Join,
    Leaf,
    Not,
    Slot,
    Slots,
    leaves,
    single_thing,
)
from lindung.text.rules.policy_nodes import Nodes, PolicyError

__all__ = [
    "Condition",
    "Join",
    "Leaf",
    "Not",
    "Policy",
    "PolicyError",
    "Rule",
    "leaves",
    "load_policy",
    "parse_policy",
]

LANGUAGES = ("en", "ms", "zh", "ta")
ENTITY_KINDS = ("price", "age", "account", "phone", "email", "address", "group", "wallet")
# each kind of condition, with what may stand beside it
_JOINS = {"all": ("within",), "any": ("within",), "at_least": ("of", "within")}
_LEAVES = {
    "terms": ("count",),
    "pattern": ("count",),
    "entity": ("count", "under"),
    "lexicon": ("count",),
}
_WEIGHED = {"slots", "contexts", "needs", "takes", "from"}
_KINDS: dict[str, tuple[str, ...]] = {**_JOINS, "not": (), **_LEAVES}


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    hit: bool
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    title: str
    version: int
    weight: float
    when: Condition
    languages: frozenset[str]
    examples: tuple[Example, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Policy:
    """A compiled policy. `sets` maps a list to its terms, each with its language; `categories`
    are those of sealed lists that rules may ask for by name."""

    name: str
    version: int
    review_line: float
    sets: dict[str, tuple[tuple[str, str], ...]]
    patterns: dict[str, str]
    categories: tuple[str, ...]
    rules: tuple[Rule, ...]
    source: str = field(repr=False)

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of that id, if this policy has it."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


def load_policy(path: Path | None = None) -> Policy:
    """The policy in a file, or the one that is shipped. Raises PolicyError, OSError."""
    if path is None:
        text = files("lindung.text").joinpath("data/policy.yaml").read_text("utf-8")
        return parse_policy(text, "default policy")
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise PolicyError(f"{path}, line {line}: this is not UTF-8 text.") from None
    return parse_policy(text, str(path))


def parse_policy(text: str, where: str = "policy") -> Policy:
    """Compile a policy from its text. Raises PolicyError."""
    return _Parser(where).policy(text)


class _Parser(Nodes):
    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.sets: dict[str, tuple[tuple[str, str], ...]] = {}
        self.patterns: dict[str, str] = {}
        self.categories: tuple[str, ...] = ()

    def policy(self, text: str) -> Policy:
        root = self.root(text)
        parts = self.mapping(
            root,
            {"policy", "version", "review_line", "rules"},
            {"sets", "patterns", "categories"},
        )
        if "sets" in parts:
            for name, node in self.mapping(parts["sets"]).items():
                self.sets[name] = tuple(self.terms(node))
        if "patterns" in parts:
            for name, node in self.mapping(parts["patterns"]).items():
                self.patterns[name] = self.pattern(node)
        if "categories" in parts:
            self.categories = tuple(map(self.text, self.sequence(parts["categories"])))
            if "any" in self.categories:
                raise self.wrong(parts["categories"], "any means every category; leave it out.")
        rules = [self.rule(node) for node in self.sequence(parts["rules"])]
        seen: set[str] = set()
        for rule, node in zip(rules, self.sequence(parts["rules"]), strict=True):
            if rule.id in seen:
                raise self.wrong(node, f"there are two rules called {rule.id}.")
            seen.add(rule.id)
        return Policy(
            self.text(parts["policy"]),
            self.whole(parts["version"]),
            self.number(parts["review_line"]),
            self.sets,
            self.patterns,
            self.categories,
            tuple(rules),
            text,
        )

    def terms(self, node: yaml.Node) -> Iterator[tuple[str, str]]:
        for language, listed in self.mapping(node).items():
            if language not in LANGUAGES:
                raise self.wrong(listed, f"{language} is not one of {', '.join(LANGUAGES)}.")
            for term in self.sequence(listed):
                words = self.text(term)
                if not re.search(r"\w|[$€£¥]", words) or "*" in words[:-1]:
                    raise self.wrong(term, f"the term {words!r} needs a letter; * may only end it.")
                yield words, language

    def pattern(self, node: yaml.Node) -> str:
        pattern = self.text(node)
        options = re2.Options()
        options.log_errors = False
        try:
            if re2.compile(pattern, options).search("") is not None:
                raise self.wrong(node, "the pattern also matches nothing at all.")
        except re2.error as error:
            raise self.wrong(node, f"the pattern does not compile: {error}.") from None
        return pattern

    def rule(self, node: yaml.Node) -> Rule:
        joins = _JOINS.keys() | {"of", "within"}
        parts = self.mapping(
            node,
            {"id", "title", "version", "weight", "examples"},
            joins | _WEIGHED | {"languages"},
        )
        if "slots" in parts:
            when: Condition = self.slots(node, parts)
        else:
            for name in sorted(_WEIGHED & parts.keys()):
                raise self.wrong(parts[name], f"{name} does not belong in a rule without slots.")
            when = self.condition(node, {name: parts[name] for name in joins & parts.keys()})
        sets = {name: [term for term, _ in terms] for name, terms in self.sets.items()}
        if thing := single_thing(when, sets, self.patterns):
            raise self.wrong(
                node,
                f"rule {self.text(parts['id'])} could fire on a single thing ({thing}); "
                "ask for two different ones.",
            )
        languages = frozenset(
            map(self.text, self.sequence(parts["languages"])) if "languages" in parts else LANGUAGES
        )
        if unknown := languages - set(LANGUAGES):
            raise self.wrong(
                parts["languages"], f"{', '.join(sorted(unknown))}: not one of {LANGUAGES}."
            )
        if not languages:
            raise self.wrong(parts["languages"], "the rule needs a language.")
        examples = self.mapping(parts["examples"], {"hit", "miss"})
        pairs = [
            Example(self.text(example), kind == "hit", example.start_mark.line + 1)
            for kind in ("hit", "miss")
            for example in self.sequence(examples[kind])
        ]
        for kind in ("hit", "miss"):
            if not self.sequence(examples[kind]):
                raise self.wrong(examples[kind], f"the rule needs a {kind} example beside it.")
        return Rule(
            self.text(parts["id"]),
            self.text(parts["title"]),
            self.whole(parts["version"]),
            self.number(parts["weight"]),
            when,
            languages,
            tuple(pairs),
            node.start_mark.line + 1,
        )

    def slots(self, node: yaml.Node, parts: dict[str, yaml.Node]) -> Slots:
        """`slots: {NAME: {adds: 1.5, signs: [...]}}`, weighed; see docs/text.md."""
        for name in sorted(parts.keys() & (_JOINS.keys() | {"of"})):
            raise self.wrong(parts[name], f"{name} does not belong beside slots.")
        slots = []
        for name, given in self.mapping(parts["slots"]).items():
            inside = self.mapping(given, {"adds", "signs"}, set())
            signs = tuple(self.sign(sign) for sign in self.sequence(inside["signs"]))
            slots.append(Slot(name, self.number(inside["adds"]), signs))
        names = frozenset(slot.name for slot in slots)
        contexts = []
        for given in self.sequence(parts["contexts"]) if "contexts" in parts else ():
            inside = self.mapping(given, {"terms", "explains", "takes"}, set())
            share = self.number(inside["takes"])
            if share >= 1:
                raise self.wrong(inside["takes"], "a context takes less than 1: it never vetoes.")
            explains = self.names(inside["explains"], names)
            contexts.append(Context(self.sign(given, {"terms": inside["terms"]}), explains, share))
        return Slots(
            tuple(slots),
            tuple(contexts),
            self.names(parts["needs"], names) if "needs" in parts else frozenset(),
            self.number(parts["takes"]) if "takes" in parts else 0.0,
            self.number(parts["from"]) if "from" in parts else 0.0,
            self.whole(parts["within"]) if "within" in parts else 400,
        )

    def names(self, node: yaml.Node, known: Collection[str]) -> frozenset[str]:
        listed = {self.text(part): part for part in self.sequence(node)}
        for name, part in listed.items():
            if name not in known:
                raise self.wrong(
                    part, f"there is no slot called {name}; there is {', '.join(sorted(known))}."
                )
        return frozenset(listed)

    def sign(self, node: yaml.Node, parts: dict[str, yaml.Node] | None = None) -> Leaf:
        found = self.condition(node, parts) if parts else self.part(node)
        if not isinstance(found, Leaf):
            raise self.wrong(node, "a sign is one of terms, pattern, entity, lexicon.")
        return found

    def condition(self, node: yaml.Node, parts: dict[str, yaml.Node]) -> Condition:
        kinds = parts.keys() & _KINDS.keys()
        if len(kinds) != 1:
            raise self.wrong(
                node,
                "write one of all, any, at_least (with of), not, terms, pattern, entity, lexicon.",
            )
        kind = kinds.pop()
        for name, part in parts.items():
            if name != kind and name not in _KINDS[kind]:
                raise self.wrong(part, f"{name} does not belong beside {kind}.")
        if kind == "not":
            return Not(self.part(parts["not"]))
        return self.join(kind, node, parts) if kind in _JOINS else self.leaf(kind, parts)

    def join(self, kind: str, node: yaml.Node, parts: dict[str, yaml.Node]) -> Condition:
        within = self.whole(parts["within"]) if "within" in parts else None
        if kind == "at_least" and "of" not in parts:
            raise self.wrong(node, "at_least needs of, as in `at_least: 2` and `of: [...]`.")
        listed = parts["of"] if kind == "at_least" else parts[kind]
        of = tuple(self.part(part) for part in self.sequence(listed))
        wanted = tuple(part for part in of if not isinstance(part, Not))
        nots = tuple(part for part in of if isinstance(part, Not))
        if kind != "all" and nots:
            raise self.wrong(node, "not belongs in all.")
        least = {"all": max(len(wanted), 1), "any": 1}.get(kind) or self.whole(parts[kind])
        if least > len(wanted):
            raise self.wrong(node, f"{kind} asks for {least} of {len(wanted)} things.")
        if within is not None and any(map(_spread, wanted)):
            raise self.wrong(node, "inside within, only single things and any can stand.")
        inner = Join(least, wanted, within)
        return Join(1 + len(nots), (inner, *nots)) if nots else inner

    def part(self, node: yaml.Node) -> Condition:
        known = _KINDS.keys() | {name for beside in _KINDS.values() for name in beside}
        return self.condition(node, self.mapping(node, set(), known))

    def leaf(self, kind: str, parts: dict[str, yaml.Node]) -> Leaf:
        node = parts[kind]
        name = self.text(node)
        names: dict[str, Collection[str]] = {
            "terms": self.sets,
            "pattern": self.patterns,
            "entity": ENTITY_KINDS,
            "lexicon": ("any", *self.categories),
        }
        if name not in (known := names[kind]):
            raise self.wrong(
                node, f"there is no {kind} called {name}; there is {', '.join(known)}."
            )
        if "under" in parts and name != "age":
            raise self.wrong(parts["under"], "under belongs to entity: age.")
        return Leaf(
            kind,
            name,
            name.replace("-", " "),
            self.whole(parts["count"]) if "count" in parts else 1,
            self.whole(parts["under"]) if "under" in parts else None,
        )


def _spread(condition: Condition) -> bool:
    """Whether what fulfils it may stand in several places."""
    return isinstance(condition, Not) or (
        isinstance(condition, Join) and (condition.least > 1 or any(map(_spread, condition.of)))
    )
