"""What leaves the hotline for one authority."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID


@dataclass(frozen=True)
class Letter:
    """`bundles` are sealed evidence that only its recipients open; `trust` is the file to check
    them with, where there is one; `language` is the recipient's."""

    referral: UUID
    subject: str
    text: str
    bundles: Sequence[Path] = ()
    trust: Path | None = None
    language: str = "en"
