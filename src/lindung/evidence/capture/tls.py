"""Certificates: those of sites, and the one key Chromium trusts during a capture."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """A key made for one capture, kept in memory, that answers for every host."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._contexts: dict[str, ssl.SSLContext] = {}

    @property
    def spki(self) -> str:
        """For Chromium's --ignore-certificate-errors-spki-list."""
        der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(sha256(der).digest()).decode()

    def context(self, host: str) -> ssl.SSLContext:
        """A server context with a certificate for `host`."""
        if host not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.set_alpn_protocols(["http/1.1"])
            with tempfile.NamedTemporaryFile() as file:  # the ssl module reads only files
                file.write(self._pem(host))
                file.flush()
                context.load_cert_chain(file.name)
            self._contexts[host] = context
        return self._contexts[host]

    def _pem(self, host: str) -> bytes:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lindung capture")])
        general: x509.GeneralName
        try:
            general = x509.IPAddress(ip_address(host))
        except ValueError:
            general = x509.DNSName(host.encode("idna").decode() if not host.isascii() else host)
        moment = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(moment - timedelta(days=1))
            .not_valid_after(moment + timedelta(days=2))
            .add_extension(x509.SubjectAlternativeName([general]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM) + self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def chain(session: ssl.SSLObject) -> list[bytes]:
    """The certificates a site sent, DER, its own first."""
    inner: Any = getattr(session, "_sslobj", session)  # public from Python 3.13 on
    with contextlib.suppress(AttributeError, ssl.SSLError, ValueError):
        found = inner.get_unverified_chain() or []
        return [c if isinstance(c, bytes) else ssl.PEM_cert_to_DER_cert(c.public_bytes())
                for c in found]  # fmt: skip
    leaf = session.getpeercert(binary_form=True)
    return [leaf] if leaf else []


async def unverified_chain(address: str, port: int, host: str) -> list[bytes]:
    """The certificates of a site that did not verify: a handshake and no byte more."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(10):
            _, writer = await asyncio.open_connection(
                address, port, ssl=context, server_hostname=host
            )
        session = writer.get_extra_info("ssl_object")
        writer.close()
        return chain(session)
    return []


def named_pem(der: bytes) -> tuple[str, str]:
    """A certificate's SHA-256 and its PEM form."""
    return sha256(der).hexdigest(), ssl.DER_cert_to_PEM_cert(der)
