"""How a letter leaves: into a folder, or by e-mail. Each may be called twice for one referral.

An adapter's `send` returns when the other side holds the letter; it raises `NotDelivered` in
words otherwise. `acknowledgement` returns the other side's reference, or None while there is none.
"""

from __future__ import annotations

import os
import re
import shutil
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.conf import settings

MOST_ATTACHED = 8_000_000
SMTP_TIMEOUT = 20
ACKNOWLEDGED = "acknowledged.txt"


class NotDelivered(Exception):
    """The other side does not hold the letter; the text says why."""


@dataclass(frozen=True)
class Letter:
    """What leaves the hotline. `bundles` are sealed evidence that only its recipients open."""

    referral: UUID
    subject: str
    text: str
    bundles: Sequence[Path]


class Adapter(Protocol):
    def send(self, letter: Letter) -> None: ...
    def acknowledgement(self, referral: UUID) -> str | None: ...


@dataclass(frozen=True)
class Folder:
    """A folder under `$LINDUNG_HOME/outbox` that the authority reads (a share, a synced disk).

    The letter appears whole or not at all. The authority acknowledges by saving a file
    `acknowledged.txt` with its reference beside the letter.
    """

    name: str

    @property
    def path(self) -> Path:
        home: Path = settings.ENV.home
        return home / "outbox" / self.name

    def send(self, letter: Letter) -> None:
        final = self.path / str(letter.referral)
        if final.exists():
            return
        part = self.path / f".{letter.referral}.part"
        try:
            shutil.rmtree(part, ignore_errors=True)
            for folder in (self.path.parent, self.path, part):
                folder.mkdir(mode=0o750, exist_ok=True)
            (part / "letter.txt").write_text(f"{letter.subject}\n\n{letter.text}")
            for bundle in letter.bundles:
                shutil.copyfile(bundle, part / bundle.name)
            for file in [*part.iterdir(), part]:
                _sync(file)
            part.rename(final)
            _sync(self.path)
        except OSError as error:
            raise NotDelivered(f"The folder {self.path} refused: {error.strerror}.") from error

    def acknowledgement(self, referral: UUID) -> str | None:
        try:
            text = (self.path / str(referral) / ACKNOWLEDGED).read_text(errors="replace")
        except OSError:
            return None
        return " ".join(text.split())[:120] or "acknowledged"


@dataclass(frozen=True)
class Email:
    """E-mail through the operator's server. A person records the answer in the console.

    The same Message-ID on every attempt: if a worker dies after the server took the letter,
    the second copy is recognised as the same letter.
    """

    address: str

    def send(self, letter: Letter) -> None:
        url = settings.ENV["SMTP_URL"]
        if not url:
            raise NotDelivered("LINDUNG_SMTP_URL is not set, so e-mail cannot be sent.")
        parts = urlsplit(url)
        message = self._message(letter)
        try:
            context = ssl.create_default_context()
            host, port = parts.hostname or "", parts.port
            if parts.scheme == "smtps":
                server: smtplib.SMTP = smtplib.SMTP_SSL(
                    host, port or 465, timeout=SMTP_TIMEOUT, context=context
                )
            else:
                server = smtplib.SMTP(host, port or 25, timeout=SMTP_TIMEOUT)
            with server:
                if parts.scheme == "smtp+starttls":
                    server.starttls(context=context)
                if parts.username:
                    server.login(unquote(parts.username), unquote(parts.password or ""))
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise NotDelivered(f"The mail server did not take the letter: {error}"[:480]) from error

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = settings.ENV["MAIL_FROM"]
        message["To"] = self.address
        message["Subject"] = letter.subject
        message["Message-ID"] = f"<referral.{letter.referral}@lindung.invalid>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        left = MOST_ATTACHED
        for bundle in letter.bundles:
            if (size := bundle.stat().st_size) <= left:
                left -= size
                message.add_attachment(
                    bundle.read_bytes(),
                    maintype="application",
                    subtype="octet-stream",
                    filename=bundle.name,
                )
        return message

    def acknowledgement(self, referral: UUID) -> str | None:
        return None


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


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
