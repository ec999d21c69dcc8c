"""What reaches a log: our own words, and of everything else only what cannot name anybody.

A path may hold a live link, an exception's text what somebody wrote, a library's argument a name
or an address. So of a library's line its fixed words stay, of a request its route, of an exception
its class, the place in the code and PostgreSQL's code.
"""

from __future__ import annotations

import logging
import traceback
from typing import Any

OURS = ("lindung", "procrastinate")


class Quiet(logging.Formatter):
    """One line for each record; below it the steps of an exception, without its text."""

    def format(self, record: logging.LogRecord) -> str:
        head = f"{self.formatTime(record)} {record.levelname} {record.name} {_words(record)}"
        error = record.exc_info[1] if record.exc_info else None
        return head + ("\n" + "\n".join(_steps(error)) if error else "")


def _words(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] in OURS:
        return record.getMessage()
    words = str(record.msg) if record.args else "(left out)"
    request: Any = getattr(record, "request", None)
    status = getattr(record, "status_code", "")
    if request is None:
        return words
    match = getattr(request, "resolver_match", None)
    return f"{status} {request.method} {match.route if match else '(no such page)'}".strip()


def _steps(error: BaseException) -> list[str]:
    lines = []
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        code = getattr(cause, "sqlstate", None)
        lines.append(
            f"{type(cause).__module__}.{type(cause).__name__}" + (f" {code}" if code else "")
        )
        lines += [
            f"  {step.filename}:{step.lineno} {step.name}"
            for step in traceback.extract_tb(cause.__traceback__)
        ]
        cause = cause.__cause__ or cause.__context__
    return lines
