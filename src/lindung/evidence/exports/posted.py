"""How replay finds the answer to a POST: its request, written as a query.

The keys are those of warcio.js, which makes and reads such indexes in ReplayWeb.page
(https://specs.webrecorder.net/request-body-canonicalization/latest/).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

_MOST = 4096
_PART = re.compile(r'name="([^"]+)"\r\n\r\n([^\r\n]*)', re.IGNORECASE)


@dataclass(frozen=True)
class Posted:
    """A request that is no GET: its method, and its body as a query."""

    method: str
    body: str

    def added_to(self, url: str) -> str:
        """The address under which the answer is found."""
        return f"{url}{'&' if '?' in url else '?'}__wb_method={self.method}&{self.body}"


def posted(method: str, kind: str, body: bytes) -> Posted | None:
    """How a request is written into an index; None for a GET, which needs nothing."""
    method = method.upper()
    if method == "GET":
        return None
    if method in ("HEAD", "OPTIONS"):
        return Posted(method, "")
    return Posted(method, _query(kind, body)[:_MOST])


def _query(kind: str, body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    match kind.partition(";")[0].strip().lower():
        case "application/x-www-form-urlencoded":
            return text
        case "application/json" | "text/plain":
            return _written(_named(_json(text)))
        case "multipart/form-data":
            boundary = kind.partition("boundary=")[2].strip('"')
            parts = re.split(f"-*{re.escape(boundary)}-*", text) if boundary else []
            found = [match for part in parts if (match := _PART.search(part.strip()))]
            return _written((match[1], match[2]) for match in found)
        case _:
            return "__wb_post_data=" + base64.b64encode(body).decode()


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return {}


def _named(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every single value in a document with the name it stands under, as JavaScript writes it."""
    waiting = [(name, value)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += reversed(list(value.items()))
        elif isinstance(value, list):
            waiting += [(name, one) for one in reversed(value)]
        elif value is None or isinstance(value, bool):
            yield name, {None: "null", True: "true", False: "false"}[value]
        elif value != "":
            whole = isinstance(value, float) and value.is_integer()
            yield name, str(int(value)) if whole else str(value)


def _written(pairs: Iterator[tuple[str, str]] | Any) -> str:
    seen: dict[str, int] = {}
    out: dict[str, str] = {}
    for name, value in pairs:
        key = name
        if name in out:
            seen[name] = seen.get(name, 1) + 1
            key = f"{name}.{seen[name]}_"
        out[key] = value
    return "&".join(f"{_form(key)}={_form(value)}" for key, value in out.items())


def _form(text: str) -> str:
    return quote_plus(text, safe="*", errors="replace").replace("~", "%7E")
