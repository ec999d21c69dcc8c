"""How many reports come in at once: nobody who writes for the first time waits behind a flood.

No address is stored. A source is known for minutes, in this process's memory, by a hash under a
key that no disk ever holds. Where the address says nothing (a proxy of one's own that LINDUNG_PROXY
does not name) only the budget for all together counts. docs/decisions/0026.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

OWN_BURST, OWN_SECONDS = 10, 20.0  # reports of one source at once, and for one more
FORGOTTEN_AFTER = 600.0  # seconds after which a source is unknown again
MOST_SOURCES = 50_000
NEW_FACTOR = 4  # sources that are new may send this many times the budget
PATIENT_REFUSALS = 5  # a source refused more often gets a short answer
SHARED = [
    ipaddress.ip_network(one)
    for one in ("127.0.0.1/32", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                "fc00::/7", "fe80::/10")
]  # fmt: skip


class Answer(Enum):
    """TAKE it; ask to WAIT with all that was typed; or say so in a line, as to a machine: SHUT."""

    TAKE = "take"
    WAIT = "wait"
    SHUT = "shut"


@dataclass
class _Bucket:
    """Holds `level` reports, of at most `size`, and gains one in `seconds`."""

    size: float
    seconds: float
    level: float
    at: float
    refused: int = 0
    taken: int = 0

    def fill(self, now: float) -> None:
        self.level = min(self.size, self.level + (now - self.at) / self.seconds)
        self.at = now


class Gate:
    """Decides about each report; `a_minute` is what all may send together once many come."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._key = secrets.token_bytes(32)
        now = clock()
        self._all = _Bucket(a_minute, 60 / a_minute, a_minute, now)
        most = a_minute * NEW_FACTOR
        self._new = _Bucket(most, 60 / most, most, now)
        self._sources: OrderedDict[bytes, _Bucket] = OrderedDict()

    def ask(self, address: str) -> Answer:
        """Count one report of this address, and say what to answer."""
        known = self._known(address)
        with self._lock:
            now = self._clock()
            self._all.fill(now)
            self._new.fill(now)
            if known is None:
                return self._take(self._all) if self._all.level >= 1 else Answer.WAIT
            own = self._source(known, now)
            within_all = self._all.level >= 1 or (not own.taken and self._new.level >= 1)
            if own.level < 1 or not within_all:
                own.refused += 1
                return Answer.WAIT if own.refused <= PATIENT_REFUSALS else Answer.SHUT
            own.taken += 1
            own.refused = 0
            self._new.level -= 1
            self._take(self._all)
            return self._take(own)

    @staticmethod
    def _take(bucket: _Bucket) -> Answer:
        bucket.level = max(0.0, bucket.level - 1)
        return Answer.TAKE

    def _source(self, known: bytes, now: float) -> _Bucket:
        while self._sources:
            oldest = next(iter(self._sources.values()))
            if now - oldest.at <= FORGOTTEN_AFTER and len(self._sources) <= MOST_SOURCES:
                break
            self._sources.popitem(last=False)
        own = self._sources.setdefault(known, _Bucket(OWN_BURST, OWN_SECONDS, OWN_BURST, now))
        own.fill(now)
        self._sources.move_to_end(known)
        return own

    def _known(self, address: str) -> bytes | None:
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return None
        if found.version == 6 and found.ipv4_mapped:
            found = found.ipv4_mapped
        if any(found in network for network in SHARED if network.version == found.version):
            return None
        packed = found.packed[:8]  # of IPv6 the network, which one person has whole
        return hashlib.blake2b(packed, key=self._key, digest_size=16).digest()
