"""YAML read strictly for a policy: nothing passes that is not understood, and lines are kept."""

from __future__ import annotations

import re
from collections.abc import Set

import yaml

DEEPEST = 20  # levels of lists and names inside one another


class PolicyError(ValueError):
    """A policy that cannot be used: file, line, what is wrong and what to write instead."""


class _Loader(yaml.SafeLoader):
    """Refuses what lets a small file grow large or point back at itself."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        problem = None
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            problem = "anchors (&) and aliases (*) are refused; write it out"
        elif event.tag:
            problem = "tags (!) are refused; leave it out"
        elif self.depth >= DEEPEST:
            problem = f"more than {DEEPEST} levels inside one another"
        if problem:
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class Nodes:
    """What stands in a policy's YAML, or a PolicyError with file and line."""

    def __init__(self, where: str) -> None:
        self.where = where

    def wrong(self, node: yaml.Node, message: str) -> PolicyError:
        return PolicyError(f"{self.where}, line {node.start_mark.line + 1}: {message}")

    def root(self, text: str) -> yaml.Node:
        try:
            root = yaml.compose(text, _Loader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line if mark else text.count("\n", 0, getattr(error, "position", 0))
            problem = getattr(error, "problem", None) or getattr(error, "reason", error)
            raise PolicyError(
                f"{self.where}, line {line + 1}: this is not YAML for a policy: {problem}."
            ) from None
        if root is None:
            raise PolicyError(
                f"{self.where}, line 1: the file is empty. Start with `policy: NAME`."
            )
        return root

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
        value = self.text(node)
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
            raise self.wrong(node, f"{value[:40]!r} is not a number from 0 up, as in 2 or 1.5.")
        return float(value)

    def whole(self, node: yaml.Node) -> int:
        value = self.text(node)
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < 1:
            raise self.wrong(node, f"{value[:40]!r} is not a whole number from 1 up.")
        return int(value)
