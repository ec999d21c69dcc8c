"""The browser's end of a connection to the guard: what it says first, and its tunnel."""

from __future__ import annotations

import asyncio
import socket
import ssl

from lindung.evidence.capture import http1
from lindung.evidence.capture.http1 import BadMessage

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def peek(client: socket.socket, count: int) -> bytes:
    """The first bytes that the browser sends, left where they are; raises TimeoutError."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def arrived() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(client, arrived)
    try:
        async with asyncio.timeout(60):
            await ready
        return client.recv(count, socket.MSG_PEEK)
    finally:
        loop.remove_reader(client)


async def tunnel_target(client: socket.socket) -> tuple[str, int]:
    """Read a CONNECT request and grant it; whatever it names is checked per message."""
    loop = asyncio.get_running_loop()
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = await loop.sock_recv(client, 4096)
        if not piece or len(raw) > http1.MAX_HEAD:
            raise BadMessage("the tunnel request was cut off")
        raw += piece
    host, _, port = raw.split(b" ", 2)[1].decode("latin-1").rpartition(":")
    await loop.sock_sendall(client, b"HTTP/1.1 200 Connection established\r\n\r\n")
    return host.strip("[]"), int(port)


async def streams(client: socket.socket, context: ssl.SSLContext | None) -> Streams:
    """The connection as streams; with a context, the browser's TLS ends here."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=http1.MAX_HEAD)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, client, ssl=context)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


def authority(host: str, port: int) -> str:
    """Host and port as an address has them."""
    name = f"[{host}]" if ":" in host else host
    return name if port in (80, 443) else f"{name}:{port}"
