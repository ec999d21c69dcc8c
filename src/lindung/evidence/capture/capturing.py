"""`capture`: from an address to files and facts, whatever the site does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from lindung.evidence.capture.addresses import canonical_pair
from lindung.evidence.capture.chromium import find_chromium, version
from lindung.evidence.capture.policy import Isolation, Limits, Policy
from lindung.evidence.capture.preview import blurred
from lindung.evidence.capture.remedy import NO_BROWSER, is_about_isolation, remedy

# No secret of the caller's environment goes to the capture's process. SSL_CERT_FILE and
# SSL_CERT_DIR are OpenSSL's own: an operator's certificate store.
_PASSED_ON = {"PATH", "LANG", "PYTHONPATH", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"}
_GRACE = 15.0  # seconds a guardroom gets beyond its own clock before it is ended


class CannotCapture(Exception):
    """This machine cannot capture now, whatever the site: the message says why and what helps."""


@dataclass(frozen=True)
class Capture:
    """What one capture kept, and how complete it is.

    `outcome` is "complete", "partial" or "unreachable"; `problem` is one plain sentence, or None
    when complete. `files` lie in `directory`. `facts` is everything that `facts.json` holds.
    """

    url: str
    policy: Policy
    outcome: str
    problem: str | None
    final_url: str
    title: str
    text: str
    directory: Path
    files: tuple[Path, ...]
    facts: Mapping[str, Any] = field(repr=False)
    authority: str | None = None
    preview: bytes | None = field(default=None, repr=False)

    @property
    def weaker(self) -> str:
        """What did not hold the browser: "sandbox", "namespaces" or, where all did, nothing."""
        held = self.facts.get("isolation", {})
        if held.get("browser_sandbox") is False:
            return "sandbox"
        return "namespaces" if held.get("network_namespace") is False else ""


def capture(
    url: str,
    into: Path,
    *,
    policy: Policy = Policy.NO_MEDIA,
    authority: str | None = None,
    allow: Collection[str] = (),
    limits: Limits | None = None,
    on_step: Callable[[str], None] | None = None,
    isolation: Isolation = Isolation.SANDBOXED,
    namespaces: bool = True,
) -> Capture:
    """Capture the page at `url` into the directory `into` (made, or empty).

    `authority` is the legal authority relied on, needed for `Policy.FULL`. `allow` holds
    `host:port` pairs let through though not public. `isolation` is the least that must hold the
    browser; `namespaces=False` puts it beside the guard as where the kernel refuses them.
    Raises `ValueError` for wrong arguments and `CannotCapture` for what this machine lacks, never
    for what the site does.
    """
    policy, limits = Policy(policy), limits or Limits()
    if policy is Policy.FULL and not (authority or "").strip():
        raise ValueError("The policy full keeps media: name the legal authority relied on.")
    for pair in allow:
        canonical_pair(pair)
    into.mkdir(parents=True, exist_ok=True)
    if any(into.iterdir()):
        raise ValueError(f"{into} is not empty; a capture starts in an empty directory.")
    problem = not_an_address(url)
    if problem is not None:
        return _result(url, policy, authority, into, {}, problem)
    browser = find_chromium()
    if browser is None:
        raise CannotCapture(NO_BROWSER)
    order = {
        "url": url, "into": str(into.resolve()), "policy": policy.value, "allow": list(allow),
        "limits": asdict(limits), "parent": os.getpid(), "namespaces": namespaces,
        "isolation": Isolation(isolation).value, "version": version(browser),
    }  # fmt: skip
    failure = _guardroom(order, limits, on_step or (lambda step: None))
    try:
        facts = json.loads((into / "facts.json").read_text())
    except (OSError, ValueError):
        raise CannotCapture(
            failure or "The capture ended before it could write what it saw."
        ) from None
    if refused := facts.get("cannot_start"):
        helps = remedy() if is_about_isolation(refused) else ""
        raise CannotCapture(f"Chromium does not start on this machine: {refused}. {helps}".strip())
    if not (facts.get("requests") or facts.get("done")):  # no site was asked for anything
        why = facts.get("broken") or facts.get("ending") or failure or "it ended"
        raise CannotCapture(f"The browser did not get as far as the page: {why}.")
    return _result(url, policy, authority, into, facts, failure)


def _guardroom(
    order: Mapping[str, Any], limits: Limits, on_step: Callable[[str], None]
) -> str | None:
    """Run the capture's process to its end; returns why it failed, or None."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lindung.evidence.capture.guardroom"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={"HOME": "/"} | {k: v for k, v in os.environ.items() if k in _PASSED_ON},
        start_new_session=True,
    )  # fmt: skip
    assert process.stdin and process.stdout and process.stderr  # noqa: S101
    errors: list[str] = []
    drain = threading.Thread(target=_drain, args=(process.stderr, errors), daemon=True)
    drain.start()
    clock = threading.Timer(limits.start_seconds + limits.total_seconds + _GRACE, process.kill)
    clock.start()
    try:
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.close()
        for line in process.stdout:
            on_step(str(json.loads(line).get("step", "")))
        process.wait()
    finally:
        clock.cancel()
        process.kill()
        process.wait()
        drain.join()
        for stream in (process.stdout, process.stderr):
            stream.close()
    if process.returncode == 0:
        return None
    last = next((line for line in reversed(errors) if line.strip()), "it was ended")
    return f"The capture's own process failed: {last.strip()[:300]}"


