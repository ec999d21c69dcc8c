"""Capture, seal, prove, verify, open and export evidence. No database.

    keys = keygen(Path("keys"), "hotline.example")       # once; move keys/offline away
    taken = capture("https://example.com/", Path("taken"))  # never raises for what a site does
    sealed = seal(taken, Path("case.lindung.tar"), keys=keys, log=keys.file_log(),
                  operator="Example Hotline")
    verdict = verify(Path("case.lindung.tar"), Path("keys/trust.json"))  # .status 0, 1 or 2
    open_bundle(Path("case.lindung.tar"), Path("offline/identity-1.txt"), Path("opened"),
                Path("keys/trust.json"))  # nothing is opened that is not authentic

A custody log may live anywhere: give `CustodyLog` a `LogStore` (`size`, `get`, `put` of the digests
of complete subtrees). `seal` takes anything with `append(entry) -> Inclusion`.
"""

from lindung.evidence.bundle.container import BundleProblem
from lindung.evidence.bundle.history import delete, stamp
from lindung.evidence.bundle.keys import Keys, keygen, witness_key
from lindung.evidence.bundle.opening import CannotOpen, open_bundle
from lindung.evidence.bundle.sealing import Sealed, seal
from lindung.evidence.bundle.trust import KeyProblem, Trust
from lindung.evidence.bundle.verifying import Check, Outcome, Verdict, verify
from lindung.evidence.capture.capturing import (
    CannotCapture,
    Capture,
    capture,
    not_an_address,
)
from lindung.evidence.capture.chromium import find_chromium
from lindung.evidence.capture.payloads import Payload, media_payloads
from lindung.evidence.capture.policy import Isolation, Limits, Policy
from lindung.evidence.capture.trial import Trial, trial
from lindung.evidence.exports import Form, export
from lindung.evidence.log.custody_log import CustodyLog, FileLog, Inclusion, Log, entry_hash
from lindung.evidence.log.notes import Checkpoint, NoteError
from lindung.evidence.log.notes import parse as parse_checkpoint
from lindung.evidence.log.tree import (
    LogStore,
    MemoryStore,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from lindung.evidence.log.tree import append as append_leaf
from lindung.evidence.log.witness import RemoteWitness, Witness, WitnessRefused, WitnessServer

__all__ = [
    "BundleProblem",
    "CannotCapture",
    "CannotOpen",
    "Capture",
    "Check",
    "Checkpoint",
    "CustodyLog",
    "FileLog",
    "Form",
    "Inclusion",
    "Isolation",
    "KeyProblem",
    "Keys",
    "Limits",
    "Log",
    "LogStore",
    "MemoryStore",
    "NoteError",
    "Outcome",
    "Payload",
    "Policy",
    "RemoteWitness",
    "Sealed",
    "Trial",
    "Trust",
    "Verdict",
    "Witness",
    "WitnessRefused",
    "WitnessServer",
    "append_leaf",
    "capture",
    "delete",
    "entry_hash",
    "export",
    "find_chromium",
    "keygen",
    "leaf_hash",
    "media_payloads",
    "not_an_address",
    "open_bundle",
    "parse_checkpoint",
    "seal",
    "stamp",
    "trial",
    "verify",
    "verify_consistency",
    "verify_inclusion",
    "witness_key",
]
