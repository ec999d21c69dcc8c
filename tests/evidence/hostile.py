"""A hostile site on loopback: answers that no polite server gives, byte for byte."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answer = Callable[[socket.socket], None]


class Hostile:
    """Speaks raw HTTP: `answers` maps a path to a function that writes what it likes."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests = 0
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.place = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.url = f"{'https' if context else 'http'}://{self.place}"
        self._closed = False
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._closed = True
        self._socket.close()

    def _serve(self) -> None:
        while not self._closed:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            if self._context:
                client = self._context.wrap_socket(client, server_side=True)
            with client:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = client.recv(65536)
                    if not piece:
                        return
                    head += piece
                self.requests += 1
                path = head.split(b" ", 2)[1].decode().partition("?")[0]
                self.answers.get(path, raw("404 Not Found", b"nothing"))(client)


def raw(status: str, body: bytes, *headers: str, kind: str = "text/html") -> Answer:
    fixed = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    data = "\r\n".join([*fixed, *headers]).encode("latin-1") + b"\r\n\r\n" + body
    return lambda client: client.sendall(data)


def endless(client: socket.socket) -> None:
    """A page whose body never ends."""
    client.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>Endless</title><p>begun"
    )
    while True:
        client.sendall(b"<p>and on and on</p>" * 50)
        time.sleep(0.01)


def silent(client: socket.socket) -> None:
    """A port that takes the request and never answers."""
    time.sleep(600)


def huge(client: socket.socket) -> None:
    """A page of 300 MB."""
    client.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 314572800\r\n\r\n"
        b"<title>Huge</title><p>big</p><!--"
    )
    for _ in range(300):
        client.sendall(b"x" * (1 << 20))


def bomb() -> Answer:
    """A small answer that unpacks to 2 GB."""
    begin = gzip.compress(b"<title>Bomb</title><p>small</p>")
    return raw("200 OK", begin + gzip.compress(bytes(64 << 20)) * 32, "Content-Encoding: gzip")


ODD = b"X-Odd: \xc3\x28\xa0\xa1\r\nno colon here\r\nX-Folded: one\r\n two\r\n"


def bad_headers(client: socket.socket) -> None:
    """Headers that are no text in any coding, one folded, one without a colon."""
    client.sendall(
        b"HTTP/1.1 200 \xff\xfe\r\n" + ODD + b"Content-Type: text/html\r\n"
        b"Content-Length: 40\r\n\r\n<title>Odd</title><p>odd headers here</p>"
    )


def self_signed(room: Path) -> ssl.SSLContext:
    """A server context for 127.0.0.1 with a certificate, `self-signed.pem`, of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "self-signed.test")])
    place = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    start = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=9))
        .add_extension(place, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = room / "self-signed.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
