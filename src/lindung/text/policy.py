"""The policy language: YAML compiled to a static typed graph, with line numbers in every refusal.

A policy names term lists per language, patterns and rules. A rule is a condition over leaves
(`terms`, `pattern`, `entity`, `lexicon`) joined by `all`, `any`, `at_least`/`of`, `not`, inside a
window of `within` characters. docs/text.md shows the language; `data/policy.yaml` is the default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import re2
import yaml

LANGUAGES = ("en", "ms", "zh", "ta")
ENTITY_KINDS = ("price", "age", "account", "phone", "email", "address", "group", "wallet")


class PolicyError(ValueError):
    """A policy that cannot be used: file, line, what is wrong and what to write instead."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One thing to be seen: `name` is a term list, pattern, entity kind or lexicon category."""

    kind: str
    name: str
    label: str
    count: int = 1
    under: int | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """At least `least` of `of`, and where `within` is set, inside that many characters."""

    least: int
    of: tuple[Condition, ...]
    within: int | None = None


@dataclass(frozen=True, slots=True)
class Not:
    of: Condition


Condition = Leaf | Join | Not


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
    """A compiled policy. `sets` maps a list to its terms, each with its language."""

    name: str
    version: int
    review_line: float
    sets: dict[str, tuple[tuple[str, str], ...]]
    patterns: dict[str, str]
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
    return parse_policy(path.read_text("utf-8"), str(path))