def _drain(stream: IO[str], lines: list[str]) -> None:
    for line in stream:
        lines.append(line)
        del lines[:-50]


def _result(
    url: str, policy: Policy, authority: str | None, into: Path, facts: dict[str, Any],
    failure: str | None,
) -> Capture:  # fmt: skip
    outcome, problem = ("unreachable", failure) if not facts else judge(facts, failure)
    facts["outcome"], facts["problem"] = outcome, problem
    (into / "facts.json").write_text(json.dumps(facts, indent=1))
    text = into / "page.txt"
    picture = into / "screenshot.png"
    return Capture(
        url=url,
        policy=policy,
        outcome=outcome,
        problem=problem,
        final_url=_storable(str(facts.get("final_url") or url)),
        title=_storable(str(facts.get("title", ""))),
        text=_storable(text.read_text(errors="replace")) if text.exists() else "",
        directory=into,
        files=tuple(sorted(path for path in into.iterdir() if path.is_file())),
        facts=facts,
        authority=authority,
        preview=blurred(picture) if picture.exists() else None,
    )


def _storable(text: str) -> str:
    """Text that any database and file takes: no half characters, no NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def judge(facts: Mapping[str, Any], failure: str | None) -> tuple[str, str | None]:
    """The outcome of a capture and the sentence that explains it.

    What the policy left out is not a lack: it was never asked for. What failed, was cut off or
    refused is.
    """
    requests = facts.get("requests", [])
    answered = [r for r in requests if "status" in r and "blocked" not in r]
    unfinished = facts.get("seen", {}).get("unfinished", {})
    first = requests[0] if requests else {}
    why = failure or facts.get("ending") or facts.get("broken")
    if not answered and "status" in first:
        return "partial", f"The capture is partial: {first['blocked']}."
    if not answered:
        reason = first.get("blocked") or first.get("failed") or why or facts.get("goto_error")
        return "unreachable", f"The page could not be captured: {reason or 'no answer came'}."
    if why is None and facts.get("over_limit"):
        why = f"the capture was over its limit: {facts['over_limit']}"
    if why is None and "goto_error" in facts:
        why = f"the page could not be opened: {facts['goto_error']}"
    if why is None and unfinished:
        step, reason = next(iter(unfinished.items()))
        why = f"{step}: {reason}"
    if why is None and (lacks := facts.get("seen", {}).get("not_got")):
        more = f", and {len(lacks) - 1} more" if len(lacks) > 1 else ""
        why = f"it does not hold {lacks[0]}{more}"
    lost = [r for r in requests if r.get("failed") or r.get("truncated")
            or (r.get("blocked") and not r["blocked"].startswith("policy "))]  # fmt: skip
    if why is None and lost:
        url, reason = lost[0]["url"], lost[0].get("failed") or lost[0].get("blocked") or "cut off"
        why = f"{len(lost)} of {len(requests)} requests are not whole ({url[:200]}: {reason})"
    return ("partial", f"The capture is partial: {why}.") if why else ("complete", None)


def not_an_address(url: str) -> str | None:
    """Why `url` is nothing that can be captured, or None."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
        usable = usable and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if usable and not any(c in url for c in "\r\n\t\0"):
        return None
    return "Only http:// and https:// addresses can be captured; this is none."
