"""RFC 3161 time stamps: what an independent authority says existed, and when."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)
from rfc3161_client.tsp import TimeStampResponse

_MOST = 4 << 20


class StampProblem(Exception):
    """No usable time stamp; the message says why."""


@dataclass(frozen=True)
class Token:
    """One answer of a time authority, its certificates and its revocation lists (DER)."""

    authority: str
    response: bytes
    chain: bytes
    revocation: tuple[bytes, ...] = ()

    def files(self, number: int) -> dict[str, bytes]:
        """As members of a bundle."""
        files = {f"tokens/{number}.tsr": self.response, f"tokens/{number}.pem": self.chain}
        files |= {f"tokens/{number}.{i}.crl": crl for i, crl in enumerate(self.revocation)}
        return files


def request(authority: str, data: bytes, timeout: float = 20.0) -> Token:
    """Ask `authority` (an http address) to stamp `data`; raises `StampProblem`."""
    query = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
    message = urllib.request.Request(  # noqa: S310
        authority, query.as_bytes(), {"Content-Type": "application/timestamp-query"}
    )
    raw = _fetch(message, timeout)
    try:
        response = decode_timestamp_response(raw)
        info = response.tst_info
    except ValueError as error:
        raise StampProblem(f"{authority} did not answer with a time stamp: {error}") from None
    if info.message_imprint.message != sha256(data).digest() or info.nonce != query.nonce:
        raise StampProblem(f"{authority} stamped something else")
    certificates = _certificates(response)
    lists = [_fetch(urllib.request.Request(url), timeout)  # noqa: S310
             for url in dict.fromkeys(_revocation_points(certificates))]  # fmt: skip
    chain = b"".join(c.public_bytes(Encoding.PEM) for c in certificates)
    return Token(authority, raw, chain, tuple(lists))


def verify(
    response: bytes, data: bytes, roots: Iterable[x509.Certificate], lists: Iterable[bytes] = ()
) -> tuple[datetime, bool]:
    """When `data` was stamped, by an authority under one of `roots`, and whether revocation of
    its certificate was checked (against `lists`). Raises `StampProblem`.
    """
    try:
        token = decode_timestamp_response(response)
        verifier = VerifierBuilder()
        roots = list(roots)
        for root in roots:
            verifier = verifier.add_root_certificate(root)
        verifier.build().verify_message(token, data)
    except (ValueError, VerificationError) as error:
        raise StampProblem(str(error)) from None
    known = {c.subject: c for c in (*roots, *_certificates(token))}
    return token.tst_info.gen_time, _check_revocation(token, known, lists)


def _check_revocation(
    token: TimeStampResponse, known: dict[x509.Name, x509.Certificate], lists: Iterable[bytes]
) -> bool:
    signer = next(iter(token.signed_data.signer_infos))
    checked = False
    for raw in lists:
        crl = x509.load_der_x509_crl(raw)
        issuer = known.get(crl.issuer)
        if issuer is None or not crl.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]
            raise StampProblem("a revocation list is not signed by the authority's issuer")
        if crl.issuer == signer.issuer:
            checked = True
            revoked = crl.get_revoked_certificate_by_serial_number(signer.serial_number)
            if revoked is not None and revoked.revocation_date_utc <= token.tst_info.gen_time:
                raise StampProblem("the authority's certificate was revoked before it stamped")
    return checked


def _certificates(response: TimeStampResponse) -> list[x509.Certificate]:
    found = map(x509.load_der_x509_certificate, response.signed_data.certificates)
    return sorted(found, key=lambda c: c.subject.rfc4514_string())


def _revocation_points(certificates: Iterable[x509.Certificate]) -> Iterable[str]:
    for certificate in certificates:
        try:
            points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
        except x509.ExtensionNotFound:
            continue
        for point in points.value:
            for name in point.full_name or ():
                if str(name.value).startswith("http"):
                    yield str(name.value)


def _fetch(message: urllib.request.Request, timeout: float) -> bytes:
    try:
        with urllib.request.urlopen(message, timeout=timeout) as answer:  # noqa: S310
            data: bytes = answer.read(_MOST + 1)
    except (OSError, urllib.error.URLError, ValueError) as error:
        raise StampProblem(f"{message.full_url} did not answer: {error}") from None
    if len(data) > _MOST:
        raise StampProblem(f"{message.full_url} answered with too much")
    return data
