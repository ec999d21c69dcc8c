"""Captures that no browser made: an archive with the answers of a made-up site, for tests."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from django.db import connection
from PIL import Image

from lindung import media
from lindung.evidence import Capture, Policy
from lindung.evidence.capture.records import Warc
from lindung.hotline.casework.models import Sighting
from lindung.hotline.casework.services import Sighted
from lindung.hotline.custody.services import FIRST
from lindung.hotline.intake.models import Report
from lindung.hotline.intake.services import Content, receive
from lindung.hotline.triage import services


def pattern(seed: int) -> Image.Image:
    """A benign picture: smooth random colours."""
    few = np.random.default_rng(seed).integers(0, 255, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(few).resize((640, 480), Image.Resampling.BICUBIC)


def picture(seed: int, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    pattern(seed).save(out, kind, **options)
    return out.getvalue()


def archive(path: Path, bodies: Sequence[bytes]) -> None:
    warc = Warc(path, {"software": "test"})
    for number, body in enumerate(bodies):
        block = io.BytesIO(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + body)
        kind = "application/http; msgtype=response"
        warc._put("response", f"https://example.com/files/{number}", block, kind, {})
    warc.close()


def told(*where: str) -> UUID:
    """A report of these addresses, sealed as the public page does."""
    content = Content(where, "Example words", "")
    receive(content, nonce=uuid4().hex, about="seen", danger=False, is_child=False, language="en")
    return Report.objects.latest("received_at").pk


def worked(report: UUID) -> None:
    """What the worker does with a report: the job that examines it, and those of its captures."""
    services.examine(report)
    for sighting in Sighting.objects.filter(report=report).exclude(item__url=""):
        services.capture(sighting.case_id, sighting.item_id, FIRST)
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM procrastinate_jobs WHERE task_name = 'triage.capture_again'"
                " AND args->>'item' = %s AND args->>'attempt' = '1'",
                [str(sighting.item_id)],
            )


@dataclass
class Site:
    """What the next capture finds, and the case that it goes into."""

    folder: Path
    lists: media.ListStore
    bodies: list[bytes] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)  # to the capture
    spoil: Callable[[Path], object] = lambda path: None

    def capture(self, url: str, into: Path, **_: object) -> Capture:
        into.mkdir(parents=True, exist_ok=True)
        path = into / "page.warc.gz"
        archive(path, self.bodies)
        self.spoil(path)
        (into / "facts.json").write_text("{}")
        facts = {"started": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "requests": []}
        taken = Capture(
            url, Policy.FULL, "complete", None, url, "a page", "words", into,
            tuple(sorted(into.iterdir())), facts, "Example Act s 1",
        )  # fmt: skip
        return replace(taken, **self.changes)

    def visit(self, *bodies: bytes, where: str = "", **changes: Any) -> Sighted:
        """Report an address whose capture finds these files; a new address unless one is given."""
        self.bodies, self.changes = list(bodies), changes
        report = told(where or f"https://example.com/post/{uuid4()}")
        worked(report)
        sighting = Sighting.objects.get(report=report)
        return Sighted(sighting.item, sighting.case_id)

    def partner(self, *lines: str, columns: str = "id,sha256", name: str = "partner") -> None:
        """Import a partner's list."""
        file = self.folder / "partner.csv"
        file.write_text("\n".join([columns, *lines]) + "\n")
        done = self.lists.import_file(file, list_name=name, replace=True)
        assert done.imported == len(lines), done

    def listed(self, body: bytes, entry: str = "P-1") -> None:
        """A partner's list names exactly this file."""
        self.partner(f"{entry},{self.digests(body).sha256}")

    def looks(self, body: bytes) -> str:
        """The PDQ of a picture, as a partner would list it."""
        path = self.folder / "looks"
        path.write_bytes(body)
        found = media.examine(path, self.lists).pdq
        assert found
        return found

    def digests(self, body: bytes) -> media.Digests:
        return media.digests(io.BytesIO(body))
