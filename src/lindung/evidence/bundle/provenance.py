"""The part of `verify` that looks at the custody log, its witnesses and the time stamps."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any, Protocol

import rfc8785

from lindung.evidence.bundle import history, shapes, timestamps
from lindung.evidence.bundle.statements import read_included
from lindung.evidence.bundle.trust import Trust, independent, public_text
from lindung.evidence.log import custody_log, notes, tree
from lindung.evidence.log.notes import Checkpoint
from lindung.runtime import visible

LATE = timedelta(days=7)  # an authority that was away may stamp so late, where the log says so


class Findings(Protocol):
    """Where a verification puts what it finds."""

    def say(self, name: str, good: bool, passed: str, failed: str) -> None: ...
    def unknown(self, name: str, words: str) -> None: ...
    def aside(self, words: str) -> None:
        """Something true that is not a check: it goes with what is not proved."""


@dataclass
class Provenance:
    """Checks `log/` and `tokens/` of one bundle; `take` reads a member."""

    take: Callable[[str], bytes]
    has: Callable[[str], bool]
    trust: Trust
    found: Findings
    raw: bytes
    signature: bytes
    manifest: Mapping[str, Any]
    entries: list[dict[str, Any]] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)  # members that a tombstone covers
    stamps: list[frozenset[bytes | str]] = field(default_factory=list)  # who made each that holds
    seen: list[tuple[datetime, int]] = field(default_factory=list)  # when, for which entry

    def run(self) -> None:
        last: Checkpoint | None = None
        while not self.entries or self.has(f"log/{len(self.entries)}/entry.json"):
            entry, last = self._entry(len(self.entries), last)
            self.entries.append(entry)
            if entry["kind"] == "evidence-deleted":
                self._tombstone(entry)
        self._tokens()
        for authority in history.pending(self.entries):
            self.found.aside(f"What was asked of {visible(authority)} had not come whole.")
        self._enough("time stamps", independent(self.stamps), self.trust.require_tokens)
        if not self.stamps:
            self.found.aside("When it was sealed: no independent authority confirms the time.")
        if last is not None:
            self._cosignatures(last)
        self._times()

    def _entry(self, number: int, before: Checkpoint | None) -> tuple[dict[str, Any], Checkpoint]:
        place = f"log/{number}"
        included = read_included(self.take(f"{place}/entry.json"))
        head = notes.parse(self.take(f"{place}/checkpoint").decode())
        entry: dict[str, Any] = included["entry"]
        kinds = ("evidence-stamped", "evidence-deleted") if number else ("evidence-sealed",)
        about = (
            entry["kind"] in kinds
            and entry["manifest_sha256"] == sha256(self.raw).hexdigest()
            and entry["signature_sha256"] == sha256(self.signature).hexdigest()
        )
        self.found.say(f"{place} entry", about, "The custody log's entry is about this manifest.",
                       "The custody log's entry is not about this manifest.")  # fmt: skip
        leaf = custody_log.entry_hash(entry, shapes.decoded(included["salt"]))
        proof = notes.decode_hashes(included["proof"])
        inside = tree.verify_inclusion(leaf, included["index"], head.size, proof, head.root)
        self.found.say(f"{place} inclusion", inside, "The entry is in the log at its head.",
                       "The entry is not in the log at its head.")  # fmt: skip
        self._head(number, head)
        if before is not None:
            raw = self.take(f"{place}/consistency.json")
            steps = json.loads(raw)
            follows = (
                rfc8785.dumps(steps) == raw
                and head.origin == before.origin
                and tree.verify_consistency(
                    before.size, head.size, notes.decode_hashes(steps), before.root, head.root
                )
            )
            self.found.say(f"{place} consistency", follows, "The log only grew in between.",
                           "The log was rewritten in between.")  # fmt: skip
        return entry, head

    def _head(self, number: int, head: Checkpoint) -> None:
        place, log = f"log/{number}", visible(head.origin)
        self.found.say(f"{place} signatures", head.in_order,
                       "The log's signature stands first, each other once and in order.",
                       "The signatures of the head are not in their one order.")  # fmt: skip
        keys = self.trust.logs.get(head.origin)
        if keys is None:
            self.found.unknown(f"{place} head", f"Your trust file knows no log {log}.")
        else:
            signed = any(head.signed_by(head.origin, key) for key in keys)
            self.found.say(f"{place} head", signed,
                           f"The log {log}, which you trust, signed this head.",
                           f"The log {log} did not sign this head.")  # fmt: skip
        for name, _ in head.signatures:
            if name != head.origin:
                self._witness(number, head, name)

    def _witness(self, number: int, head: Checkpoint, name: str) -> None:
        place, shown = f"log/{number} witness", visible(name)
        keys = [key for key in self.trust.witnesses.get(name, ()) if head.names_key(name, key)]
        if not keys:
            self.found.unknown(place, f"Your trust file has no key for the witness {shown}.")
            return
        times = [head.cosigned_at(name, key) for key in keys]
        self.found.say(place, any(when is not None for when in times),
                       f"The witness {shown} saw this head.",
                       f"The cosignature of the witness {shown} is false.")  # fmt: skip
        self.seen += [(datetime.fromtimestamp(when, UTC), number)
                      for when in times if when is not None and when < 1 << 37]  # fmt: skip

    def _cosignatures(self, head: Checkpoint) -> None:
        """Count witnesses once, by name and by key; the log itself and the signer are none."""
        trusted = (*self.trust.logs.values(), *self.trust.signers.values())
        own = {public_text(key) for keys in trusted for key in keys}
        who = [
            {f"name {name}", public_text(key)}
            for name, keys in self.trust.witnesses.items()
            for key in keys
            if head.cosigned_at(name, key) is not None and public_text(key) not in own
        ]
        seen = independent(who)
        self._enough("cosignatures of witnesses", seen, self.trust.require_cosignatures)
        if not seen:
            self.found.aside("That the log shows everyone the same: no witness you trust saw it.")

    def _enough(self, what: str, hold: int, wanted: int) -> None:
        if hold < wanted:
            self.found.unknown(
                what, f"Your trust file requires {wanted} independent {what}; {hold} hold."
            )
        else:
            self.found.say(what, True, f"{hold} independent {what} hold.", "")

    def _tokens(self) -> None:
        """Each stamp with the revocation lists that came with it or later."""
        came: dict[str, bytes] = {}
        asked: list[tuple[int, str, str]] = []
        for number, entry in enumerate(self.entries):
            for token in entry.get("tokens", ()):
                files = {name: self.take(name) for name in token.get("files", ())}
                same = all(sha256(data).hexdigest() == token["files"][name]
                           for name, data in files.items())  # fmt: skip
                same = same and not came.keys() & files.keys()
                if files:
                    self.found.say(f"time stamp {visible(token['authority'])}", same,
                                   "The time stamp is the one in the log's entry.",
                                   "The time stamp is not the one in the log's entry.")  # fmt: skip
                came |= files
                asked += [(number, token["authority"], name) for name in files if ".tsr" in name]
        for number, authority, name in asked:
            begin = name.removesuffix("tsr")
            lists = [data for other, data in came.items()
                     if other.startswith(begin) and other.endswith(".crl")]  # fmt: skip
            self._stamp(number, visible(authority), came[name], lists)

    def _stamp(self, number: int, authority: str, response: bytes, lists: list[bytes]) -> None:
        """A stamp that proves nothing is its authority's fault: what was sealed is as it was."""
        name = f"time stamp {authority}"
        roots = [root for held in self.trust.time_authorities.values() for root in held]
        try:
            stamp = timestamps.verify(response, self.signature, roots, lists)
        except timestamps.AnothersStamp as problem:
            self.found.say(name, False, "", f"The time stamp of {authority} is false: {problem}.")
            return
        except timestamps.StampProblem as problem:
            self.found.unknown(name, f"The time stamp of {authority} proves nothing: {problem}.")
            return
        if stamp is None:
            self.found.unknown(name, f"Your trust file has no root for the stamp of {authority}.")
            return
        names = {f"name {held}" for held, certificates in self.trust.time_authorities.items()
                 for one in certificates if timestamps.key_of(one) in stamp.identity}  # fmt: skip
        self.stamps.append(frozenset({*stamp.identity, *names}))
        self.seen.append((stamp.moment, number))
        self.found.say(name, True, f"{authority} saw the seal at {stamp.moment.isoformat()}.", "")
        if not stamp.unrevoked:
            self.found.aside(f"That the certificate of {authority} was not revoked.")

    def _times(self) -> None:
        """Hold what manifest and entries claim against one another and what others confirm."""
        sealed = shapes.moment(self.manifest["sealed"])
        claims = [("the sealing", sealed, 0)]
        claims += [(f"entry {number} of the log", shapes.moment(entry["time"]), number)
                   for number, entry in enumerate(self.entries)]  # fmt: skip
        before = [shapes.moment(self.manifest[key]) for key in ("started", "ended")
                  if self.manifest[key] is not None]  # fmt: skip
        order = [*before, *(moment for _, moment, _ in claims)]
        wrong = [f"{later:%Y-%m-%d} follows {earlier:%Y-%m-%d}"
                 for earlier, later in pairwise(order)
                 if later < earlier - timestamps.CLOCKS]  # fmt: skip
        if claims[1][1] > sealed + timestamps.CLOCKS:
            wrong.append(f"sealed on {sealed:%Y-%m-%d}, in the log on {claims[1][1]:%Y-%m-%d}")
        for what, moment, number in claims:
            confirmed = [when for when, entry in self.seen if entry == number]
            wrong += [f"{what} is said to be of {moment:%Y-%m-%d}, and was seen on {when:%Y-%m-%d}"
                      for when in confirmed if abs(when - moment) > timestamps.CLOCKS]  # fmt: skip
        first = min((when for when, _ in self.seen), default=None)
        if first is not None and first > sealed + LATE:
            wrong.append(f"nobody else saw what was sealed on {sealed:%Y-%m-%d} "
                         f"before {first:%Y-%m-%d}")  # fmt: skip
        elif first is not None and first > sealed + timestamps.CLOCKS:
            self.found.aside(
                f"That it was sealed before {first:%Y-%m-%d}, when others first saw it."
            )
        if wrong:
            self.found.unknown("times", f"The times do not agree: {'; '.join(wrong)}.")
        else:
            self.found.say("times", True, "The times that are claimed agree.", "")

    def _tombstone(self, entry: Mapping[str, Any]) -> None:
        self.deleted |= set(entry["files"])
        why = visible(entry["authority"])
        for name in entry["files"]:
            self.found.unknown(
                f"deleted {name}",
                f"{name} was deleted on {entry['time']} (“{why}”); what remains "
                "proves that it was sealed, not what it held.",
            )
