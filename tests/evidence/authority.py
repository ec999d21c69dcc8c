"""A real time authority for tests: `openssl ts` behind a small HTTP server on loopback."""

from __future__ import annotations

import contextlib
import http.server
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {room}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class TimeAuthority:
    """A root, a time-stamping certificate under it, and the server that answers."""

    def __init__(self, room: Path, name: str) -> None:
        room.mkdir(parents=True)
        self.room, self.name, self.up = room, name, True
        self.answer_list: Callable[[Callable[[bytes], object]], object] | None = None
        self._one_at_a_time = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                answer = outer.answer(query) if outer.up else b""
                self.send_response(200 if outer.up else 503)
                self.end_headers()
                self.wfile.write(answer)

            def do_GET(self) -> None:
                if outer.answer_list is not None:  # as it likes, byte for byte
                    with contextlib.suppress(OSError):
                        outer.answer_list(self.connection.sendall)
                    return
                self.send_response(200)
                self.end_headers()
                self.wfile.write(outer.revocation)

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self._make()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, query: bytes) -> bytes:
        with self._one_at_a_time:
            return self._answer(query)

    def _answer(self, query: bytes) -> bytes:
        (self.room / "query.tsq").write_bytes(query)
        subprocess.run(
            [
                *("openssl", "ts", "-reply", "-config", str(self.room / "ts.cnf")),
                *("-section", "one", "-queryfile", str(self.room / "query.tsq")),
                *("-signer", str(self.room / "tsa.pem"), "-inkey", str(self.room / "tsa.key")),
                *("-out", str(self.room / "answer.tsr")),
            ],
            check=True,
            capture_output=True,
        )
        return (self.room / "answer.tsr").read_bytes()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def revoke(self, moment: datetime) -> None:
        self.revocation = self._list(moment)

    def _make(self) -> None:
        self._root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        root, name = (
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
            for text in (f"{self.name} root", self.name)
        )
        start = datetime.now(UTC) - timedelta(days=1)

        def build(
            subject: x509.Name,
            public: rsa.RSAPublicKey,
            *extensions: tuple[x509.ExtensionType, bool],
        ) -> x509.Certificate:
            builder = (
                x509.CertificateBuilder()
                .subject_name(subject)
                .issuer_name(root)
                .public_key(public)
                .serial_number(x509.random_serial_number())
                .not_valid_before(start)
                .not_valid_after(start + timedelta(days=30))
            )
            for extension, critical in extensions:
                builder = builder.add_extension(extension, critical)
            return builder.sign(self._root_key, hashes.SHA256())

        self.root = build(
            root,
            self._root_key.public_key(),
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (x509.SubjectKeyIdentifier.from_public_key(self._root_key.public_key()), False),
        )
        point = x509.DistributionPoint(
            [x509.UniformResourceIdentifier(f"{self.url}tsa.crl")], None, None, None
        )
        self.certificate = build(
            name,
            key.public_key(),
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True),
            (x509.CRLDistributionPoints([point]), False),
            (
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._root_key.public_key()),
                False,
            ),
        )
        self._issuer, self.revocation = root, b""
        self.revocation = self._list(None)
        pem = serialization.Encoding.PEM
        (self.room / "tsa.pem").write_bytes(self.certificate.public_bytes(pem))
        (self.room / "root.pem").write_bytes(self.root.public_bytes(pem))
        (self.room / "tsa.key").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        (self.room / "serial").write_text("01\n")
        (self.room / "ts.cnf").write_text(_CONFIG.format(room=self.room))

    def _list(self, revoked: datetime | None) -> bytes:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._issuer)
            .last_update(now - timedelta(hours=1))
            .next_update(now + timedelta(days=7))
        )
        if revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(self.certificate.serial_number)
                .revocation_date(revoked)
                .build()
            )
        return builder.sign(self._root_key, hashes.SHA256()).public_bytes(
            serialization.Encoding.DER
        )
