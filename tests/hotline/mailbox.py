"""A real SMTP server on loopback, for tests."""

from __future__ import annotations

import logging
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller

from .house import free_port


class Mailbox:
    """A real SMTP server that keeps what it takes, or refuses as a full one would."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.refuses = False
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:
        if self.refuses:
            return "452 Insufficient system storage"
        self.taken.append(message_from_bytes(envelope.content))
        return "250 OK"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.controller.port}"
