"""StopNCII's hash records: a hash, its kind, the state of its case, and what platforms answered.

Source: the client in Meta's threatexchange library. A platform that looked and did not block
("NotBlocked") disputes the entry; what a person took back is withdrawn.
"""

from __future__ import annotations

from typing import Any

from lindung.media.lists import words
from lindung.media.lists.reading import MAX_TEXT, Bad, Row, row, unknown_word
from lindung.media.lists.said import disputed

DOUBTS = words.plain("NotBlocked")
SECTION = "stopncii"


def is_record(item: dict[str, Any]) -> bool:
    """Whether a JSON object is one of these records."""
    return "hashValue" in item and "signalType" in item


def record(number: int, item: dict[str, Any]) -> Row | Bad:
    """The row of a record. A record without a state is refused: it always has one."""
    status = str(item.get("hashStatus") or "")
    if not status:
        return Bad(number, unknown_word("hashStatus", status))
    feedback = item.get("CSPFeedbacks") or []
    if not isinstance(feedback, list) or not all(isinstance(one, dict) for one in feedback):
        return Bad(number, "CSPFeedbacks is no list of objects")
    tags = {str(tag) for one in feedback for tag in one.get("tags") or []}
    against = [one for one in feedback if words.plain(str(one.get("feedbackValue"))) == DOUBTS]
    fields = {
        "hash": str(item["hashValue"]),
        "hash_type": str(item["signalType"]),
        "category": ", ".join(sorted(tags))[:MAX_TEXT],
        "action": status,
    }
    found = row(number, fields, {"action": "hashStatus"}, SECTION)
    return disputed(number, found, [str(one.get("source") or "a member") for one in against])
