"""The signature inside a time stamp (CMS, RFC 5652), checked with the certificate beside it.

Whether that certificate can be trusted is another question, for who verifies with roots of their
own. This one is asked when a stamp arrives, from an authority whose root nobody here may have.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import new

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

_SEQUENCE, _SET, _OCTETS, _OID, _FIRST = 0x30, 0x31, 0x04, 0x06, 0xA0
_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
_PSS = bytes.fromhex("2a864886f70d01010a")
_HASHES: dict[bytes, hashes.HashAlgorithm] = {
    bytes.fromhex("608648016503040201"): hashes.SHA256(),
    bytes.fromhex("608648016503040202"): hashes.SHA384(),
    bytes.fromhex("608648016503040203"): hashes.SHA512(),
}


def signed_by(token: bytes, certificate: x509.Certificate) -> bool:
    """Whether `certificate` signed the time-stamp token (a DER ContentInfo) that holds it.

    Raises `ValueError` for what is no such token, or signed in a way that is not known here.
    """
    _, content = _parts(_one(token, _SEQUENCE))
    _version, _algorithms, inner, *rest = _parts(_one(_one(content, _FIRST), _SEQUENCE))
    _, wrapped = _parts(_one(inner, _SEQUENCE))
    info = _one(_one(wrapped, _FIRST), _OCTETS)
    (signer,) = _parts(_one(rest[-1], _SET))
    _version, _who, digester, attributes, algorithm, signature, *_ = _parts(_one(signer, _SEQUENCE))
    method = _HASHES.get(_one(_parts(_one(digester, _SEQUENCE))[0], _OID))
    if method is None:
        raise ValueError("it is signed over a hash that is too weak or not known")
    if _attribute(_one(attributes, _FIRST), _MESSAGE_DIGEST) != new(method.name, info).digest():
        return False
    signed = bytes([_SET]) + attributes[1:]  # RFC 5652 §5.4: hashed as a SET, not as [0]
    kind = _one(_parts(_one(algorithm, _SEQUENCE))[0], _OID)
    key, made = certificate.public_key(), _one(signature, _OCTETS)
    try:
        if isinstance(key, rsa.RSAPublicKey) and kind == _PSS:
            padded = padding.PSS(padding.MGF1(method), padding.PSS.AUTO)
            key.verify(made, signed, padded, method)
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(made, signed, padding.PKCS1v15(), method)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(made, signed, ec.ECDSA(method))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(made, signed)
        else:
            raise ValueError("it is signed with a key of a kind that is not known")
    except InvalidSignature:
        return False
    return True


def _attribute(attributes: bytes, wanted: bytes) -> bytes | None:
    for attribute in _walk(attributes):
        name, values = _parts(_one(attribute, _SEQUENCE))
        if _one(name, _OID) == wanted:
            (value,) = _parts(_one(values, _SET))
            return _one(value, _OCTETS)
    return None


def _parts(content: bytes) -> list[bytes]:
    return list(_walk(content))


def _walk(content: bytes) -> Iterator[bytes]:
    """The elements that stand in a row, each whole."""
    at = 0
    while at < len(content):
        _, end = _length(content, at)
        yield content[at:end]
        at = end


def _one(element: bytes, tag: int) -> bytes:
    """The content of the one element that `element` is."""
    begin, end = _length(element, 0)
    if element[0] != tag or end != len(element):
        raise ValueError("it is no time stamp in DER")
    return element[begin:end]


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at `at` begins and ends."""
    try:
        size, begin = data[at + 1], at + 2
        if size & 0x80:
            wide = size & 0x7F
            size, begin = int.from_bytes(data[begin : begin + wide], "big"), begin + wide
            if not 1 <= wide <= 4:
                raise ValueError("it is no time stamp in DER")
    except IndexError:
        raise ValueError("it is no time stamp in DER") from None
    if begin + size > len(data):
        raise ValueError("it is no time stamp in DER")
    return begin, begin + size
