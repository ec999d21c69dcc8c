"""The guard's relay: the only way out of the jail, where every byte is checked and kept.

Chromium speaks to it as to an HTTP proxy. TLS ends here and is begun again, verified, towards
the site, so that records hold what was on the wire; Chromium trusts one key made for this
capture. A message is carried per connection.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from lindung.evidence.capture import http1, keeping, tls, tunnel
from lindung.evidence.capture.addresses import AddressGuard, Refused, Resolution
from lindung.evidence.capture.http1 import BadMessage, Head
from lindung.evidence.capture.policy import Limits, Policy, refuse_request, refuse_response
from lindung.evidence.capture.records import Exchange, Warc, now
from lindung.evidence.capture.tunnel import Streams
from lindung.evidence.capture.websocket import Frames

# ValueError: an address or a number that no library takes.
FAILURES = (OSError, BadMessage, ValueError, asyncio.IncompleteReadError, ssl.SSLError)


@dataclass
class Seen:
    """What the relay learned: the facts of the network side of a capture."""

    exchanges: list[Exchange] = field(default_factory=list)
    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)  # SHA-256 -> PEM
    bytes_in: int = 0
    over_limit: str | None = None


class Relay:
    """Serves one listening socket until cancelled."""

    def __init__(
        self, guard: AddressGuard, policy: Policy, limits: Limits, warc: Warc,
        not_the_page: Collection[str] = (), asked: str = "",
    ) -> None:  # fmt: skip
        """`not_the_page`: parts of addresses that the browser asks for on its own account.

        `asked` is the address to be captured: it is kept as it is.
        """
        bare = asked.partition("#")[0]
        self.asked = {asked, bare, bare + "/"}
        self.not_the_page = not_the_page
        self.guard, self.policy, self.limits, self.warc = guard, policy, limits, warc
        self.seen = Seen()
        self.authority = tls.Authority()
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        loop = asyncio.get_running_loop()
        try:
            while True:
                client, _ = await loop.sock_accept(listener)
                client.setblocking(False)
                task = asyncio.ensure_future(self._client(client))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        finally:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _client(self, client: socket.socket) -> None:
        writer = None
        try:
            first = await tunnel.peek(client, 8)
            if first.startswith(b"CONNECT "):
                host, port = await tunnel.tunnel_target(client)
                secure = (await tunnel.peek(client, 1))[:1] == b"\x16"
                context = self.authority.context(host) if secure else None
                reader, writer = await tunnel.streams(client, context)
                scheme = "https" if secure else "http"
                await self._message(reader, writer, f"{scheme}://{tunnel.authority(host, port)}")
            elif first:
                reader, writer = await tunnel.streams(client, None)
                await self._message(reader, writer, None)
        except FAILURES:
            pass  # the browser's side broke off; whatever was exchanged is already recorded
        finally:
            if writer is not None:
                writer.close()
            else:
                client.close()

    async def _message(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, origin: str | None
    ) -> None:
        head = await http1.read_head(reader)
        if head is None:
            return
        url = head.target if origin is None else origin + head.target
        if any(own in url for own in self.not_the_page):
            return
        exchange = Exchange(url, head.method)
        self.seen.exchanges.append(exchange)
        frames = Frames(self.policy is Policy.FULL, self.limits.response_bytes)
        try:
            exchange.blocked = self._refuse(url, head)
            if exchange.blocked is None:
                async with asyncio.timeout(self.limits.total_seconds):
                    await self._carry(exchange, head, (reader, writer), frames)
        except Refused as refused:
            exchange.blocked = str(refused)
        except TimeoutError:
            exchange.failed = "it did not answer in time"
        except ssl.SSLCertVerificationError as error:
            exchange.failed = f"its TLS certificate is not valid: {error.verify_message}"
        except FAILURES as error:
            exchange.failed = _words(error)
        except asyncio.CancelledError:
            exchange.failed = "it was still under way when the capture ended"
            exchange.truncated = "time"
            raise
        finally:
            if exchange.failed and exchange.response_head is not None:
                exchange.truncated = exchange.truncated or "disconnect"
            if frames.cut:
                exchange.truncated = "length"
            kept = keeping.kept(exchange, self.policy, self.asked)
            self.warc.exchange(exchange, kept)
            if messages := frames.kept():
                labels = {"Lindung-Record": "websocket-frames"}
                data = json.dumps(messages).encode()
                self.warc.resource(kept.url, data, "application/json", labels)

    def _refuse(self, url: str, head: Head) -> str | None:
        if not url.startswith(("http://", "https://")):
            return "only http and https are carried"
        if len(self.seen.exchanges) > self.limits.requests:
            self.seen.over_limit = f"more than {self.limits.requests} requests"
            return self.seen.over_limit
        if self.seen.over_limit:
            return f"the capture is over its limit: {self.seen.over_limit}"
        return refuse_request(self.policy, head)

    async def _carry(
        self, exchange: Exchange, head: Head, browser: Streams, frames: Frames
    ) -> None:
        parts = urlsplit(exchange.url)
        secure = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or (443 if secure else 80)
        try:
            resolution = await self.guard.resolve(host, port)
        except socket.gaierror:
            raise OSError(f"there is no address for {host}") from None
        upstream, peer = await self._connect(resolution, secure)
        exchange.peer = peer
        try:
            await self._exchange(exchange, head, browser, upstream, frames)
        finally:
            upstream[1].close()
            known = self.seen.hosts[f"{resolution.host}:{port}"]
            known["bytes_out"] += exchange.bytes_out
            known["bytes_in"] += exchange.bytes_in

    async def _connect(self, found: Resolution, secure: bool) -> tuple[Streams, str]:
        facts = self.seen.hosts.setdefault(
            f"{found.host}:{found.port}",
            {"addresses": list(found.answers), "resolved": now(), "bytes_out": 0, "bytes_in": 0},
        )
        if found.allowed_by_operator:
            facts["allowed_by_operator"] = True
        context = ssl.create_default_context() if secure else None
        problem: Exception = OSError("no address answered")
        for address in found.answers:
            try:
                async with asyncio.timeout(self.limits.connect_seconds):
                    reader, writer = await asyncio.open_connection(
                        address, found.port, ssl=context, limit=http1.MAX_HEAD,
                        server_hostname=found.host if secure else None,
                    )  # fmt: skip
            except ssl.SSLCertVerificationError as error:
                facts["tls_problem"] = error.verify_message
                chain = await tls.unverified_chain(address, found.port, found.host)
                facts["tls_chain"] = self._remember(chain)
                raise
            except TimeoutError:
                problem = OSError(f"{address} port {found.port} did not answer")
                continue
            except OSError as error:
                problem = error
                continue
            if (session := writer.get_extra_info("ssl_object")) is not None:
                facts["tls_version"] = session.version()
                facts["tls_chain"] = self._remember(tls.chain(session))
            return (reader, writer), f"{address} {found.port}"
        raise problem

    def _remember(self, chain: list[bytes]) -> list[str]:
        named = [tls.named_pem(der) for der in chain]
        self.seen.certificates.update(named)
        return [name for name, _ in named]

    async def _exchange(
        self, exchange: Exchange, head: Head, browser: Streams, upstream: Streams, frames: Frames
    ) -> None:
        await self._send_request(exchange, head, browser[0], upstream[1])
        answer = await http1.read_head(upstream[0], response=True)
        while answer is not None and 100 <= answer.status < 200 and answer.status != 101:
            exchange.bytes_in += len(answer.raw)
            if exchange.bytes_in > http1.MAX_HEAD:
                raise BadMessage("the site only says that an answer will come")
            answer = await http1.read_head(upstream[0], response=True)
        if answer is None:
            raise BadMessage("the site closed the connection without an answer")
        exchange.response_head, exchange.status = answer, answer.status
        exchange.kind = answer.get("content-type").partition(";")[0].strip().lower()
        exchange.bytes_in += len(answer.raw)
        if answer.status == 101:
            if not head.get("upgrade"):
                raise BadMessage("the site changes to another protocol, unasked")
            browser[1].write(answer.raw)
            await frames.pump(browser, upstream)
            self._count(frames.carried)
            return
        pieces = http1.read_body(upstream[0], answer, request_method=exchange.method)
        sniffed = await anext(pieces, b"")
        if answer.chunked and sniffed:
            sniffed += await anext(pieces, b"")
        content = http1.dechunk(sniffed) if answer.chunked else sniffed
        exchange.blocked = refuse_response(self.policy, answer, content)
        if exchange.blocked:
            return
        browser[1].write(http1.encode(answer.start, _for_the_browser(answer)))
        await self._body(exchange, browser[1], sniffed, pieces)

    async def _send_request(
        self, exchange: Exchange, head: Head, body: asyncio.StreamReader,
        upstream: asyncio.StreamWriter,
    ) -> None:  # fmt: skip
        parts = urlsplit(exchange.url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        websocket = head.get("upgrade").lower() == "websocket"
        drop = ["proxy-connection", "proxy-authorization", "keep-alive"]
        drop += ["sec-websocket-extensions"] if websocket else ["connection"]
        headers = head.without(*drop)
        # No coding is asked for that only a browser can undo: what is kept must be examined.
        codings = "gzip, deflate" if self.policy is Policy.FULL else "identity"
        headers = [(n, codings if n.lower() == "accept-encoding" else v) for n, v in headers]
        if not websocket:
            headers.append(("Connection", "close"))
        sent = http1.encode(f"{head.method} {path} HTTP/1.1", headers)
        exchange.request.write(sent)
        upstream.write(sent)
        exchange.bytes_out += len(sent)
        async for piece in http1.read_body(body, head, request_method=None):
            exchange.request.write(piece)
            exchange.bytes_out += len(piece)
            upstream.write(piece)
            await upstream.drain()
        await upstream.drain()

    def _count(self, arrived: int) -> None:
        self.seen.bytes_in += arrived
        if self.seen.bytes_in > self.limits.total_bytes:
            self.seen.over_limit = f"more than {self.limits.total_bytes} bytes in total"

    async def _body(
        self, exchange: Exchange, browser: asyncio.StreamWriter, first: bytes,
        rest: AsyncIterator[bytes],
    ) -> None:  # fmt: skip
        piece = first
        gone = False
        while piece:
            exchange.response_body.write(piece)
            exchange.bytes_in += len(piece)
            self._count(len(piece))
            if self.seen.over_limit or exchange.bytes_in > self.limits.response_bytes:
                exchange.truncated = "length"
                return
            if not gone:
                try:
                    browser.write(piece)
                    await browser.drain()
                except OSError:  # the page went on without it; the record is still wanted
                    gone = True
                    if exchange.response_head is not None and not exchange.response_head.get(
                        "content-length"
                    ):
                        exchange.truncated = "disconnect"
                        return
            piece = await anext(rest, b"")


def _for_the_browser(answer: Head) -> list[tuple[str, str]]:
    """An answer's headers as no browser can read otherwise than they are read here."""
    drop = ["connection", "keep-alive", "alt-svc", "content-length"]
    drop += [] if answer.chunked else ["transfer-encoding"]
    headers = answer.without(*drop)
    if answer.length is not None and not answer.chunked:
        headers.append(("Content-Length", str(answer.length)))
    return [*headers, ("Connection", "close")]


def _words(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:300]
