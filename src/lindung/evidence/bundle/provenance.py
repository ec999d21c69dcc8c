"""The part of `verify` that looks at the custody log, its witnesses and the time stamps."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol

import rfc8785
from cryptography import x509

from lindung.evidence.bundle import history, timestamps
from lindung.evidence.bundle.keys import Trust
from lindung.evidence.log import custody_log, notes, tree
from lindung.evidence.log.notes import Checkpoint


class Findings(Protocol):
    """Where a verification puts what it finds."""

    def say(self, name: str, good: bool, passed: str, failed: str) -> None: ...
    def unknown(self, name: str, words: str) -> None: ...
    def aside(self, words: str) -> None:
        """Something true that is not a check: it goes with what is not proved."""


@dataclass
class Provenance:
    """Checks `log/` and `tokens/` of one bundle; `take` reads a member and accounts for it."""

    take: Callable[[str], bytes]
    has: Callable[[str], bool]
    trust: Trust
    found: Findings
    manifest: bytes
    signature: bytes
    deleted: set[str] = field(default_factory=set)  # members that a tombstone covers
    stamped: int = 0

    def run(self) -> None:
        entries: list[Mapping[str, Any]] = []
        last: Checkpoint | None = None
        while not entries or self.has(f"log/{len(entries)}/entry.json"):
            entry, last = self._entry(len(entries), last)
            entries.append(entry)
            self._tokens(entry)
            if entry["kind"] == "evidence-deleted":
                self._tombstone(entry)
        for authority in history.pending(entries):
            self.found.aside(f"The time stamp of {authority} was still pending.")
        self._enough("time stamps", self.stamped, self.trust.require_tokens)
        if not self.stamped:
            self.found.aside("When it was sealed: no independent authority confirms the time.")
        if last is not None:
            self._cosignatures(last)

    def _entry(self, number: int, before: Checkpoint | None) -> tuple[dict[str, Any], Checkpoint]:
        place = f"log/{number}"
        raw = self.take(f"{place}/entry.json")
        head = notes.parse(self.take(f"{place}/checkpoint").decode())
        included = json.loads(raw)
        entry: dict[str, Any] = included["entry"]
        kinds = ("evidence-stamped", "evidence-deleted") if number else ("evidence-sealed",)
        whole = (
            rfc8785.dumps(included) == raw
            and set(included) == {"entry", "salt", "index", "proof"}
            and entry["kind"] in kinds
            and entry["manifest_sha256"] == sha256(self.manifest).hexdigest()
            and entry["signature_sha256"] == sha256(self.signature).hexdigest()
        )
        self.found.say(f"{place} entry", whole, "The custody log's entry is about this manifest.",
                       "The custody log's entry is not about this manifest.")  # fmt: skip
        leaf = custody_log.entry_hash(entry, base64.b64decode(included["salt"], validate=True))
        proof = notes.decode_hashes(included["proof"])
        inside = tree.verify_inclusion(leaf, included["index"], head.size, proof, head.root)
        self.found.say(f"{place} inclusion", inside, "The entry is in the log at its head.",
                       "The entry is not in the log at its head.")  # fmt: skip
        self._head(place, head)
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

    def _head(self, place: str, head: Checkpoint) -> None:
        key = self.trust.logs.get(head.origin)
        if key is None:
            self.found.unknown(f"{place} head", f"Your trust file knows no log {head.origin}.")
            return
        self.found.say(f"{place} head", head.signed_by(head.origin, key),
                       f"The log {head.origin}, which you trust, signed this head.",
                       f"The log {head.origin} did not sign this head.")  # fmt: skip
        for name, _ in head.signatures:
            if name == head.origin:
                continue
            witness = self.trust.witnesses.get(name)
            if witness is None:
                self.found.unknown(f"{place} witness", f"Your trust file knows no witness {name}.")
            else:
                self.found.say(f"{place} witness", head.cosigned_at(name, witness) is not None,
                               f"The witness {name} saw this head.",
                               f"The cosignature of the witness {name} is false.")  # fmt: skip
        if len({name for name, _ in head.signatures}) != len(head.signatures):
            self.found.say(f"{place} signatures", False, "", "A signature line stands twice.")

    def _cosignatures(self, head: Checkpoint) -> None:
        seen = sum(head.cosigned_at(name, key) is not None
                   for name, key in self.trust.witnesses.items())  # fmt: skip
        self._enough("cosignatures of witnesses", seen, self.trust.require_cosignatures)
        if not seen:
            self.found.aside("That the log shows everyone the same: no witness you trust saw it.")

    def _enough(self, what: str, hold: int, wanted: int) -> None:
        if hold < wanted:
            self.found.unknown(what, f"Your trust file requires {wanted} {what}; {hold} hold.")
        else:
            self.found.say(what, True, f"{hold} {what} hold.", "")

    def _tokens(self, entry: Mapping[str, Any]) -> None:
        for token in entry.get("tokens", ()):
            if "pending" in token:
                continue
            files = {name: self.take(name) for name in token["files"]}
            same = all(sha256(data).hexdigest() == token["files"][name]
                       for name, data in files.items())  # fmt: skip
            self.found.say(f"time stamp {token['authority']}", same,
                           "The time stamp is the one in the log's entry.",
                           "The time stamp is not the one in the log's entry.")  # fmt: skip
            self._stamp(str(token["authority"]), files)

    def _stamp(self, authority: str, files: Mapping[str, bytes]) -> None:
        name = f"time stamp {authority}"
        (response,) = (data for file, data in files.items() if file.endswith(".tsr"))
        (chain,) = (data for file, data in files.items() if file.endswith(".pem"))
        lists = [data for file, data in files.items() if file.endswith(".crl")]
        issuers = {c.issuer for c in x509.load_pem_x509_certificates(chain)}
        roots = list(self.trust.time_authorities.values())
        if not any(root.subject in issuers for root in roots):
            self.found.unknown(name, f"Your trust file has no root for the stamp of {authority}.")
            return
        try:
            moment, checked = timestamps.verify(response, self.signature, roots, lists)
        except timestamps.StampProblem as problem:
            self.found.say(name, False, "", f"The time stamp of {authority} is false: {problem}.")
            return
        self.stamped += 1
        self.found.say(name, True, f"{authority} saw the seal at {moment.isoformat()}.", "")
        if not checked:
            self.found.aside(f"That the certificate of {authority} was not revoked.")

    def _tombstone(self, entry: Mapping[str, Any]) -> None:
        self.deleted |= set(entry["files"])
        for name in entry["files"]:
            self.found.unknown(
                f"deleted {name}",
                f"{name} was deleted on {entry['time']} ({entry['authority']}); what remains "
                "proves that it was sealed, not what it held.",
            )
