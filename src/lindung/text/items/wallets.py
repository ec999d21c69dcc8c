"""Wallets and bank accounts that carry a checksum: a mistyped one is not taken for one."""

from __future__ import annotations

import hashlib
import re

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VERSIONS = {0x00: "btc", 0x05: "btc", 0x30: "ltc", 0x32: "ltc", 0x41: "trx", 0x1E: "doge"}

WALLET = re.compile(
    r"\b(?:0x[0-9a-fA-F]{40}|(?:bc1|ltc1)[02-9ac-hj-np-z]{11,87}"
    r"|(?:BC1|LTC1)[02-9AC-HJ-NP-Z]{11,87}"
    r"|[13LMDT][1-9A-HJ-NP-Za-km-z]{25,34}"
    r"|[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)\b"
)


def wallet(written: str) -> str | None:
    """`chain:address` for a wallet or `iban:…` whose checksum holds, None otherwise.

    Base58Check, Bech32 and Bech32m (BIP 173, BIP 350), IBAN (ISO 13616). Ethereum addresses are
    taken by form: their mixed-case checksum is optional.
    """
    written = written.strip()
    if re.fullmatch(r"0x[0-9a-fA-F]{40}", written):
        return f"eth:{written.lower()}"
    if re.match(r"(?:bc|ltc)1", written, re.IGNORECASE) and written in (
        written.lower(),
        written.upper(),
    ):
        prefix, _, data = written.lower().rpartition("1")
        if _bech32_holds(prefix, data):
            return f"{'btc' if prefix == 'bc' else 'ltc'}:{written.lower()}"
    if re.fullmatch(r"[1-9A-HJ-NP-Za-km-z]{26,35}", written) and (chain := _base58(written)):
        return f"{chain}:{written}"
    tight = written.replace(" ", "").upper()
    if re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", tight):
        digits = "".join(str(int(character, 36)) for character in tight[4:] + tight[:4])
        if int(digits) % 97 == 1:
            return f"iban:{tight}"
    return None


def _base58(written: str) -> str | None:
    number = 0
    for character in written:
        number = number * 58 + _BASE58.index(character)
    try:
        raw = number.to_bytes(25, "big")
    except OverflowError:
        return None
    if hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4] != raw[21:]:
        return None
    return _VERSIONS.get(raw[0])


def _bech32_holds(prefix: str, data: str) -> bool:
    if len(data) < 6 or any(character not in _BECH32 for character in data):
        return False
    values = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    values += [_BECH32.index(c) for c in data]
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(
            (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        ):
            check ^= generator if top >> bit & 1 else 0
    return check in (1, 0x2BC830A3)
