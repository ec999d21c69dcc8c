"""RFC 3161 time stamps: what an independent authority says existed, and when.

What an authority answers is checked before it is kept: that it is a stamp over what was asked, made
now, and signed by the certificate that came with it. Whether that certificate is to be trusted
is for who verifies.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)
from rfc3161_client.tsp import PKIStatus, TimeStampResponse

from lindung.evidence.bundle.cms import signed_by
from lindung.evidence.capture.addresses import is_public
from lindung.evidence.log.asking import Deadline, NoAnswer, ask
from lindung.runtime import visible

SECONDS = 20.0  # for a stamp and its revocation lists together
CLOCKS = timedelta(days=1)  # so far apart the clocks of honest machines may be
_MOST_STAMP, _MOST_LIST = 256 << 10, 4 << 20
_MOST_LISTS = 4
_SHA256 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")


class StampProblem(Exception):
    """No usable time stamp; the message says why."""


class AnothersStamp(StampProblem):
    """A sound stamp over something else: somebody put it here."""


@dataclass(frozen=True)
class Token:
    """One answer of a time authority, its certificates and its revocation lists (DER).

    `pending` says why a revocation list did not come, if one should have.
    """

    response: bytes
    chain: bytes
    revocation: tuple[bytes, ...] = ()
    pending: str | None = None

    def files(self, number: int) -> dict[str, bytes]:
        """As members of a bundle."""
        files = {f"tokens/{number}.tsr": self.response, f"tokens/{number}.pem": self.chain}
        return files | list_files(number, self.revocation)


@dataclass(frozen=True)
class Stamp:
    """A stamp that holds: when, and whether its certificate's revocation was looked up.

    `identity` is the keys of who made it and of every trusted root it holds under.
    """

    moment: datetime
    identity: frozenset[bytes]
    unrevoked: bool


def request(authority: str, data: bytes) -> Token:
    """Ask `authority` (an http or https address) to stamp `data`; raises `StampProblem`."""
    deadline = Deadline(SECONDS)
    query = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
    try:
        status, raw = ask(
            authority, query.as_bytes(), deadline=deadline, most=_MOST_STAMP,
            kind="application/timestamp-query",
        )  # fmt: skip
    except NoAnswer as problem:
        raise StampProblem(str(problem)) from None
    if status != 200:
        raise StampProblem(f"{visible(authority)} answered {status}")
    try:
        response = decode_timestamp_response(raw)
        leaf = _checked(response, data, query.nonce)
    except StampProblem as problem:
        raise StampProblem(f"{visible(authority)}: {problem}") from None
    except Exception as error:  # parsers of hostile bytes: whatever they raise, it is no stamp
        words = visible(error)
        raise StampProblem(f"{visible(authority)} answered with no time stamp ({words})") from None
    certificates = _certificates(response)
    chain = b"".join(c.public_bytes(Encoding.PEM) for c in certificates)
    try:
        lists = _lists(response, leaf, authority, deadline)
    except _Unchecked as problem:
        return Token(raw, chain, pending=str(problem))
    return Token(raw, chain, lists)


def revocation(authority: str, response: bytes) -> tuple[bytes, ...]:
    """The revocation lists for a stamp that came without them; raises `StampProblem`."""
    try:
        token = decode_timestamp_response(response)
        return _lists(token, _leaf(token), authority, Deadline(SECONDS), late=True)
    except _Unchecked as problem:
        raise StampProblem(str(problem)) from None
    except (ValueError, LookupError) as error:
        raise StampProblem(f"the stamp of {visible(authority)} is malformed ({error})") from None


def list_files(number: int, lists: Iterable[bytes]) -> dict[str, bytes]:
    """Revocation lists of the stamp `number` as members of a bundle."""
    return {f"tokens/{number}.{i}.crl": one for i, one in enumerate(lists)}


def verify(
    response: bytes, data: bytes, roots: Collection[x509.Certificate], lists: Iterable[bytes] = ()
) -> Stamp | None:
    """The stamp over `data` if it holds under one of `roots`; None if it is of another root.

    Raises `StampProblem` for one that proves nothing, whoever made it.
    """
    try:
        token = decode_timestamp_response(response)
        leaf = _leaf(token)
        held: list[x509.Certificate] = []
        for root in roots:
            try:
                VerifierBuilder().add_root_certificate(root).build().verify_message(token, data)
                held.append(root)
            except VerificationError as problem:
                why = problem
        if not held:
            _checked(token, data, None)
            if any(root.subject == leaf.issuer for root in roots):
                raise StampProblem(visible(why))
            return None
        known = [*held, *_certificates(token)]
        unrevoked = _listed(token, leaf, known, lists)
    except StampProblem:
        raise
    except Exception as error:  # parsers of hostile bytes: whatever they raise, it proves nothing
        raise StampProblem(f"it is malformed ({visible(error)})") from None
    return Stamp(
        token.tst_info.gen_time, frozenset(key_of(one) for one in (leaf, *held)), unrevoked
    )


def _checked(token: TimeStampResponse, data: bytes, nonce: int | None) -> x509.Certificate:
    """The certificate that signed a stamp over `data`; raises `StampProblem` or `ValueError`.

    With a `nonce` it is an answer to our own question, so that it must be of now.
    """
    if PKIStatus(token.status) != PKIStatus.GRANTED:
        raise StampProblem("it refuses to stamp")
    info = token.tst_info
    imprint = info.message_imprint
    if (imprint.hash_algorithm, imprint.message) != (_SHA256, sha256(data).digest()):
        raise AnothersStamp("it is over something else")
    if nonce is not None and info.nonce != nonce:
        raise StampProblem("it answered another question")
    if nonce is not None and abs(datetime.now(UTC) - info.gen_time) > CLOCKS:
        raise StampProblem(
            f"its clock says {info.gen_time:%Y-%m-%d %H:%M} UTC; check the clock of this machine"
        )
    leaf = _leaf(token)
    if not leaf.not_valid_before_utc <= info.gen_time <= leaf.not_valid_after_utc:
        raise StampProblem("its certificate was not valid at the time it says")
    try:
        usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        fit = usage.critical and ExtendedKeyUsageOID.TIME_STAMPING in usage.value
    except x509.ExtensionNotFound:
        fit = False
    if not fit:
        raise StampProblem("its certificate is not one for time stamps")
    if not signed_by(token.time_stamp_token(), leaf):
        raise StampProblem("its signature is false")
    return leaf


def _leaf(token: TimeStampResponse) -> x509.Certificate:
    (signer,) = token.signed_data.signer_infos
    for one in _certificates(token):
        if (one.issuer, one.serial_number) == (signer.issuer, signer.serial_number):
            return one
    raise StampProblem("it came without the authority's certificate")


def _certificates(response: TimeStampResponse) -> list[x509.Certificate]:
    found = map(x509.load_der_x509_certificate, response.signed_data.certificates)
    return sorted(found, key=lambda c: (c.subject.rfc4514_string(), c.serial_number))


class _Unchecked(Exception):
    """No revocation list could be had; the message says why."""


def _lists(
    token: TimeStampResponse,
    leaf: x509.Certificate,
    authority: str,
    deadline: Deadline,
    *,
    late: bool = False,
) -> tuple[bytes, ...]:
    """The revocation lists that the authority's certificates name, each checked.

    One that lists the certificate is a `StampProblem`; `late`, when the stamp is part of a bundle
    already, it is kept, because a verifier must know.
    An address in a certificate is a stranger's word: it may lead to the public internet, or to
    the authority's own host, and nowhere inside.
    """
    own = urlsplit(authority).hostname
    found = []
    for url in list(dict.fromkeys(_points(_certificates(token))))[:_MOST_LISTS]:
        try:
            status, raw = ask(
                url, deadline=deadline, most=_MOST_LIST,
                allowed=lambda host, address: host == own or is_public(address),
            )  # fmt: skip
        except NoAnswer as problem:
            raise _Unchecked(f"the revocation list: {problem}") from None
        if status != 200:
            raise _Unchecked(f"the revocation list: {visible(url)} answered {status}")
        try:
            crl = x509.load_der_x509_crl(raw)
            _fits(crl, _certificates(token))
            gone = _revoked(crl, leaf, token.tst_info.gen_time)
        except Exception as error:  # parsers of hostile bytes
            raise _Unchecked(
                f"the revocation list: {visible(url)} answered with none ({visible(error)})"
            ) from None
        if gone and not late:
            raise StampProblem(f"its certificate is revoked, says {visible(url)}")
        found.append(raw)
    return tuple(found)


def _fits(crl: x509.CertificateRevocationList, known: Iterable[x509.Certificate]) -> None:
    """Raise `ValueError` for a list that says nothing about the certificates `known`.

    A root is seldom sent along: where the issuer's key is not here, who verifies checks it.
    """
    known = list(known)
    if not any(one.issuer == crl.issuer for one in known):
        raise ValueError("it is another authority's")
    if (crl.next_update_utc or datetime.max.replace(tzinfo=UTC)) < datetime.now(UTC) - CLOCKS:
        raise ValueError("it is out of date")
    keys = [one.public_key() for one in known if one.subject == crl.issuer]
    if keys and not any(crl.is_signature_valid(key) for key in keys):  # type: ignore[arg-type]
        raise ValueError("its signature is false")


def _listed(
    token: TimeStampResponse,
    leaf: x509.Certificate,
    known: Iterable[x509.Certificate],
    lists: Iterable[bytes],
) -> bool:
    """Whether one of `lists`, signed by the authority's issuer, does not list its certificate."""
    checked = False
    issuers = [one.public_key() for one in known if one.subject == leaf.issuer]
    for raw in lists:
        try:
            crl = x509.load_der_x509_crl(raw)
            sound = crl.issuer == leaf.issuer and any(
                crl.is_signature_valid(key)  # type: ignore[arg-type]
                for key in issuers
            )
        except Exception:  # noqa: S112 - another's list that cannot be read says nothing
            continue
        if sound and _revoked(crl, leaf, token.tst_info.gen_time):
            raise StampProblem("its certificate was revoked before it stamped")
        checked = checked or sound
    return checked


def _revoked(crl: x509.CertificateRevocationList, leaf: x509.Certificate, moment: datetime) -> bool:
    if crl.issuer != leaf.issuer:
        return False
    found = crl.get_revoked_certificate_by_serial_number(leaf.serial_number)
    return found is not None and found.revocation_date_utc <= moment


def _points(certificates: Iterable[x509.Certificate]) -> Iterable[str]:
    for certificate in certificates:
        try:
            points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
        except x509.ExtensionNotFound:
            continue
        for point in points.value:
            for name in point.full_name or ():
                if str(name.value).startswith(("http://", "https://")):
                    yield str(name.value)


def key_of(certificate: x509.Certificate) -> bytes:
    """The public key of a certificate, in DER."""
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
