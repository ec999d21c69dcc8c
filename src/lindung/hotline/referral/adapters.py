"""How a letter leaves: into a folder, or by e-mail. Each may be called twice for one referral.

An adapter's `send` returns when the other side holds the letter; it raises `NotDelivered`
otherwise. `answer` says what the other side left, if there is anything.
"""

from __future__ import annotations

import codecs
import re
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from django.conf import settings

from lindung.runtime import UnusableFile, read_bounded, sync_folder, write_whole

from .letter import Letter
from .mail import Email
from .problems import NotDelivered

ACKNOWLEDGED = "acknowledged.txt"
MOST_READ = 64_000


@dataclass(frozen=True)
class Answer:
    """The other side's reference; or, as `problem`, a keyword that says why it does not count."""

    reference: str = ""
    problem: str = ""


class Adapter(Protocol):
    def send(self, letter: Letter) -> None: ...
    def answer(self, referral: UUID, number: str) -> Answer | None: ...


@dataclass(frozen=True)
class Folder:
    """A folder under `$LINDUNG_HOME/outbox` that the authority reads (a share, a synced disk).

    The letter appears whole or not at all. The authority acknowledges by saving a file
    `acknowledged.txt` beside it, with the number that stands in the letter and its reference.
    """

    name: str

    @property
    def path(self) -> Path:
        home: Path = settings.ENV.home
        return home / "outbox" / self.name

    def send(self, letter: Letter) -> None:
        final = self.path / str(letter.referral)
        part = self.path / f".{letter.referral}.part"
        try:
            if final.exists():
                return
            shutil.rmtree(part, ignore_errors=True)
            for folder in (self.path.parent, self.path, part):
                folder.mkdir(mode=0o750, exist_ok=True)
            write_whole(part / "letter.txt", letter.text, mode=0o640)
            for file in [*letter.bundles, *([letter.trust] if letter.trust else [])]:
                write_whole(part / file.name, file.read_bytes(), mode=0o640)
            sync_folder(part)
            part.rename(final)
            sync_folder(self.path)
        except OSError as error:
            raise NotDelivered(
                "folder", path=str(self.path), why=error.strerror or str(error)
            ) from error

    def answer(self, referral: UUID, number: str) -> Answer | None:
        path = self.path / str(referral) / ACKNOWLEDGED
        try:
            # Others write here: a link or a pipe is no answer.
            if not stat.S_ISREG(path.lstat().st_mode):
                return Answer(problem="no-number")
            content = read_bounded(path, MOST_READ)
        except OSError:
            return None
        except UnusableFile:
            return Answer(problem="no-number")
        wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return _answer(content.decode("utf-16" if wide else "utf-8-sig", "replace"), number)


def _answer(text: str, number: str) -> Answer:
    """The reference beside the letter's number, however the number is written."""
    digits = re.escape(number).replace(r"\-", r"[\s.\-]?")
    rest, found = re.subn(rf"(?<!\d){digits}(?!\d)", " ", text)
    if not number or not found:
        return Answer(problem="no-number")
    return Answer(reference=" ".join(rest.split())[:120] or number)


def adapter(kind: str, address: str) -> Adapter:
    """The adapter of an authority."""
    return Folder(address) if kind == "folder" else Email(address)


def address_problem(kind: str, address: str) -> str:
    """Why this address cannot be used, in words; empty when it can."""
    if kind == "folder" and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,60}", address):
        return "A folder name has small letters, digits and hyphens only."
    if kind == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address):
        return "This is not an e-mail address."
    return ""
