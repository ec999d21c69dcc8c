"""The custody log in PostgreSQL, in the shape `lindung.evidence` seals against."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Max

from lindung.evidence import CustodyLog, Inclusion, Keys, append_leaf

from .models import Checkpoint, Entry, Node

WRITER_LOCK = 4823705527301  # the one that custody_append takes (sql/log.sql)


class DatabaseStore:
    """A `LogStore` over `custody_node`; leaves come from `custody_entry` (see `catch_up`)."""

    def size(self) -> int:
        top = Node.objects.filter(level=0).aggregate(top=Max("index"))["top"]
        return 0 if top is None else top + 1

    def get(self, level: int, index: int) -> bytes:
        return bytes(Node.objects.get(level=level, index=index).digest)

    def put(self, nodes: Sequence[tuple[int, int, bytes]]) -> None:
        Node.objects.bulk_create([Node(level=k, index=i, digest=d) for k, i, d in nodes])

    def catch_up(self) -> None:
        """Put the nodes of entries that were appended since. The caller is in a transaction."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITER_LOCK])
        leaves = Entry.objects.filter(index__gte=self.size()).order_by("index")
        for leaf in leaves.values_list("leaf_hash", flat=True):
            append_leaf(self, bytes(leaf))


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


def append(kind: str, subject: str, body: Mapping[str, Any]) -> int:
    """Add one entry to the log and return its index. `body`: texts, whole numbers, lists."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT custody_append(%s, %s, %s::jsonb)", [kind, subject, json.dumps(dict(body))]
        )
        return int(cursor.fetchone()[0])
