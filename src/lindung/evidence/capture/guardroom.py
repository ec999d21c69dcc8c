"""The process that holds one capture: the relay outside, the jailed browser inside, the clock.

Started by `capture` as `python -m lindung.evidence.capture.guardroom`, with the order as JSON on
standard input; it tells its steps as JSON lines on standard output and leaves its files in `into`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import platform
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lindung.evidence.capture import browser, chromium, http1, jail
from lindung.evidence.capture.addresses import AddressGuard
from lindung.evidence.capture.policy import (
    Isolation,
    Limits,
    Policy,
    refuse_response,
)
from lindung.evidence.capture.processes import (
    MemoryGroup,
    descendants,
    memory_of,
    own_user,
    sandboxed,
)
from lindung.evidence.capture.records import Warc, now
from lindung.evidence.capture.redaction import redacted, redacted_body, redacted_facts
from lindung.evidence.capture.relay import Relay
from lindung.runtime import die_with, folder_for_a_while

ROOM = "lindung-capture-"  # how the folder of a running capture begins


def main() -> None:
    order = json.loads(sys.stdin.readline())
    die_with(order["parent"])
    with folder_for_a_while(ROOM) as room:
        room.chmod(0o711)
        os.environ["TMPDIR"] = str(room)  # Playwright's own files are gone with ours
        tempfile.tempdir = None
        asyncio.run(_Guardroom(order, room).run())


class _Guardroom:
    def __init__(self, order: Mapping[str, Any], room: Path) -> None:
        self.url, self.policy = str(order["url"]), Policy(order["policy"])
        self.into, self.limits = Path(order["into"]), Limits(**order["limits"])
        self.facts: dict[str, Any] = {
            "url": self.url, "policy": self.policy.value, "started": now(),
            "limits": asdict(self.limits),
        }  # fmt: skip
        self.warc = Warc(self.into / "archive.warc.gz", {
            "software": f"lindung/{version('lindung')}", "format": "WARC File Format 1.1",
            "robots": "ignore",
        })  # fmt: skip
        guard = AddressGuard(order["allow"], self.limits.connect_seconds)
        own = [part for part in chromium.OWN_ADDRESSES if part not in self.url]
        self.relay = Relay(guard, self.policy, self.limits, self.warc, own, self.url)
        self.ending: str | None = None
        self.opened = False
        profile = room / "profile"
        profile.mkdir(mode=0o700)
        self.reading, writing = os.pipe()
        user = own_user()
        task = browser.Task(
            self.url, self.policy, self.limits, self.into, profile, user,
            self.relay.authority.spki, str(order["version"]), Isolation(order["isolation"]),
            writing,
        )  # fmt: skip
        os.set_inheritable(writing, False)
        self.memory = MemoryGroup(self.limits.memory_bytes)
        self.sandboxed: bool | None = None
        self.jail = jail.enter(
            lambda port: browser.run(task, port),
            self.memory,
            user,
            namespaces=order["namespaces"],
        )
        os.close(writing)

    async def run(self) -> None:
        relay = asyncio.ensure_future(self.relay.serve(self.jail.listener))
        watch = asyncio.ensure_future(self._watch_memory())
        try:
            async with asyncio.timeout(self.limits.start_seconds) as clock:
                await self._follow(clock)
        except TimeoutError:
            allowed = self.limits.total_seconds if self.opened else self.limits.start_seconds
            self.ending = f"the capture took longer than {allowed:.0f} seconds"
        finally:
            self.jail.kill()
            for task in (relay, watch):
                task.cancel()
            await asyncio.gather(relay, watch, return_exceptions=True)
            self.memory.close()
        self._close()

    async def _follow(self, clock: asyncio.Timeout) -> None:
        """Read what the browser's side tells until its pipe closes.

        The site's time begins when its address is opened: a slow machine is not its fault.
        """
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=64 << 20)
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(self.reading, "rb")
        )
        with contextlib.closing(transport):
            while line := await reader.readline():
                told = json.loads(line)
                if step := told.pop("step", None):
                    print(json.dumps({"step": step}), flush=True)  # noqa: T201
                    if step == browser.OPENING:
                        self.opened = True
                        clock.reschedule(loop.time() + self.limits.total_seconds)
                if made := told.pop("synthesised", None):
                    self._keep_synthesised(made)
                if self.policy is not Policy.FULL:
                    told = redacted_facts(told, self.url)
                self.facts.update(told)
                if self.facts.get("done"):
                    return

    def _keep_synthesised(self, made: Mapping[str, Any]) -> None:
        """Record what a service worker answered, labelled as such, as far as the policy goes."""
        body: bytes | None = base64.b64decode(made["body"])
        fact = {"url": str(made["url"]), "status": made["status"], "kind": str(made["kind"])}
        if self.policy is not Policy.FULL:
            fact = redacted_facts(fact)
            head = http1.Head("", [("content-type", fact["kind"])], b"")
            may = redacted_body(body or b"", fact["kind"])
            body = may.content
            if blocked := refuse_response(self.policy, head, body or b""):
                body = None
            elif body is None:
                blocked = f"policy {self.policy}: the body is not the text it is labelled as"
            fact |= {"blocked": blocked} if blocked else {}
            fact |= {"not_kept": [one.facts() for one in may.not_kept]} if may.not_kept else {}
        self.facts.setdefault("synthesised_by_service_worker", []).append(fact)
        if body is not None:
            kind = fact["kind"] or "application/octet-stream"
            labels = {"Lindung-Record": "synthesised-by-service-worker"}
            self.warc.resource(fact["url"], body, kind, labels)

    async def _watch_memory(self) -> None:
        while True:
            await asyncio.sleep(0.25)
            pids = list(descendants(self.jail.keeper))
            used = await asyncio.to_thread(memory_of, pids)
            if (seen := sandboxed(pids)) is not None:
                self.sandboxed = seen and self.sandboxed is not False
            self.facts["memory_peak"] = max(used, self.facts.get("memory_peak", 0))
            if used > self.limits.memory_bytes:
                self.ending = f"the page used more than {self.limits.memory_bytes >> 20} MiB"
                self.jail.kill()
                return

    def _close(self) -> None:
        """Finish the records and write the facts; what a step left is already there."""
        seen = self.relay.seen
        if self.policy is not Policy.FULL:
            seen.hosts = {redacted(name)[0]: facts for name, facts in seen.hosts.items()}
        self.facts.update(
            ended=now(),
            ending=self.ending,
            over_limit=seen.over_limit,
            hosts=seen.hosts,
            requests=[exchange.facts() for exchange in seen.exchanges],
            isolation=self.jail.held.facts() | self.facts.pop("holding", {})
            | {"renderers_sandboxed": self.sandboxed},
            versions={
                "lindung": version("lindung"), "playwright": version("playwright"),
                "python": platform.python_version(), "kernel": platform.release(),
                "browser": self.facts.pop("browser", "did not start"),
            },
        )  # fmt: skip
        self.warc.metadata(self.url, {"dns_and_peers": seen.hosts})
        pictures = [(path.name, "image/png") for path in sorted(self.into.glob("screenshot*.png"))]
        for name, kind in (("page.html", "text/html"), ("page.txt", "text/plain"), *pictures):
            path = self.into / name
            if path.exists():
                labels = {"Lindung-Record": "rendering"}
                self.warc.resource(
                    f"urn:lindung:{name}:{self.url}", path.read_bytes(), kind, labels
                )
        self.warc.close()
        if seen.certificates:
            (self.into / "certificates.pem").write_text("".join(seen.certificates.values()))
        (self.into / "facts.json").write_text(json.dumps(self.facts, indent=1))


if __name__ == "__main__":
    main()
