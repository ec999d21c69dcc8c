"""Run inside a network namespace of its own: a hostile site tries to reach inside.

Every address is local to the namespace (`ip route add local 0.0.0.0/0 dev lo`), so that even a
missing check sends no packet anywhere real. A raw socket on its only interface counts every TCP
opening and UDP packet to anything but the site and the name server. Prints one JSON object.
"""

from __future__ import annotations

import http.server
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from lindung.evidence import Limits, Policy, capture

SITE = "site.test"
PUBLIC = "198.41.0.4"  # stands for a public address; nothing leaves this namespace
PORT, INNER = 8000, 8080

_SPELLINGS = """
127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001 127.0.0.1.
localhost localhost. LOCALHOST foo.localhost 127.127.127.127 0.0.0.0 0 [::1] [::]
[0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1]
[64:ff9b:1::1] [2002:7f00:1::] [2001:0:7f00:1::1] [fe80::1] [fc00::1] [fd12::1] [ff02::1]
[fec0::1] [2001:db8::1] [100::1] 10.0.0.1 10.255.255.254 172.16.0.1 172.31.255.254 192.168.0.1
192.168.1.1 169.254.169.254 0xa9fea9fe 2852039166 169.254.169.254. 100.64.0.1 192.0.0.192
192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 255.255.255.255 240.0.0.1 192.88.99.1
internal.test mixed.test six.test mapped.test nat64.test metadata.test 127。0。0。2 ①②⑦.0.0.3
user@127.0.0.4 0300.0250.0.2 10.1
"""
SPELLINGS = _SPELLINGS.split()

NAMES = {
    SITE: [PUBLIC],
    "internal.test": ["10.1.2.3"],
    "mixed.test": [PUBLIC, "127.0.0.1"],
    "six.test": ["::1"],
    "mapped.test": ["::ffff:10.0.0.9"],
    "nat64.test": ["64:ff9b::a00:1"],
    "metadata.test": ["169.254.169.254"],
}

# Each tries one way to make a browser speak to T, an internal address of its own.
WAYS = {
    "img": "<img src=//T/>",
    "srcset": "<img srcset='//T/ 1x'>",
    "picture": "<picture><source srcset=//T/><img src=/ok.png></picture>",
    "iframe": "<iframe src=http://T/></iframe>",
    "object": "<object data=//T/></object>",
    "embed": "<embed src=//T/>",
    "video": "<video src=//T/ preload=auto autoplay muted></video>",
    "poster": "<video poster=//T/></video>",
    "audio": "<audio src=//T/ preload=auto></audio>",
    "track": "<video src=/ok.mp4><track src=//T/ default></video>",
    "script": "<script src=//T/></script>",
    "module": "<script type=module src=//T/></script>",
    "import": "<script>import('//T/').catch(()=>0)</script>",
    "modulepreload": "<link rel=modulepreload href=//T/>",
    "stylesheet": "<link rel=stylesheet href=//T/>",
    "css-import": "<style>@import '//T/';</style>",
    "css-url": "<div style='background:url(//T/);height:9px'>x</div>",
    "css-font": "<style>@font-face{font-family:q;src:url(//T/)}</style><p style=font-family:q>q",
    "favicon": "<link rel=icon href=//T/>",
    "manifest": "<link rel=manifest href=//T/ crossorigin>",
    "prefetch": "<link rel=prefetch href=//T/>",
    "preload": "<link rel=preload as=image href=//T/>",
    "preconnect": "<link rel=preconnect href=//T/>",
    "dns-prefetch": "<link rel=dns-prefetch href=//T/>",
    "prerender": "<script type=speculationrules>"
    '{"prerender":[{"urls":["http://T/"]}],"prefetch":[{"urls":["http://T/"]}]}</script>',
    "svg-image": "<svg><image href=//T/ width=9 height=9 /></svg>",
    "svg-use": "<svg><use href=//T/#x></use></svg>",
    "svg-file": '<img src=\'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg">'
    '<image href="http://T/"/></svg>\'>',
    "data-frame": "<iframe src='data:text/html,<img src=http://T/>'></iframe>",
    "srcdoc": "<iframe srcdoc='<img src=http://T/>'></iframe>",
    "fetch": "<script>fetch('//T/',{mode:'no-cors'}).catch(()=>0)</script>",
    "post": "<script>fetch('//T/',{method:'POST',mode:'no-cors',body:'x'}).catch(()=>0)</script>",
    "xhr": "<script>x=new XMLHttpRequest();x.open('GET','//T/');x.send()</script>",
    "beacon": "<script>navigator.sendBeacon('//T/','x')</script>",
    "eventsource": "<script>new EventSource('//T/')</script>",
    "websocket": "<script>new WebSocket('ws://T/')</script>",
    "secure-websocket": "<script>new WebSocket('wss://T/')</script>",
    "worker": "<script>new Worker(URL.createObjectURL(new Blob("
    "[`fetch('http://T/',{mode:'no-cors'}).catch(()=>0)`])))</script>",
    "shared-worker": "<script>new SharedWorker(URL.createObjectURL(new Blob("
    "[`fetch('http://T/',{mode:'no-cors'}).catch(()=>0)`])))</script>",
    "nested-worker": "<script>new Worker(URL.createObjectURL(new Blob([`new Worker("
    'URL.createObjectURL(new Blob([\'fetch("http://T/",{mode:"no-cors"})\'])))`])))</script>',
    "popup": "<script>open('http://T/')</script>",
    "form": "<iframe name=f></iframe><form target=f method=post action=http://T/></form>"
    "<script>document.forms[0].submit()</script>",
    "frame-refresh": "<iframe srcdoc='<meta http-equiv=refresh content=\"0;url=http://T/\">'>"
    "</iframe>",
    "frame-location": "<iframe id=g></iframe><script>g.src='http://T/'</script>",
    "redirect": "<iframe src='/to?http://T/'></iframe>",
    "redirect-307": "<script>fetch('/to?http://T/',{method:'POST',body:'x',mode:'no-cors'})"
    ".catch(()=>0)</script>",
    "redirect-chain": "<img src='/to?/to?http://T/'>",
    "stun": "<script>(async()=>{p=new RTCPeerConnection({iceServers:[{urls:'stun:T'},"
    "{urls:'turn:T?transport=tcp',username:'u',credential:'c'},"
    "{urls:'turn:T?transport=udp',username:'u',credential:'c'}]});p.createDataChannel('x');"
    "await p.setLocalDescription()})()</script>",
    "webtransport": "<script>try{new WebTransport('https://T/').ready.catch(()=>0)}"
    "catch(e){}</script>",
    "ping": "<a id=h href=#x ping=http://T/>x</a><script>h.click()</script>",
    "ftp": "<iframe src=ftp://T/></iframe>",
    "file": "<iframe src=file:///etc/passwd></iframe>",
    "view-source": "<script>try{open('view-source:http://T/')}catch(e){}</script>",
    "pdf": "<embed type=application/pdf src=//T/>",
    "https": "<img src=https://T/>",
    "early-hint": "<script src=/hint></script>",
}


