"""ReplayWeb.page, the archivists' own viewer, shows what an exported WACZ holds."""

from __future__ import annotations

import http.server
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

from lindung.evidence import Form, Keys, Policy, capture, export, find_chromium, seal
from tests.evidence.conftest import Site

PAGE = """<!doctype html><title>Kedai</title><h1 id=post>RM20 membership [redacted]</h1>
<img id=green src=/green.png width=40 height=40><p id=said>nothing</p><script>
fetch('/ask',{method:'POST',headers:{'content-type':'application/json'},
 body:JSON.stringify({q:['a b','~'],n:1,yes:true})})
 .then(r=>r.text()).then(t=>{document.getElementById('said').textContent=t})</script>"""
VIEWER = """<!doctype html><script src="/ui.js"></script>
<replay-web-page source="/case.wacz" url="{url}" replayBase="/replay/" embed="replayonly"
 style="width:900px;height:600px"></replay-web-page>"""


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The viewer's files, fetched by npm: it is under the AGPL, a peer of this test alone."""
    room = tmp_path_factory.mktemp("viewer")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, so that ReplayWeb.page cannot be fetched")
    done = subprocess.run([npm, "pack", "--silent", "replaywebpage@2"], cwd=room,
                          capture_output=True, text=True, check=False, timeout=120)  # fmt: skip
    packages = list(room.glob("*.tgz"))
    if done.returncode or not packages:
        pytest.skip("npm did not fetch ReplayWeb.page: is there a network?")
    with tarfile.open(packages[-1]) as tar:
        tar.extractall(room, filter="data")
    return room / "package"


@pytest.fixture
def served(viewer: Path, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    root = tmp_path / "root"
    (root / "replay").mkdir(parents=True)
    shutil.copy(viewer / "ui.js", root)
    shutil.copy(viewer / "sw.js", root / "replay")
    (root / "replay/index.html").write_text(
        "<!doctype html><script src=/ui.js></script><replay-app-main></replay-app-main>"
    )

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None: ...

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Handler, directory=str(root))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield root, f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def test_it_shows_text_a_picture_and_the_answer_to_a_post(
    site: Site, keys: Keys, served: tuple[Path, str], tmp_path: Path
) -> None:
    picture = BytesIO()
    Image.new("RGB", (40, 40), (0, 200, 0)).save(picture, "PNG")
    site.page("/", PAGE)
    site.page("/green.png", picture.getvalue(), "image/png")
    site.page("/ask", "answered by the site", "text/plain")
    taken = capture(site.url, tmp_path / "taken", policy=Policy.FULL, authority="a test",
                    allow=[site.place])  # fmt: skip
    assert taken.outcome == "complete", taken.problem
    bundle = tmp_path / "b.tar"
    seal(taken, bundle, keys=keys, log=keys.file_log(), operator="x")
    root, address = served
    export(bundle, Form.WACZ, root / "case.wacz", trust=keys.trust(),
           identity=keys.directory / "offline/identity-1.txt")  # fmt: skip
    site.pages.clear()
    (root / "index.html").write_text(VIEWER.format(url=site.url))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(find_chromium()), args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.goto(address)
        page.wait_for_function(within("!!found('#said')"), timeout=90_000)
        assert page.evaluate(within("found('#post').textContent")) == "RM20 membership [redacted]"
        page.wait_for_function(within("found('#said').textContent != 'nothing'"), timeout=60_000)
        assert page.evaluate(within("found('#said').textContent")) == "answered by the site"
        page.wait_for_function(within("found('#green').naturalWidth == 40"), timeout=60_000)
        browser.close()


FOUND = """(() => { const found = what => {
  const look = root => {
    const here = root.querySelector(what);
    if (here) return here;
    for (const one of root.querySelectorAll('*')) {
      const inner = one.shadowRoot || (one.localName == 'iframe' && one.contentDocument);
      const there = inner && look(inner);
      if (there) return there;
    }
    return null;
  };
  return look(document);
}; return (EXPRESSION) })()"""


def within(expression: str) -> str:
    """`expression`, where `found(selector)` looks through shadow roots and frames."""
    return FOUND.replace("EXPRESSION", expression)
