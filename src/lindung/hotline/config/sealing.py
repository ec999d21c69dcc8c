"""Sealed boxes (libsodium `crypto_box_seal`): anyone may seal, only the report key opens.

The public process holds the public key alone, so a stolen public process opens nothing.
"""

from __future__ import annotations

from functools import cache

from django.conf import settings
from nacl.public import PrivateKey, PublicKey, SealedBox

from . import keys


@cache
def _sealer() -> SealedBox[PublicKey]:
    return SealedBox(PublicKey(keys.read(settings.ENV.home, "report.pub")))


@cache
def _opener() -> SealedBox[PrivateKey]:
    return SealedBox(PrivateKey(keys.read(settings.ENV.home, "report.key")))


def seal(plain: str) -> bytes:
    """Seal text to the hotline; only a holder of `report.key` can open it."""
    return bytes(_sealer().encrypt(plain.encode("utf-8", "surrogatepass")))


def unseal(sealed: bytes | memoryview) -> str:
    """Open a sealed text. Raises nacl.exceptions.CryptoError when it is not ours or damaged."""
    return bytes(_opener().decrypt(bytes(sealed))).decode("utf-8", "surrogatepass")