class Names(threading.Thread):
    """A name server: fixed answers, and `rebind-N.test`, public first and internal ever after."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.53", 53))
        self.asked: dict[str, int] = {}

    def run(self) -> None:
        while True:
            query, sender = self.socket.recvfrom(2048)
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1 : at + 1 + query[at]].decode())
                at += query[at] + 1
            name, kind = ".".join(labels).lower(), struct.unpack(">H", query[at + 1 : at + 3])[0]
            answers = self.answer(name, kind)
            head = query[:2] + struct.pack(">HHHHH", 0x8180, 1, len(answers), 0, 0)
            body = b"".join(
                b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(a)) + a for a in answers
            )
            self.socket.sendto(head + query[12 : at + 5] + body, sender)

    def answer(self, name: str, kind: int) -> list[bytes]:
        family = {1: socket.AF_INET, 28: socket.AF_INET6}.get(kind)
        found = NAMES.get(name, [])
        if name.startswith("rebind-") and kind == 1:
            self.asked[name] = self.asked.get(name, 0) + 1
            found = [PUBLIC if self.asked[name] == 1 else "127.0.0.1"]
        return [
            socket.inet_pton(family, a)
            for a in found
            if family and (":" in a) == (family == socket.AF_INET6)
        ]


class Sniffer(threading.Thread):
    """Counts, on the only interface, what opens a TCP connection or sends a UDP packet."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        self.socket.bind(("lo", 0))
        self.counted: list[str] = []

    def run(self) -> None:
        while True:
            packet, (_, _, direction, *_) = self.socket.recvfrom(65535)
            if direction != 4 and (target := opened(packet)):
                self.counted.append(target)


