"""ThreatExchange's Graph API: indicators with their descriptors (`threat_updates`), or descriptors.

Source: Meta's reference of ThreatDescriptor, StatusType and ReactionType, and the client in its
threatexchange library. A member who says NON_MALICIOUS, or that the tags are wrong, disputes what
others say; when nobody says anything else, the entry is withdrawn.
"""

from __future__ import annotations

from typing import Any

from lindung.media.lists import words
from lindung.media.lists.reading import MAX_TEXT, Bad, Row, kind_named, row, unknown_word
from lindung.media.lists.said import disputed
from lindung.media.lists.words import State

SECTION = "threatexchange"
DOUBTS = ("DISAGREE_WITH_TAGS", "NON_MALICIOUS", "NOT_HELPFUL")


def is_record(item: dict[str, Any]) -> bool:
    """Whether a JSON object is an indicator or a descriptor."""
    text = item.get("raw_indicator") or item.get("indicator")
    return bool(text) and ("descriptors" in item or "owner" in item or "should_delete" in item)


def record(number: int, item: dict[str, Any]) -> Row | Bad:
    """The row of an indicator or a descriptor. What nobody calls malicious flags nobody."""
    text = item.get("raw_indicator") or item.get("indicator")
    if isinstance(text, dict):  # a descriptor names its indicator
        item = {**text, **item}
        text = text.get("indicator")
    kind = str(item.get("type") or "")
    fields = {"hash": str(text), "hash_type": kind, "deleted": _flag(item.get("should_delete"))}
    if known := kind_named(kind):
        fields["entry_id"] = f"{known}:{str(text).casefold()}"
    held = item.get("descriptors")
    said = held.get("data") if isinstance(held, dict) else None
    if said is None and "status" in item:
        said = [item]
    if not said:  # a tombstone: nobody says anything of it any more
        return row(number, fields | {"deleted": "true"}, {}, SECTION)
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        return Bad(number, "descriptors holds no list of objects")
    tags: set[str] = set()
    against: list[str] = []
    states: set[State] = set()
    for one in said:
        status = str(one.get("status") or "")
        ended = str(one.get("expired_on") or "")
        try:
            if not status:
                raise words.UnknownWordError("status", status)
            state = words.state({"action": status, "ended": ended}, SECTION)
        except words.UnknownWordError as error:
            return Bad(number, unknown_word(error.field, error.word))
        states.add(state)
        tags |= _tags(one.get("tags"))
        if state in (State.HARMLESS, State.DISPUTED):
            against.append(_owner(one))
        against += _reactions(one.get("reactions"))
    if not states & {State.LIVE, State.DISPUTED}:
        fields["deleted"] = "true"
    fields["category"] = ", ".join(sorted(tags))[:MAX_TEXT]
    return disputed(number, row(number, fields, {}, SECTION), against)


def _flag(value: Any) -> str:
    return "" if value is None else str(value)


def _owner(descriptor: dict[str, Any]) -> str:
    owner = descriptor.get("owner")
    named = owner if isinstance(owner, dict) else {}
    return str(named.get("name") or named.get("id") or "a member")


def _tags(tags: Any) -> set[str]:
    held = tags.get("data") if isinstance(tags, dict) else tags
    texts = [one.get("text") if isinstance(one, dict) else one for one in held or []]
    return {str(text) for text in texts if text}


def _reactions(reactions: Any) -> list[str]:
    """Who reacted that the entry is wrong."""
    held = reactions.get("data") if isinstance(reactions, dict) else reactions
    return [
        who.strip()
        for one in held or []
        if isinstance(one, dict) and str(one.get("key")).upper() in DOUBTS
        for who in str(one.get("value") or "a member").split(",")
    ]
