"""Receiving a report: one transaction, then a receipt. The job is deferred by the database."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from lindung.hotline.config import sealing

from . import receipts
from .models import Report

T = TypeVar("T")


@dataclass(frozen=True)
class Content:
    """What is sealed: only the worker and the console can read it.

    `pass_on`: the contact may go into a letter to an authority. `danger` is the answer itself,
    yes, no or unsure; the row beside it says only whether the report comes first.
    """

    where: tuple[str, ...]
    words: str
    contact: str
    pass_on: bool = False
    danger: str = ""


@dataclass(frozen=True)
class PublicStatus:
    """All that a receipt reveals; `status` is received, examining, passed_on or closed."""

    status: str
    explanation: str
    since: datetime


def receive(
    content: Content, *, nonce: str, about: str, danger: bool, is_child: bool, language: str
) -> list[str]:
    """Store one sealed report and return its receipt; the same form twice is one report."""
    plain = json.dumps(asdict(content), ensure_ascii=False)
    words = receipts.issue(nonce, f"{about}{danger}{is_child}{plain}")
    row = Report(
        receipt_hash=receipts.stored("".join(words)),
        about=about,
        danger=danger,
        is_child=is_child,
        language=language,
        sealed=sealing.seal(plain),
    )
    try:
        _on_a_living_connection(lambda: row.save(force_insert=True))
    except IntegrityError as error:
        # Only a receipt that already stands means "already received".
        if "receipt_hash" not in str(error):
            raise
    return words


def status(receipt: str) -> PublicStatus | None:
    """The public status behind a receipt, or None when there is no such receipt."""

    def ask() -> Any:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT status, explanation, since FROM report_status(%s)",
                [receipts.stored(receipt)],
            )
            return cursor.fetchone()

    row = _on_a_living_connection(ask)
    return PublicStatus(*row) if row else None


def _on_a_living_connection(step: Callable[[], T]) -> T:
    """Take one step, a statement that commits by itself; once more if the database was restarted.

    Each step may run twice. So a connection is tried by using it, not by a question before each.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            return step()
    try:
        return step()
    except (OperationalError, InterfaceError):
        connection.close()
        return step()