def opened(packet: bytes) -> str | None:
    """`address port` that a packet opens, unless it is the site's or the name server's."""
    if packet[0] >> 4 == 4:
        protocol, at = packet[9], (packet[0] & 15) * 4
        source, target = (socket.inet_ntoa(packet[n : n + 4]) for n in (12, 16))
    else:
        protocol, at = packet[6], 40
        source, target = (socket.inet_ntop(socket.AF_INET6, packet[n : n + 16]) for n in (8, 24))
    if protocol not in (6, 17) or len(packet) < at + (14 if protocol == 6 else 8):
        return None
    from_port, port = struct.unpack(">HH", packet[at : at + 4])
    if protocol == 6 and packet[at + 13] & 0x12 != 0x02:  # not an opening SYN
        return None
    if protocol == 17 and (from_port == 53 or (target, port) == ("127.0.0.53", 53)):
        return None
    if target == PUBLIC or (target == "127.0.0.1" and port > 32767):
        return None  # the site; Chromium's own way to the guard where there is no jail
    return f"{'tcp' if protocol == 6 else 'udp'} {target} {port} from {source}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/to?"):
            self.send_response(307 if self.command == "POST" else 302)
            self.send_header("Location", self.path.partition("?")[2])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = self.server.page.encode() if self.path == "/" else b""  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Link", f"<http://10.66.0.1:{INNER}/>; rel=preload; as=script")
        self.send_header("Alt-Svc", f'h3="10.66.0.2:{INNER}"')
        self.send_header("Content-Security-Policy-Report-Only",
                         f"default-src 'none'; report-uri http://10.66.0.3:{INNER}/")  # fmt: skip
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None: ...


class Site(http.server.ThreadingHTTPServer):
    page = ""
    request_queue_size = 128


def hostile_page() -> str:
    """Every way to a target of its own, and every spelling of an internal address."""
    parts = []
    for number, (way, html) in enumerate(WAYS.items()):
        target = f"10.77.{number}.1:{INNER}"
        html = html.replace("//T", f"//{target}").replace(":T", f":{target}")
        parts.append(f"<!-- {way} -->{html}")
    for spelled in SPELLINGS:
        parts.append(f"<img src='http://{spelled}:{INNER}/s'>")
        parts.append(f"<script>fetch('http://{spelled.rpartition('@')[2]}:{INNER}/f',"
                     "{mode:'no-cors'}).catch(()=>0)</script>")  # fmt: skip
    parts += [f"<img src=http://rebind-{n}.test:{INNER}/1>" for n in range(3)]
    later = "".join(f"fetch('http://rebind-{n}.test:{INNER}/2').catch(()=>0);" for n in range(3))
    parts.append(f"<script>setTimeout(()=>{{{later}}},1500)</script>")
    return "<!doctype html><title>hostile</title>" + "\n".join(parts)


def main() -> None:
    run = subprocess.run
    run(["ip", "link", "set", "lo", "up"], check=True)
    run(["ip", "route", "add", "local", "0.0.0.0/0", "dev", "lo"], check=True)
    run(["ip", "-6", "route", "add", "local", "::/0", "dev", "lo"], check=True)
    room = Path(tempfile.mkdtemp())
    (room / "resolv.conf").write_text("nameserver 127.0.0.53\noptions timeout:1 attempts:1\n")
    run(["mount", "--bind", str(room / "resolv.conf"), "/etc/resolv.conf"], check=True)
    Names().start()
    sniffer = Sniffer()
    sniffer.start()
    site = Site((PUBLIC, PORT), Handler)
    site.page = hostile_page()
    threading.Thread(target=site.serve_forever, daemon=True).start()

    with socket.socket() as probe:  # the count can fail: what is sent is seen
        probe.settimeout(1)
        probe.connect_ex(("10.0.0.1", INNER))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.sendto(b"x", ("10.0.0.1", 3478))
    time.sleep(0.2)
    report: dict[str, object] = {"control": list(sniffer.counted)}
    sniffer.counted.clear()

    limits = Limits(total_seconds=60, step_seconds=8)
    for namespaces in (True, False):
        taken = capture(
            f"http://{SITE}:{PORT}/", room / str(namespaces), policy=Policy.FULL,
            authority="a test", allow=[f"{SITE}:{PORT}"], limits=limits, namespaces=namespaces,
        )  # fmt: skip
        report[f"page {namespaces}"] = {
            "outcome": taken.outcome,
            "unfinished": taken.facts["seen"]["unfinished"],
            "isolation": dict(taken.facts["isolation"]),
            "blocked": sorted({r["url"] for r in taken.facts["requests"] if "blocked" in r}),
            "failed": sorted({f"{r['url']} {r['failed']}" for r in taken.facts["requests"]
                              if "failed" in r}),
            "counted": list(sniffer.counted),
        }  # fmt: skip
        sniffer.counted.clear()
    opened_directly = {}
    for number, spelled in enumerate(sys.argv[1:]):
        taken = capture(f"http://{spelled}:{INNER}/", room / f"direct-{number}")
        opened_directly[spelled] = taken.outcome
    report["direct"] = opened_directly
    report["counted"] = list(sniffer.counted)
    print(json.dumps(report), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
