"""A reporter without a browser: fetches the form, sends it, reads the receipt."""

from __future__ import annotations

import html
import re
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

FIELD = re.compile(r'<input[^>]*name="(csrfmiddlewaretoken|nonce|about)"[^>]*>')
VALUE = re.compile(r'value="([^"]*)"')
RECEIPT = re.compile(r'class="receipt".*?</ol>', re.S)


class Refused(Exception):
    """The page answered with something else than a receipt."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status}: {re.sub(r'<[^>]+>', ' ', body)[:300]}")
        self.status, self.body = status, body


class Reporter:
    """One person with one browser: keeps the connection and the cookie."""

    def __init__(self, public: str, timeout: float = 30, source: str = "") -> None:
        """`source`: the address of this machine to come from, such as 127.0.5.1."""
        parts = urlsplit(public)
        self.origin = public
        self.connection = HTTPConnection(
            parts.hostname or "",
            parts.port,
            timeout=timeout,
            source_address=(source, 0) if source else None,
        )
        self.cookie = ""
        self.hidden: dict[str, str] = {}

    def get(self, path: str = "/") -> str:
        return self._ask("GET", path)[1]

    def close(self) -> None:
        self.connection.close()

    def open_form(self) -> None:
        """Load the page; its one-time number is used until the next `open_form`."""
        page = self.get("/")
        self.hidden = {}
        for tag in FIELD.finditer(page):
            value = VALUE.search(tag.group())
            self.hidden[tag.group(1)] = html.unescape(value.group(1)) if value else ""

    def send(self, **fields: str) -> str:
        """Send the open form; returns the receipt's words. Raises Refused, OSError."""
        status, page = self.post("/", {"danger": "no", **self.hidden, **fields})
        found = RECEIPT.search(page)
        if status != 200 or not found:
            raise Refused(status, page)
        return " ".join(re.findall(r"<li[^>]*>\s*([a-z-]+)\s*</li>", found.group()))

    def post(self, path: str, fields: dict[str, str]) -> tuple[int, str]:
        return self._ask("POST", path, urlencode(fields))

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        headers = {"Cookie": self.cookie, "Origin": self.origin}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            page = answer.read().decode()
        except BaseException:
            self.connection.close()
            raise
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie" and value.startswith("csrftoken="):
                self.cookie = value.partition(";")[0]
        return answer.status, page
