"""Passwords kept so that the database can see a proof of one without ever seeing it."""

from __future__ import annotations

import base64
import hashlib

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.utils.crypto import pbkdf2


class ProvenHasher(PBKDF2PasswordHasher):
    """PBKDF2, of which only the SHA-256 digest is stored: what PBKDF2 gives is the proof.

    Whoever reads the stored text has no proof; the database's own function compares.
    """

    algorithm = "pbkdf2_proven"

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        rounds = iterations or self.iterations
        digest = hashlib.sha256(self._derive(password, salt, rounds)).digest()
        return f"{self.algorithm}${rounds}${salt}${base64.b64encode(digest).decode()}"

    def proof(self, password: str, encoded: str) -> bytes:
        """What shows that `password` is the one stored as `encoded`, 32 bytes."""
        kept = self.decode(encoded)
        return self._derive(password, str(kept["salt"]), int(kept["iterations"]))

    def _derive(self, password: str, salt: str, iterations: int) -> bytes:
        return bytes(pbkdf2(password, salt, iterations, digest=self.digest))
