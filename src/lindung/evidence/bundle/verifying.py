"""Verify a bundle offline, against trust that comes from outside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lindung.evidence.bundle.container import BundleProblem, BundleReader
from lindung.evidence.bundle.provenance import Provenance
from lindung.evidence.bundle.shapes import decoded
from lindung.evidence.bundle.statements import expected_members, read_manifest
from lindung.evidence.bundle.trust import Trust, public_text
from lindung.evidence.log import notes
from lindung.runtime import visible

AUTHENTIC, TAMPERED, CANNOT_ESTABLISH = 0, 1, 2
_MOST = 2000  # characters of one sentence


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "cannot establish"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, what came out, and the sentence for a person."""

    name: str
    outcome: Outcome
    words: str


@dataclass(frozen=True)
class Verdict:
    """`status` is 0 authentic, 1 tampered, 2 cannot establish: what is not checked never passes."""

    status: int
    checks: tuple[Check, ...]
    not_proved: tuple[str, ...]
    manifest: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def words(self) -> str:
        return ("authentic", "tampered", "cannot establish")[self.status]

    def as_json(self) -> str:
        return json.dumps(
            {
                "status": self.status,
                "verdict": self.words,
                "checks": [check.__dict__ for check in self.checks],
                "not_proved": self.not_proved,
            },
            indent=2,
        )


NOT_PROVED = (
    "That the page told the truth, or who wrote it.",
    "That the site showed other visitors the same.",
    "That the plaintext has the digests in the manifest: open the bundle to check it.",
)


def verify(bundle: Path, trust: Trust | Path | None) -> Verdict:
    """Check everything a bundle claims. Never raises for what the bundle holds.

    Without trust the best verdict is "cannot establish". Raises `KeyProblem` for a trust file
    that cannot be read.
    """
    with examined(bundle, trust) as (_reader, verdict):
        return verdict


@contextmanager
def examined(
    bundle: Path, trust: Trust | Path | None
) -> Iterator[tuple[BundleReader | None, Verdict]]:
    """The same, with the reader that the verdict is about, for who goes on reading: the file under
    the name may be another by then. There is no reader where there is no bundle.
    """
    trust = Trust.load(trust) if isinstance(trust, Path) else trust or Trust()
    try:
        reader = BundleReader(bundle)
    except BundleProblem as problem:
        yield None, _judged([_broken(problem)], [], {})
        return
    with reader:
        checks: list[Check] = []
        asides: list[str] = []
        manifest: dict[str, Any] = {}
        try:
            manifest = _Verification(reader, trust, checks, asides).run()
        except BundleProblem as problem:
            checks.append(_broken(problem))
        except Exception as error:  # parsers of hostile bytes: whatever they raise, it is malformed
            kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
            words = f"The bundle holds something malformed: {kind}{visible(error)}."
            checks.append(Check("bundle", Outcome.FAILED, words))
        yield reader, _judged(checks, asides, manifest)


def _broken(problem: BundleProblem) -> Check:
    if problem.altered:
        return Check("bundle", Outcome.FAILED, f"The bundle is not whole: {problem}.")
    return Check("bundle", Outcome.UNKNOWN, f"There is no bundle to check: {problem}.")


def _judged(checks: list[Check], asides: list[str], manifest: dict[str, Any]) -> Verdict:
    outcomes = {check.outcome for check in checks}
    status = AUTHENTIC
    if Outcome.FAILED in outcomes:
        status = TAMPERED
    elif Outcome.UNKNOWN in outcomes:
        status = CANNOT_ESTABLISH
    unknown = (check.words for check in checks if check.outcome is Outcome.UNKNOWN)
    return Verdict(status, tuple(checks), (*unknown, *asides, *NOT_PROVED), manifest)


