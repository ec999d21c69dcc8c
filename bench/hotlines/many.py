"""The console's pages and the next case number with 100,000 cases, beside 100 in the same run."""

from __future__ import annotations

from contextlib import closing

from tests.hotline.house import House, house

import bench

FEW, MANY, TIMES = 100, 100_000, 15
FILL = """
INSERT INTO intake_report (id, receipt_hash, received_at, about, danger, is_child, language, sealed)
SELECT md5('r' || n)::uuid, sha256(n::text::bytea), now(), 'seen', false, false, 'en', ''
FROM generate_series(%(first)s::int, %(last)s::int) n;
INSERT INTO casework_item (id, kind, value, display, url)
SELECT md5('i' || n)::uuid, 'address', 'site' || n || '.example/post/' || md5(n::text),
       'site' || n || '.example/post/' || md5(n::text), ''
FROM generate_series(%(first)s::int, %(last)s::int) n;
INSERT INTO casework_case
    (number, status, danger, score, due_at, explanation, media_total, media_known)
SELECT to_char(now(), 'YYYY') || '-' || lpad(n::text, greatest(4, length(n::text)), '0'), 'new',
       n %% 50 = 0, n %% 17, now(), '', 0, 0
FROM generate_series(%(first)s::int, %(last)s::int) n;
INSERT INTO casework_sighting (item_id, report_id, case_id)
SELECT md5('i' || n)::uuid, md5('r' || n)::uuid,
       to_char(now(), 'YYYY') || '-' || lpad(n::text, greatest(4, length(n::text)), '0')
FROM generate_series(%(first)s::int, %(last)s::int) n;
"""
ASK = """
import os, sys, time, statistics
os.environ["LINDUNG_PROCESS"] = "owner"
os.environ["DJANGO_SETTINGS_MODULE"] = "lindung.hotline.config.settings"
import django
django.setup()
from django.db import connection
from lindung.hotline.casework import selectors
def queue():
    selectors.counts()
    listed = selectors.queue("todo")
    numbers = [row.case.number for row in listed.rows]
    selectors.titles(numbers), selectors.reported_before(numbers)
def search():
    assert selectors.queue("all", "site77.example").total == 1
def case():
    number = selectors.queue("todo").rows[0].case.number
    selectors.case(number), selectors.items_of(number), selectors.reports_page(number, 1)
    selectors.others_of(number)
def number():
    with connection.cursor() as cursor:
        cursor.execute("SELECT casework_next_number()")
for step in (queue, search, case, number):
    step()
    times = []
    for _ in range(int(sys.argv[1])):
        begun = time.perf_counter(); step(); times.append(time.perf_counter() - begun)
    print(step.__name__, statistics.median(times))
"""


def _filled(built: House, first: int, last: int) -> None:
    with closing(built.connect("owner")) as owner:
        for table in ("casework_case", "casework_sighting", "intake_report"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute("ALTER TABLE casework_case ENABLE TRIGGER casework_counted")
        for statement in FILL.split(";\n"):
            if statement.strip():
                owner.execute(statement, {"first": first, "last": last})
        for table in ("casework_case", "casework_sighting", "intake_report"):
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        owner.execute("VACUUM ANALYZE")


def _asked(built: House) -> dict[str, float]:
    done = built.python(ASK, str(TIMES))
    return {name: float(took) for name, took in (line.split() for line in done.splitlines())}


def main() -> None:
    with house() as built:
        built.up()
        built.pause("worker")
        _filled(built, 1, FEW)
        few = _asked(built)
        _filled(built, FEW + 1, MANY)
        many = _asked(built)
    bench.show(
        f"{MANY:,} cases beside {FEW} (at most 2 times)",
        ["what", f"ms with {FEW}", f"ms with {MANY:,}", "times"],
        [[n, few[n] * 1000, many[n] * 1000, f"{many[n] / few[n]:.2f}"] for n in few],
    )
