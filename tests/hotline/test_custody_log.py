"""The nodes of the custody log: made in bulk, and the very tree that one leaf at a time makes."""

from __future__ import annotations

from hashlib import sha256

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from lindung.evidence import MemoryStore, append_leaf
from lindung.hotline.custody import log
from lindung.hotline.custody.log import DatabaseStore
from lindung.hotline.custody.models import Entry, Node

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def add(count: int) -> None:
    """Entries after those that are there, past the log's function for speed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO custody_entry (index, at, process, actor, kind, subject, entry, salt,"
            " leaf_hash) SELECT n, now(), 'test', '', 'test', 'test', '{}', '',"
            " sha256(n::text::bytea) FROM (SELECT (SELECT coalesce(max(index) + 1, 0)"
            " FROM custody_entry) + g AS n FROM generate_series(0, %s - 1) g) AS new",
            [count],
        )


def expected() -> dict[tuple[int, int], bytes]:
    """The tree that appending each leaf by itself makes."""
    store = MemoryStore()
    for leaf in Entry.objects.order_by("index").values_list("leaf_hash", flat=True):
        append_leaf(store, bytes(leaf))
    return dict(store)


def stored() -> dict[tuple[int, int], bytes]:
    return {(n.level, n.index): bytes(n.digest) for n in Node.objects.all()}


@pytest.mark.parametrize("steps", [[1] * 17, [3, 1, 4, 1, 5, 9], [64, 64], [100, 0, 1]])
def test_the_tree_is_byte_for_byte_that_of_one_leaf_at_a_time(
    monkeypatch: pytest.MonkeyPatch, steps: list[int]
) -> None:
    monkeypatch.setattr(log, "AT_ONCE", 7)
    DatabaseStore().catch_up()
    for count in steps:
        add(count)
        DatabaseStore().catch_up()
        assert stored() == expected()
    assert DatabaseStore().size() == Entry.objects.count()


def test_the_questions_do_not_grow_with_the_leaves(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    DatabaseStore().catch_up()
    add(2000)
    with django_assert_max_num_queries(12):
        DatabaseStore().catch_up()
    last = Entry.objects.order_by("-index").values_list("index", "leaf_hash")[0]
    assert bytes(last[1]) == sha256(str(last[0]).encode()).digest()
    assert DatabaseStore().get(0, last[0]) == bytes(last[1])