def parse_policy(text: str, where: str = "policy") -> Policy:
    """Compile a policy from its text. Raises PolicyError."""
    return _Parser(where).policy(text)


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Every leaf of a condition, those under `not` included."""
    if isinstance(condition, Leaf):
        yield condition
    elif isinstance(condition, Not):
        yield from leaves(condition.of)
    else:
        for part in condition.of:
            yield from leaves(part)


def fewest_leaves(condition: Condition) -> int:
    """How few different things can make the condition hold."""
    if isinstance(condition, Leaf):
        return 1
    if isinstance(condition, Not):
        return 0
    return sum(sorted(map(fewest_leaves, condition.of))[: condition.least])


class _Parser:
    def __init__(self, where: str) -> None:
        self.where = where
        self.sets: dict[str, tuple[tuple[str, str], ...]] = {}
        self.patterns: dict[str, str] = {}

    def wrong(self, node: yaml.Node, message: str) -> PolicyError:
        return PolicyError(f"{self.where}, line {node.start_mark.line + 1}: {message}")

    def policy(self, text: str) -> Policy:
        try:
            root = yaml.compose(text, yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f", line {mark.line + 1}" if mark else ""
            problem = getattr(error, "problem", None) or error
            raise PolicyError(f"{self.where}{line}: this is not YAML: {problem}.") from None
        if root is None:
            raise PolicyError(
                f"{self.where}, line 1: the file is empty. Start with `policy: NAME`."
            )
        parts = self.mapping(
            root, {"policy", "version", "review_line", "rules"}, {"sets", "patterns"}
        )
        if "sets" in parts:
            for name, node in self.mapping(parts["sets"]).items():
                self.sets[name] = tuple(self.terms(node))
        if "patterns" in parts:
            for name, node in self.mapping(parts["patterns"]).items():
                self.patterns[name] = self.pattern(node)
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
        joins = {"all", "any", "at_least", "of", "within"}
        parts = self.mapping(
            node, {"id", "title", "version", "weight", "examples"}, joins | {"languages"}
        )
        when = self.condition(node, {name: parts[name] for name in joins & parts.keys()})
        if fewest_leaves(when) < 2:
            raise self.wrong(
                node, f"rule {self.text(parts['id'])} could fire on a single thing; ask for two."
            )
        languages = frozenset(
            map(self.text, self.sequence(parts["languages"])) if "languages" in parts else LANGUAGES
        )
        if unknown := languages - set(LANGUAGES):
            raise self.wrong(
                parts["languages"], f"{', '.join(sorted(unknown))}: not one of {LANGUAGES}."
            )
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

    def condition(self, node: yaml.Node, parts: dict[str, yaml.Node]) -> Condition:
        within = self.whole(parts["within"]) if "within" in parts else None
        kinds = parts.keys() - {"within", "of", "count", "under"}
        if len(kinds) != 1:
            raise self.wrong(
                node,
                "write one of all, any, at_least (with of), not, terms, pattern, entity, lexicon.",
            )
        kind = kinds.pop()
        if kind in ("all", "any", "at_least"):
            listed = parts["of"] if kind == "at_least" and "of" in parts else parts[kind]
            of = tuple(self.part(part) for part in self.sequence(listed))
            wanted = [part for part in of if not isinstance(part, Not)]
            least = {"all": len(wanted), "any": 1}.get(kind) or self.whole(parts[kind])
            if kind != "all" and len(wanted) != len(of):
                raise self.wrong(node, "not belongs in all.")
            if not 1 <= least <= len(wanted):
                raise self.wrong(node, f"{kind} asks for {least} of {len(wanted)} things.")
            if within is not None and any(isinstance(p, Join) and p.least > 1 for p in of):
                raise self.wrong(node, "inside within, only single things and any can stand.")
            if kind != "all" or len(wanted) == len(of):
                return Join(least, of, within)
            inner = Join(len(wanted), tuple(wanted), within)
            return Join(1 + len(of) - len(wanted), (inner, *(p for p in of if isinstance(p, Not))))
        if kind == "not":
            return Not(self.part(parts["not"]))
        return self.leaf(kind, parts)

    def part(self, node: yaml.Node) -> Condition:
        known = {"all", "any", "at_least", "of", "within", "not", "terms", "pattern", "entity"}
        return self.condition(
            node, self.mapping(node, set(), known | {"lexicon", "count", "under"})
        )

    def leaf(self, kind: str, parts: dict[str, yaml.Node]) -> Leaf:
        node = parts[kind]
        name = self.text(node)
        known: Any = {"terms": self.sets, "pattern": self.patterns, "entity": ENTITY_KINDS}.get(
            kind
        )
        if known is not None and name not in known:
            raise self.wrong(
                node, f"there is no {kind} called {name}; there is {', '.join(known)}."
            )
        if "under" in parts and (kind, name) != ("entity", "age"):
            raise self.wrong(parts["under"], "under belongs to entity: age.")
        return Leaf(
            kind,
            name,
            name.replace("-", " "),
            self.whole(parts["count"]) if "count" in parts else 1,
            self.whole(parts["under"]) if "under" in parts else None,
        )

    def mapping(
        self, node: yaml.Node, needed: Set[str] | None = None, may: Set[str] = frozenset()
    ) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise self.wrong(node, "here stand names with values, as in `name: value`.")
        parts: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = self.text(key)
            if name in parts:
                raise self.wrong(key, f"{name} is written twice.")
            if needed is not None and name not in needed | may:
                raise self.wrong(
                    key, f"{name} is not known here; there is {', '.join(sorted(needed | may))}."
                )
            parts[name] = value
        if missing := (needed or frozenset()) - parts.keys():
            raise self.wrong(node, f"{', '.join(sorted(missing))} is missing.")
        return parts

    def sequence(self, node: yaml.Node) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            raise self.wrong(node, "here stands a list, as in `[one, two]`.")
        return list(node.value)

    def text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            raise self.wrong(node, "here stands a text.")
        return str(node.value)

    def number(self, node: yaml.Node) -> float:
        try:
            return float(self.text(node))
        except ValueError:
            raise self.wrong(node, f"{node.value!r} is not a number.") from None

    def whole(self, node: yaml.Node) -> int:
        value = self.number(node)
        if value != int(value) or value < 1:
            raise self.wrong(node, f"{node.value!r} is not a whole number from 1 up.")
        return int(value)
