"""A made-up social site on loopback. Its posts are structural (shared content rules): a price,
a group, a stated age, and `[redacted]` for what is sold. Nobody in them exists."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

POSTS = (
    (
        r"/@example_seller/posts/\d+",
        "@example_seller",
        "RM20 membership, join private group, ages 13-15 [redacted], DM @example_seller. "
        "Video call RM50 [redacted]. Telegram only, do not tell anyone.",
    ),
    (
        r"/@example_tutor/posts/2",
        "@example_tutor",
        "Mathematics tuition for ages 13-15, RM40 an hour, small groups, parents welcome.",
    ),
    (
        r"/@example_shop/posts/3",
        "@example_shop",
        "Second-hand bicycle, RM120, good brakes. Collect at the library on Saturday.",
    ),
    (
        r"/@example_club/posts/\d+",
        "@example_club",
        "Last places: RM30 membership for the private group, ages 13-15 [redacted]. "
        "Pay first, then I send the invitation.",
    ),
)

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{who} on Example</title>
<link rel="stylesheet" href="/style.css"><link rel="icon" href="/icon.svg"></head>
<body><header>Example, a site that does not exist</header>
<article><h1>{who}</h1><p>{text}</p><img src="/pattern.svg" alt="a pattern"></article>
<script src="/page.js"></script></body></html>"""

FILES = {
    "/style.css": (
        "text/css",
        "body{font:18px/1.5 sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}"
        "header{color:#666}article{border:1px solid #ccc;border-radius:8px;padding:1rem 1.5rem}",
    ),
    "/page.js": (
        "text/javascript",
        "fetch('/likes.json').then(r=>r.json()).then(l=>{const p=document.createElement('p');"
        "p.textContent=l.likes+' likes';document.querySelector('article').append(p)})",
    ),
    "/likes.json": ("application/json", '{"likes": 3}'),
    "/pattern.svg": (
        "image/svg+xml",
        '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="120">'
        '<rect width="320" height="120" fill="#0b5563"/><circle cx="80" cy="60" r="40" '
        'fill="#8cc7c0"/><circle cx="200" cy="60" r="25" fill="#e0b15a"/></svg>',
    ),
    "/icon.svg": (
        "image/svg+xml",
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">'
        '<circle cx="4" cy="4" r="3"/></svg>',
    ),
}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        post = next((p for p in POSTS if re.fullmatch(p[0], path)), None)
        if post:
            _, who, text = post
            kind, body = "text/html", PAGE.format(who=html.escape(who), text=html.escape(text))
        elif path in FILES:
            kind, body = FILES[path]
        else:
            self.send_error(404)
            return
        content = body.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the demo's own lines are what a person reads."""


@contextmanager
def serving(port: int = 0) -> Iterator[str]:
    """Serve the site on loopback within this block; yields its address."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