class _Verification:
    """One run over one bundle: what it finds goes into `checks`, what it cannot into `asides`."""

    def __init__(
        self, reader: BundleReader, trust: Trust, checks: list[Check], asides: list[str]
    ) -> None:
        self.reader, self.trust, self.checks, self.asides = reader, trust, checks, asides

    def run(self) -> dict[str, Any]:
        raw = self.reader.read("manifest.json")
        manifest = read_manifest(raw)
        self.say("manifest", True, "The manifest is in its one canonical form.", "")
        signature = self.reader.read("manifest.sig")
        self._signature(manifest, raw, signature)
        self._documents(manifest)
        provenance = Provenance(
            self.reader.read, self.reader.members.__contains__, self.trust, self, raw, signature,
            manifest,
        )  # fmt: skip
        provenance.run()
        self._files(manifest, provenance.deleted)
        self._members(expected_members(manifest, provenance.entries, provenance.deleted))
        return manifest

    def _signature(self, manifest: Mapping[str, Any], raw: bytes, signature: bytes) -> None:
        name, claimed = manifest["signer"]["name"], manifest["signer"]["key"]
        key = Ed25519PublicKey.from_public_bytes(decoded(claimed))
        self.say("signature", notes.verifies(key, signature, raw),
                  "The signature fits the manifest.",
                  "The signature does not fit the manifest.")  # fmt: skip
        known = self.trust.signers.get(name)
        if known is None:
            self.unknown("signer", f"Your trust file does not name the signer {visible(name)}.")
        elif claimed not in map(public_text, known):
            self.unknown("signer", f"Your trust file has another key for {visible(name)}.")
        else:
            self.say("signer", True, f"The signer is {visible(name)}, whom you trust.", "")

    def _documents(self, manifest: Mapping[str, Any]) -> None:
        wrong = {name for name, digest in manifest["documents"].items()
                 if sha256(self.reader.read(name)).hexdigest() != digest}  # fmt: skip
        sums = "".join(
            f"{f['sealed']['sha256']}  {f['sealed']['name']}\n" for f in manifest["files"]
        )
        pem = Ed25519PublicKey.from_public_bytes(decoded(manifest["signer"]["key"])).public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )
        if self.reader.read("SHA256SUMS") != sums.encode():
            wrong.add("SHA256SUMS")
        if self.reader.read("signer.pem") != pem:
            wrong.add("signer.pem")
        self.say("documents", not wrong, "The instructions and sums are those of the manifest.",
                  f"Not as in the manifest: {', '.join(sorted(wrong))}.")  # fmt: skip

    def _files(self, manifest: Mapping[str, Any], deleted: set[str]) -> None:
        for entry in manifest["files"]:
            name, sealed = entry["name"], entry["sealed"]
            member = self.reader.members.get(sealed["name"])
            if sealed["name"] in deleted:
                if member is not None:
                    self.say(f"file {name}", False, "", f"The deleted file {name} is back.")
                continue
            if member is None:
                self.say(f"file {name}", False, "", f"The file {name} is missing.")
                continue
            same = member.size == sealed["size"] and (
                self.reader.digest(sealed["name"]) == sealed["sha256"]
            )
            self.say(f"file {name}", same, f"The file {name} is the one that was sealed.",
                      f"The file {name} is not the one that was sealed.")  # fmt: skip

    def _members(self, expected: list[str]) -> None:
        there = list(self.reader.members)
        surplus = sorted(set(there) - set(expected))
        self.say("members", not surplus, "Nothing in the bundle is unaccounted for.",
                  f"The manifest does not know: {', '.join(surplus)}.")  # fmt: skip
        self.say("order", surplus != [] or there == expected,
                 "Its members stand in their one order.",
                 "Its members do not stand in their one order.")  # fmt: skip

    def say(self, name: str, good: bool, passed: str, failed: str) -> None:
        outcome = Outcome.PASSED if good else Outcome.FAILED
        self.checks.append(Check(name, outcome, visible(passed if good else failed, _MOST)))

    def aside(self, words: str) -> None:
        self.asides.append(visible(words, _MOST))

    def unknown(self, name: str, words: str) -> None:
        self.checks.append(Check(name, Outcome.UNKNOWN, visible(words, _MOST)))
