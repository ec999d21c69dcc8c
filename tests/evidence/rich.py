"""A page that asks for 25 things in 25 ways, and the site that answers it."""

from __future__ import annotations

import base64
import hashlib
import http.server
import threading
import time

PAGES: dict[str, tuple[str, str]] = {
    "/": (
        "text/html",
        """<!doctype html><title>Rich</title><link rel=icon href=/icon.ico>
<link rel=stylesheet href=/style.css><body><h1>Rich page</h1>
<img src=/picture.png width=9 height=9><img srcset="/dense.png 1x" width=9 height=9>
<iframe src=/frame.html></iframe><video src=/film.mp4 preload=auto muted></video>
<div style="height:9000px"></div><img loading=lazy src=/lazy.png width=9 height=9>
<script src=/plain.js></script><script type=module src=/module.js></script>""",
    ),
    "/style.css": (
        "text/css",
        "@import '/more.css';@font-face{font-family:q;src:url(/font.woff2)}"
        "h1{font-family:q;background:url(/behind.png)}",
    ),
    "/more.css": ("text/css", "h1{color:#123}"),
    "/plain.js": (
        "text/javascript",
        """fetch('/get.json');fetch('/post.json',{method:'POST',body:'the body asked'});
fetch('/there');x=new XMLHttpRequest();x.open('GET','/xhr.json');x.send();
new Worker('/worker.js');navigator.sendBeacon('/beacon','seen');
w=new WebSocket('ws://'+location.host+'/socket');w.onopen=()=>w.send('spoken');
e=new EventSource('/events');e.onmessage=()=>e.close();
fetch('/stream').then(r=>r.text());
navigator.serviceWorker.register('/sw.js').then(()=>navigator.serviceWorker.ready).then(()=>
 setTimeout(()=>fetch('/made-up').then(r=>r.text()).then(t=>document.title='Rich '+t),300))""",
    ),
    "/module.js": ("text/javascript", "import '/imported.js'"),
    "/imported.js": ("text/javascript", "1"),
    "/worker.js": ("text/javascript", "fetch('/from-worker.json')"),
    "/sw.js": (
        "text/javascript",
        "oninstall=()=>skipWaiting();onactivate=e=>e.waitUntil(clients.claim());"
        "onfetch=e=>{if(e.request.url.endsWith('/made-up'))"
        "e.respondWith(new Response('synthesised words'))}",
    ),
    "/frame.html": ("text/html", "<img src=/in-frame.png>"),
    **{f"/{n}.json": ("application/json", "{}") for n in ("get", "post", "xhr", "from-worker")},
}
MEDIA = {"/picture.png", "/dense.png", "/lazy.png", "/behind.png", "/in-frame.png", "/icon.ico",
         "/film.mp4", "/font.woff2"}  # fmt: skip
OTHER = {"/there", "/here", "/beacon", "/socket", "/events", "/stream"}
ASKED = sorted((set(PAGES) | MEDIA | OTHER) - {"/icon.ico", "/dense.png"})
"""The 25 and some that a visit makes; the icon and the second picture are left out of the count."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if length:
            self.rfile.read(length)
        path = self.path.partition("?")[0]
        if path in PAGES:
            kind, text = PAGES[path]
            self._send(200, kind, text.encode())
        elif path in MEDIA:
            kinds = {"mp4": "video/mp4", "woff2": "font/woff2"}
            kind = kinds.get(path.rpartition(".")[2], "image/png")
            self._send(200, kind, b"\x89PNG\r\n\x1a\n" + path.encode())
        elif path == "/there":
            self._send(302, "text/plain", b"", ("Location", "/here"))
        elif path == "/events":
            self._send(200, "text/event-stream", b"data: told\n\n")
        elif path == "/stream":
            self._stream()
        elif path == "/socket":
            self._socket()
        else:
            self._send(200, "text/plain", path.encode())

    do_POST = do_GET

    def _send(self, status: int, kind: str, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", kind), *headers):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for word in (b"first ", b"second ", b"third"):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(word), word))
            self.wfile.flush()
            time.sleep(0.1)
        self.wfile.write(b"0\r\n\r\n")

    def _socket(self) -> None:
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode(), usedforsecurity=False).digest())
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept.decode())
        self.end_headers()
        self.wfile.write(b"\x81\x08answered")
        self.wfile.flush()
        self.rfile.read(12)
        self.wfile.write(b"\x88\x00")
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None: ...


class RichSite:
    """The site, on loopback."""

    def __init__(self) -> None:
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.place = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.place}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
