"""Sealing what was captured, and writing the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from lindung import evidence
from lindung.hotline.config import sealing
from lindung.hotline.config.scratch import scratch

from .log import HotlineLog, append
from .models import Evidence

__all__ = ["append", "capture_and_seal", "evidence_keys", "make_keys"]


def evidence_folder() -> Path:
    folder: Path = settings.ENV.home / "evidence"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def make_keys() -> Path | None:
    """Make the evidence keys of a new hotline; returns the folder of the offline identities."""
    folder: Path = settings.ENV.home / "keys" / "evidence"
    if folder.exists():
        return None
    evidence.keygen(folder, urlsplit(settings.ENV["PUBLIC_URL"]).hostname or "lindung")
    return folder / "offline"


@cache
def evidence_keys() -> evidence.Keys:
    return evidence.Keys.load(settings.ENV.home / "keys" / "evidence")


def capture_and_seal(
    case: str, item: UUID, url: str, look: Callable[[evidence.Capture], None]
) -> Evidence:
    """Capture an address and seal it, once for a case and item; a repeat returns the first.

    `look` sees the capture before it is sealed: afterwards this server cannot open it.
    What the site does never raises: an unreachable address is recorded with its reason.
    The log entry, the bundle's proof and the record are one transaction; a bundle file that
    a crash leaves without a record proves nothing and is replaced by the retry.
    """
    if found := Evidence.objects.filter(case_id=case, item_id=item).first():
        return found
    authority = settings.ENV["MEDIA_AUTHORITY"] or None
    policy = evidence.Policy.FULL if authority else evidence.Policy.NO_MEDIA
    keys = evidence_keys()
    with scratch(settings.ENV.home) as folder:
        captured = evidence.capture(
            url,
            folder / "capture",
            policy=policy,
            authority=authority,
            allow=settings.ENV["CAPTURE_ALLOW"],
        )
        look(captured)
        record = Evidence(
            case_id=case,
            item_id=item,
            captured_at=datetime.now(UTC),
            outcome=captured.outcome,
            problem=(captured.problem or _refusal(captured))[:500],
            sealed_text=sealing.seal(captured.text or ""),
            preview=captured.preview or b"",
        )
        with transaction.atomic():
            if captured.outcome == "unreachable":
                append("evidence.failed", case, {"item": str(item), "problem": record.problem})
            else:
                bundle = evidence_folder() / f"{case}-{uuid4().hex[:8]}.lindung.tar"
                log = HotlineLog(keys, subject=case)
                sealed = evidence.seal(
                    captured, bundle, keys=keys, log=log, operator=settings.ENV["HOTLINE_NAME"]
                )
                record.bundle = bundle.name
                record.manifest_sha256 = sealed.manifest_sha256
                record.log_index = sealed.inclusion.index
            record.save(force_insert=True)
    return record


def _refusal(captured: evidence.Capture) -> str:
    """What a page's own status says, so that a removal notice never counts as the page."""
    asked = captured.facts.get("requests", [])
    status = next((r.get("status") for r in asked if r.get("url") == captured.final_url), None)
    return f"The site answered {status}." if status and status >= 400 else ""
