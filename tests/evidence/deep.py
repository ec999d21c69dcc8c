"""A made-up site whose posts hide wherever a page can hide them. Each says `POST name number`."""

from __future__ import annotations

import http.server
import io
import threading
import time
from functools import cache

from PIL import Image

INNER, ENDLESS, LATE, VIRTUAL = 60, 120, 12, 40
WALL = "We value your privacy. Accept all cookies to go on."
_LATE = (
    """<div class=p style="height:700px"><p>POST late %d</p><div class=pic data-n=%d></div></div>"""
)
_SCRIPT = """
for (const mode of ['open', 'closed'])
  document.getElementById(mode).attachShadow({mode}).innerHTML =
    '<style>p { color: black }</style><p>POST ' + mode + ' 1</p><div id=n></div>';
document.getElementById('open').shadowRoot.getElementById('n').attachShadow({mode: 'closed'})
  .innerHTML = '<p>POST nested 1</p>';
for (const pic of document.querySelectorAll('.pic')) new IntersectionObserver((all, me) => {
  const seen = all[all.length - 1].isIntersecting;
  clearTimeout(pic.timer);
  if (seen) pic.timer = setTimeout(() => { me.disconnect();
    const i = new Image(); i.src = '/late/' + pic.dataset.n + '.png'; pic.append(i); }, 300);
}).observe(pic);
const fill = (box, name, most, step) => { let n = 0; const more = () => {
    for (let k = 0; k < step && n < most; k++) { const p = document.createElement('p');
      p.style.height = '50px'; p.textContent = 'POST ' + name + ' ' + (++n); box.append(p); } };
  more(); return more; };
const inner = document.getElementById('inner'), more = fill(inner, 'inner', INNER, 10);
inner.onscroll = () => { if (inner.scrollTop + inner.clientHeight > inner.scrollHeight - 30)
  setTimeout(more, 100); };
const virtual = document.getElementById('virtual'), rows = virtual.firstElementChild;
const draw = () => { const from = Math.floor(virtual.scrollTop / 40); rows.replaceChildren();
  for (let n = from; n < Math.min(VIRTUAL, from + 6); n++) { const p = document.createElement('p');
    p.style.cssText = 'position:absolute;margin:0;top:' + n * 40 + 'px';
    p.textContent = 'POST virtual ' + (n + 1); rows.append(p); } };
virtual.onscroll = draw; draw();
const endless = document.getElementById('endless'), on = fill(endless, 'endless', ENDLESS, 20);
let busy = false;
onscroll = () => { if (!busy && scrollY + innerHeight > document.body.scrollHeight - 200) {
  busy = true; setTimeout(() => { on(); busy = false; }, 250); } };
"""


def page(other: str, wall: bool = False) -> str:
    """The page; `other` is another origin of the same site."""
    script = _SCRIPT.replace("INNER", str(INNER)).replace("ENDLESS", str(ENDLESS))
    script = script.replace("VIRTUAL", str(VIRTUAL))
    layer = (
        "<div style='position:fixed;inset:0;background:#fff;z-index:9'>"
        f"<h2>{WALL}</h2><button>Accept all</button></div>"
    )
    late = "".join(_LATE % (n, n) for n in range(1, LATE + 1))
    return (
        "<!doctype html><title>Deep</title><p>POST top 1</p>"
        "<iframe src=/frame></iframe>"
        f"<iframe src='{other}/other'></iframe>"
        "<iframe srcdoc='<p>POST srcdoc 1</p>'></iframe><iframe src=/set></iframe>"
        "<div id=open></div><div id=closed></div>"
        "<div id=inner style='height:300px;width:400px;overflow-y:auto'></div>"
        "<div id=virtual style='height:200px;width:400px;overflow-y:auto;position:relative'>"
        f"<div style='height:{VIRTUAL * 40}px'></div></div>"
        f"{late}<div id=endless></div>{layer if wall else ''}<script>{script}</script>"
    )


def posts() -> set[str]:
    """Every post of the page."""
    one = ("top", "frame", "other", "srcdoc", "set", "open", "closed", "nested")
    counts = {"inner": INNER, "endless": ENDLESS, "late": LATE, "virtual": VIRTUAL}
    return {f"POST {name} 1" for name in one} | {
        f"POST {name} {n}" for name, count in counts.items() for n in range(1, count + 1)
    }


@cache
def picture(number: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (200, 100), (number * 16, 90, 120)).save(out, "PNG")
    return out.getvalue()


class Handler(http.server.BaseHTTPRequestHandler):
    server: DeepServer

    def do_GET(self) -> None:
        kind, body = "text/html; charset=utf-8", b""
        if self.path == "/frame":
            self.server.heard = dict(self.headers)
        if self.path in ("/", "/wall"):
            body = page(self.server.other, self.path == "/wall").encode()
        elif self.path in ("/frame", "/other"):
            body = f"<p>POST {self.path[1:]} 1</p>".encode()
        elif self.path == "/set":
            body = b"<frameset cols='100%'><frame src=/inset></frameset>"
        elif self.path == "/inset":
            body = b"<p>POST set 1</p>"
        elif self.path == "/refresh":
            body = b"<meta http-equiv=refresh content='2; url=/frame'><p>POST before 1</p>"
        elif self.path == "/script":
            body = b"<p>POST before 1</p><script>setTimeout(()=>location='/frame',1500)</script>"
        elif self.path == "/tall":
            body = b"<p>POST top 1</p><div style='height:60000px'></div><p>POST end 1</p>"
        elif self.path.startswith("/late/"):
            time.sleep(0.3)
            kind, body = "image/png", picture(int(self.path[6:-4]))
            self.server.pictures.add(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None: ...


class DeepServer(http.server.ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        port = self.server_address[1]
        self.places = [f"127.0.0.1:{port}", f"localhost:{port}"]
        self.url, self.other = (f"http://{place}" for place in self.places)
        self.pictures: set[str] = set()
        self.heard: dict[str, str] = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()
