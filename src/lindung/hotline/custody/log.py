"""The custody log in PostgreSQL, in the shape `lindung.evidence` seals against."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max, Q

from lindung.evidence import (
    CustodyLog,
    Inclusion,
    Keys,
    MemoryStore,
    RemoteWitness,
    WitnessRefused,
    append_leaf,
)

from .models import Checkpoint, Entry, Node

AT_ONCE = 5000


class DatabaseStore:
    """A `LogStore` over `custody_node`; leaves come from `custody_entry` (see `catch_up`)."""

    def size(self) -> int:
        top = Node.objects.filter(level=0).aggregate(top=Max("index"))["top"]
        return 0 if top is None else top + 1

    def get(self, level: int, index: int) -> bytes:
        return bytes(Node.objects.get(level=level, index=index).digest)

    def put(self, nodes: Sequence[tuple[int, int, bytes]]) -> None:
        rows = [Node(level=k, index=i, digest=d) for k, i, d in nodes]
        Node.objects.bulk_create(rows, batch_size=AT_ONCE)

    def catch_up(self) -> None:
        """Put the nodes of entries that were appended since. The caller is in a transaction.

        The nodes are made in memory and put in bulk: everybody waits for the lock meanwhile.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT hotline_hold('log')")  # as custody_append does (sql/log.sql)
        while leaves := list(
            Entry.objects.filter(index__gte=(size := self.size()))
            .order_by("index")
            .values_list("leaf_hash", flat=True)[:AT_ONCE]
        ):
            edge = self._edge(size)
            held = set(edge)
            for leaf in leaves:
                append_leaf(edge, bytes(leaf))
            self.put([(*place, digest) for place, digest in edge.items() if place not in held])

    def _edge(self, size: int) -> MemoryStore:
        """What an append may read of a tree of `size` leaves: a subtree for each set bit."""
        edge = MemoryStore()
        edge.leaves = size
        wanted = [(k, (size >> k) - 1) for k in range(size.bit_length()) if size >> k & 1]
        last = reduce(or_, (Q(level=k, index=i) for k, i in wanted), Q(pk__in=[]))
        for node in Node.objects.filter(last):
            edge[node.level, node.index] = bytes(node.digest)
        return edge


class HotlineLog:
    """The hotline's log as `evidence.seal` wants it. Use it inside a transaction."""

    def __init__(self, keys: Keys, subject: str) -> None:
        self._store = DatabaseStore()
        self._log = CustodyLog(self._store, keys.name, keys.log)
        self._subject = subject

    def append(self, entry: Mapping[str, Any]) -> Inclusion:
        body = {key: value for key, value in entry.items() if key != "kind"}
        index = append(str(entry.get("kind", "evidence.sealed")), self._subject, body)
        row = Entry.objects.get(index=index)
        self._store.catch_up()
        included = self._log.prove(json.loads(row.entry), bytes(row.salt), index)
        Checkpoint.objects.get_or_create(
            size=included.checkpoint.size, defaults={"note": included.checkpoint.text}
        )
        return included

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        return self._log.consistency(old, size)


class WitnessedLog(HotlineLog):
    """The same for late stamps: witnesses are asked after the entry is committed.

    A slow witness would hold the log's lock otherwise, and everybody writes to the log. Use it
    outside a transaction.
    """

    def __init__(self, keys: Keys, subject: str, witnesses: Sequence[str]) -> None:
        super().__init__(keys, subject)
        known = keys.trust().witnesses
        self._ask = [RemoteWitness(url, keys=known) for url in witnesses]

    def append(self, entry: Mapping[str, Any]) -> Inclusion:
        with transaction.atomic():
            included = super().append(entry)
        head, refused = included.checkpoint, list(included.unwitnessed)
        size = head.size
        for witness in self._ask:
            try:
                head = witness(head, lambda old: self.consistency(old, size))
            except WitnessRefused as problem:
                refused.append(str(problem))
        return replace(included, checkpoint=head, unwitnessed=tuple(refused))


def append(kind: str, subject: str, body: Mapping[str, Any]) -> int:
    """Note what this process did and return the entry's index. `body`: texts, whole numbers, lists.

    What people do is written by the database itself.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT custody_note(%s, %s, %s::jsonb)", [kind, subject, json.dumps(dict(body))]
        )
        return int(cursor.fetchone()[0])


def read(case: str, person: UUID) -> None:
    """Note that this person opened the page of a case."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT custody_read(%s, %s)", [case, person])
