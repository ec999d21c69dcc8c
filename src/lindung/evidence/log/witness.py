"""A witness: another organisation's small program that holds a log's heads (C2SP tlog-witness).

It cosigns a head only if that head extends the last one it saw, so that a log which rewrites its
past is found out. `WitnessServer` is the program, `RemoteWitness` what a log calls.
"""

from __future__ import annotations

import base64
import fcntl
import http.server
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lindung.evidence.log import notes, tree
from lindung.evidence.log.notes import Checkpoint, NoteError

_MOST = 1 << 16


class WitnessRefused(Exception):
    """A witness did not cosign; the message says why."""


class Witness:
    """The last head of every known log, kept in `directory`, and the right to cosign."""

    def __init__(
        self, name: str, key: Ed25519PrivateKey, logs: Mapping[str, Ed25519PublicKey],
        directory: Path,
    ) -> None:  # fmt: skip
        self.name, self._key, self._logs, self._directory = name, key, dict(logs), directory
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    def add_checkpoint(self, body: bytes) -> tuple[HTTPStatus, str]:
        """Answer one add-checkpoint request: the status and text of the protocol."""
        try:
            old, proof, head = _parse_request(body.decode())
        except (NoteError, ValueError) as problem:
            return HTTPStatus.BAD_REQUEST, f"{problem}\n"
        key = self._logs.get(head.origin)
        if key is None:
            return HTTPStatus.NOT_FOUND, f"unknown log {head.origin}\n"
        if not head.signed_by(head.origin, key):
            return HTTPStatus.FORBIDDEN, "the head is not signed by its log\n"
        name = sha256(head.origin.encode()).hexdigest()
        with (self._directory / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return self._judge(self._directory / name, old, proof, head)

    def _judge(
        self, path: Path, old: int, proof: Sequence[bytes], head: Checkpoint
    ) -> tuple[HTTPStatus, str]:
        last = notes.parse(path.read_text()) if path.exists() else None
        known = last.size if last else 0
        if old != known:
            return HTTPStatus.CONFLICT, f"{known}\n"
        if old > head.size:
            return HTTPStatus.BAD_REQUEST, "the head is older than the one seen\n"
        if last is not None and old == head.size and head.root != last.root:
            return HTTPStatus.CONFLICT, f"{known}\n"
        if last is not None and old and not tree.verify_consistency(
            old, head.size, proof, last.root, head.root
        ):  # fmt: skip
            return HTTPStatus.UNPROCESSABLE_ENTITY, "the head does not extend the one seen\n"
        _replace(path, head.text)
        cosigned = head.cosigned(self.name, self._key, int(time.time()))
        name, blob = cosigned.signatures[-1]
        return HTTPStatus.OK, f"— {name} {base64.b64encode(blob).decode()}\n"


class WitnessServer(http.server.ThreadingHTTPServer):
    """Serves one witness: POST /add-checkpoint."""

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        super().__init__(address, _Handler)
        self.witness = witness


class _Handler(http.server.BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/add-checkpoint" or not 0 < length <= _MOST:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        assert isinstance(self.server, WitnessServer)  # noqa: S101
        status, text = self.server.witness.add_checkpoint(self.rfile.read(length))
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Silent: what a witness has to say stands in its answers."""


@dataclass
class RemoteWitness:
    """A witness at an http address, as a log calls it; remembers how far it got."""

    url: str
    timeout: float = 10.0
    seen: int = 0

    def __call__(self, head: Checkpoint, prove: Callable[[int], list[bytes]]) -> Checkpoint:
        """`head` with the witness's cosignature; raises `WitnessRefused`."""
        for _ in range(2):
            lines = [base64.b64encode(step).decode() for step in prove(self.seen)]
            body = "\n".join([f"old {self.seen}", *lines, "", head.text])
            status, text = self._post(body.encode())
            if status == HTTPStatus.OK:
                self.seen = head.size
                try:
                    _, name, blob = text.strip().split(" ")
                    return head.with_signature(name, base64.b64decode(blob, validate=True))
                except ValueError:
                    raise WitnessRefused(f"{self.url} answered with no cosignature") from None
            if status != HTTPStatus.CONFLICT or not text.strip().isdigit():
                break
            self.seen = int(text)
            if self.seen > head.size:
                raise WitnessRefused(f"{self.url} has seen a longer log ({self.seen} entries)")
        raise WitnessRefused(f"{self.url} refused to cosign ({int(status)}): {text.strip()}")

    def _post(self, body: bytes) -> tuple[int, str]:
        message = urllib.request.Request(f"{self.url.rstrip('/')}/add-checkpoint", body)  # noqa: S310
        try:
            with urllib.request.urlopen(message, timeout=self.timeout) as answer:  # noqa: S310
                return answer.status, answer.read(_MOST).decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(_MOST).decode("utf-8", "replace")
        except (OSError, ValueError) as error:
            raise WitnessRefused(f"{self.url} did not answer: {error}") from None


def _parse_request(text: str) -> tuple[int, list[bytes], Checkpoint]:
    top, _, rest = text.partition("\n\n")
    first, *lines = top.split("\n")
    word, _, size = first.partition(" ")
    if word != "old" or not size.isdigit():
        raise ValueError("the first line is: old SIZE")
    return int(size), notes.decode_hashes(lines), notes.parse(rest)


def _replace(path: Path, text: str) -> None:
    partial = path.with_suffix(".partial")
    with partial.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
