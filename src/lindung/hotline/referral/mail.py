"""Letters by e-mail: one mail, or several where the evidence is larger than a mailbox takes.

What is too large even for several is announced by name and size in the first; nothing is left out
in silence. The same Message-IDs at every attempt: if a worker dies after the server took a mail,
the second copy is recognised as the same.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from .letter import Letter
from .problems import NotDelivered

MOST_ATTACHED = 8_000_000  # bytes of evidence in one mail
MOST_MAILS = 12
SMTP_TIMEOUT = 20


@dataclass(frozen=True)
class Piece:
    """A part of a bundle that goes into one mail; `name` is the file's name in the mail."""

    name: str
    path: Path
    start: int
    size: int

    def read(self) -> bytes:
        with self.path.open("rb") as file:
            file.seek(self.start)
            return file.read(self.size)


def pieces_of(bundles: Sequence[Path]) -> tuple[list[list[Piece]], list[Path]]:
    """What goes into each mail, and the bundles that are too large for mail altogether."""
    mails: list[list[Piece]] = [[]]
    left_out = []
    for bundle in bundles:
        size = bundle.stat().st_size
        count = -(-size // MOST_ATTACHED) or 1
        cut = [
            Piece(
                bundle.name if count == 1 else f"{bundle.name}.{n + 1:03d}",
                bundle,
                n * MOST_ATTACHED,
                min(MOST_ATTACHED, size - n * MOST_ATTACHED),
            )
            for n in range(count)
        ]
        planned = [list(mail) for mail in mails]
        for piece in cut:
            if sum(p.size for p in planned[-1]) + piece.size > MOST_ATTACHED:
                planned.append([])
            planned[-1].append(piece)
        if len(planned) > MOST_MAILS:
            left_out.append(bundle)
        else:
            mails = planned
    return mails, left_out


@dataclass(frozen=True)
class Email:
    """E-mail through the operator's server. A person records the answer in the console."""

    address: str

    def send(self, letter: Letter) -> None:
        try:
            with _server() as server:
                for message in self.messages(letter):
                    server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise NotDelivered("mail", why=str(error)) from error

    def messages(self, letter: Letter) -> Iterator[EmailMessage]:
        """The mails of a letter, the letter itself in the first."""
        mails, left_out = pieces_of(letter.bundles)
        with translation.override(letter.language):
            notes = _notes(mails, left_out)
            further = _("Part %(n)s of %(total)s of a letter. The letter itself is in part 1.")
        for n, mail in enumerate(mails, 1):
            message = self._message(letter, n, len(mails))
            words = {"n": n, "total": len(mails)}
            message.set_content(
                f"{letter.text}{notes}" if n == 1 else f"{further % words}\n", charset="utf-8"
            )
            if n == 1:
                message.add_attachment(letter.text, filename="letter.txt")
                if letter.trust:
                    _attach(message, letter.trust.name, letter.trust.read_bytes())
            for piece in mail:
                _attach(message, piece.name, piece.read())
            yield message

    def answer(self, referral: UUID, number: str) -> None:
        """People answer mail, and a person of the hotline records it."""

    def test(self) -> None:
        """Send a mail that carries nothing, to see that mail works. Raises NotDelivered."""
        message = self._message(
            Letter(
                uuid4(),
                _("Test letter from %(hotline)s") % {"hotline": settings.ENV["HOTLINE_NAME"]},
                "",
            ),
            1,
            1,
        )
        message.set_content(
            _(
                "This is a test. The hotline will send referrals to this address. "
                "Nothing needs to be done."
            )
            + "\n"
        )
        try:
            with _server() as server:
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise NotDelivered("mail", why=str(error)) from error

    def _message(self, letter: Letter, n: int, total: int) -> EmailMessage:
        sender = settings.ENV["MAIL_FROM"]
        host = parseaddr(sender)[1].rpartition("@")[2] or "lindung.invalid"
        part = "" if n == 1 else f".{n}"
        message = EmailMessage()
        message["From"] = sender
        message["To"] = self.address
        message["Subject"] = letter.subject if total == 1 else f"{letter.subject} ({n}/{total})"
        message["Date"] = format_datetime(timezone.now())
        message["Message-ID"] = f"<referral.{letter.referral}{part}@{host}>"
        if n > 1:
            message["In-Reply-To"] = message["References"] = f"<referral.{letter.referral}@{host}>"
        message["Auto-Submitted"] = "auto-generated"
        return message


@contextmanager
def _server() -> Iterator[smtplib.SMTP]:
    url = settings.ENV["SMTP_URL"]
    if not url:
        raise NotDelivered("no-mail")
    parts = urlsplit(url)
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
        yield server


def _notes(mails: Sequence[Sequence[Piece]], left_out: Sequence[Path]) -> str:
    """What the first mail says beyond the letter, about mails to come and what is missing."""
    lines = []
    if len(mails) > 1:
        lines.append(
            _("THE EVIDENCE COMES IN %(total)s MAILS. Save all attachments into one folder.")
            % {"total": len(mails)}
        )
        cut = {p.path.name for mail in mails for p in mail if p.name != p.path.name}
        for name in sorted(cut):
            lines.append(_("%(name)s is cut into parts. Put it together with:") % {"name": name})
            lines.append(f"cat {name}.[0-9]* > {name}")
    too_large = _(
        "%(name)s (%(size)s) is too large for mail, so it is not here. "
        "Ask us for it: we bring it to you."
    )
    lines += [
        too_large % {"name": path.name, "size": filesizeformat(path.stat().st_size)}
        for path in left_out
    ]
    return "\n" + "\n".join(lines) + "\n" if lines else ""


def _attach(message: EmailMessage, name: str, content: bytes) -> None:
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
