"""A witness: another organisation's small program that holds a log's heads (C2SP tlog-witness).

It cosigns a head only if that head extends the last one it saw, so that a log which rewrites its
past is found out. `WitnessServer` is the program, `RemoteWitness` what a log calls.
"""

from __future__ import annotations

import base64
import http.server
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lindung.evidence.log import notes, tree
from lindung.evidence.log.asking import Deadline, NoAnswer, ask
from lindung.evidence.log.notes import Checkpoint, NoteError
from lindung.runtime import locked, visible, write_whole

_MOST = 1 << 16
_MOST_LINES = 16
_CLOCKS = 86_400  # seconds that the clocks of honest machines may be apart
_SIZE = re.compile(r"[0-9]{1,16}\n?", re.ASCII)


class WitnessRefused(Exception):
    """A witness did not cosign; the message says why."""


class Witness:
    """The last head of every known log, kept in `directory`, and the right to cosign."""

    def __init__(
        self, name: str, key: Ed25519PrivateKey, logs: Mapping[str, Sequence[Ed25519PublicKey]],
        directory: Path,
    ) -> None:  # fmt: skip
        self.name, self._key, self._logs, self._directory = name, key, dict(logs), directory
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def published(self) -> str:
        """The name and public key, as they stand under "witnesses" in a trust file."""
        key = base64.b64encode(notes.raw(self._key.public_key())).decode()
        return json.dumps({"name": self.name, "key": key}) + "\n"

    def add_checkpoint(self, body: bytes) -> tuple[HTTPStatus, str]:
        """Answer one add-checkpoint request: the status and text of the protocol."""
        try:
            old, proof, head = _parse_request(body.decode())
        except (NoteError, ValueError) as problem:
            return HTTPStatus.BAD_REQUEST, f"{problem}\n"
        keys = self._logs.get(head.origin)
        if keys is None:
            return HTTPStatus.NOT_FOUND, f"unknown log {head.origin}\n"
        if not any(head.signed_by(head.origin, key) for key in keys):
            return HTTPStatus.FORBIDDEN, "the head is not signed by its log\n"
        name = sha256(head.origin.encode()).hexdigest()
        with locked(self._directory / f"{name}.lock"):
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
        write_whole(path, head.text)
        bare = Checkpoint(head.origin, head.size, head.root)
        cosigned = bare.cosigned(self.name, self._key, int(time.time()))
        ((_, blob),) = cosigned.signatures
        return HTTPStatus.OK, f"— {self.name} {base64.b64encode(blob).decode()}\n"


class WitnessServer(http.server.ThreadingHTTPServer):
    """Serves one witness: POST /add-checkpoint."""

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        super().__init__(address, _Handler)
        self.witness = witness


class _Handler(http.server.BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length") or ""
        if self.path != "/add-checkpoint" or not _SIZE.fullmatch(length) or int(length) > _MOST:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self._say(*self._witness().add_checkpoint(self.rfile.read(int(length))))

    def do_GET(self) -> None:
        if self.path != "/key":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self._say(HTTPStatus.OK, self._witness().published)

    def _witness(self) -> Witness:
        assert isinstance(self.server, WitnessServer)  # noqa: S101
        return self.server.witness

    def _say(self, status: HTTPStatus, text: str) -> None:
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
    """A witness at an http address, as a log calls it; remembers how far it got.

    Its cosignature is checked before it counts: with the key that `keys` has for its name, else
    with the one that it publishes itself, which verifiers may know or not. `timeout` is for the
    whole exchange.
    """

    url: str
    timeout: float = 10.0
    seen: int = 0
    keys: Mapping[str, Sequence[Ed25519PublicKey]] = field(default_factory=dict)

    def __call__(self, head: Checkpoint, prove: Callable[[int], list[bytes]]) -> Checkpoint:
        """`head` with the witness's cosignature; raises `WitnessRefused`."""
        deadline = Deadline(self.timeout)
        try:
            for _ in range(2):
                lines = [base64.b64encode(step).decode() for step in prove(self.seen)]
                body = "\n".join([f"old {self.seen}", *lines, "", head.text])
                status, answer = self._ask("add-checkpoint", deadline, body.encode())
                if status == HTTPStatus.OK:
                    cosigned = self._cosigned(head, answer, deadline)
                    self.seen = head.size
                    return cosigned
                if status != HTTPStatus.CONFLICT or not _SIZE.fullmatch(answer):
                    break
                self.seen = int(answer)
                if self.seen > head.size:
                    raise WitnessRefused(
                        f"{visible(self.url)} has seen a longer log ({self.seen} entries)"
                    )
        except NoAnswer as problem:
            raise WitnessRefused(f"the witness did not answer: {problem}") from None
        raise WitnessRefused(
            f"{visible(self.url)} refused to cosign ({status}): {visible(answer.strip(), 100)}"
        )

    def _cosigned(self, head: Checkpoint, answer: str, deadline: Deadline) -> Checkpoint:
        """`head` with the first line of the answer that holds; raises `WitnessRefused`."""
        for line in answer.splitlines()[:_MOST_LINES]:
            try:
                dash, name, text = line.split(" ")
                signed = head.with_signature(name, base64.b64decode(text, validate=True))
            except ValueError:
                continue
            if dash != "—" or not notes.is_name(name) or not signed.in_order:
                continue
            times = [signed.cosigned_at(name, key) for key in self._keys(name, deadline)]
            if any(when and abs(when - time.time()) <= _CLOCKS for when in times):
                return signed
        raise WitnessRefused(f"{visible(self.url)} answered with no cosignature that holds")

    def _keys(self, name: str, deadline: Deadline) -> Sequence[Ed25519PublicKey]:
        if name in self.keys:
            return self.keys[name]
        status, answer = self._ask("key", deadline)
        try:
            told = json.loads(answer) if status == HTTPStatus.OK else {}
            if told["name"] != name:
                return ()
            return (Ed25519PublicKey.from_public_bytes(base64.b64decode(told["key"])),)
        except (ValueError, LookupError, TypeError, RecursionError):
            return ()

    def _ask(self, what: str, deadline: Deadline, body: bytes | None = None) -> tuple[int, str]:
        address = f"{self.url.rstrip('/')}/{what}"
        status, answer = ask(address, body, deadline=deadline, most=_MOST)
        return status, answer.decode("utf-8", "replace")


def _parse_request(text: str) -> tuple[int, list[bytes], Checkpoint]:
    top, _, rest = text.partition("\n\n")
    first, *lines = top.split("\n")
    word, _, size = first.partition(" ")
    if word != "old" or not _SIZE.fullmatch(size):
        raise ValueError("the first line is: old SIZE")
    return int(size), notes.decode_hashes(lines), notes.parse(rest)
