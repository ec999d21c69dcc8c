"""The letter an authority receives: nouns and numbers, addresses that cannot be clicked."""

from __future__ import annotations

from django.conf import settings

from lindung.hotline.casework import selectors as casework
from lindung.hotline.custody import selectors as custody

LETTER = """To: {authority}
From: {hotline}
Case: {case}

Classification: {category}
Reason: {reason}
Decided by two people: assessed {assessed}, confirmed {confirmed} (UTC).{replaces}

What was reported
{items}

Files the decision is about (SHA-256)
{files}

Evidence
{evidence}

To check a bundle on your own machine: lindung verify FILE --trust trust.json
To open it: lindung open FILE --identity KEY (the identity is held offline, not by our server).
Please answer with your reference number, so that the reporter can be told it was passed on.
"""


def letter_text(case: str, authority: str) -> str:
    """The plain text of one referral."""
    assessment = casework.assessment_of(case)
    confirmation = casework.confirmation_of(case)
    if assessment is None or confirmation is None:
        raise ValueError(f"Case {case} has no confirmed assessment.")
    items = [
        f"- {item.kind}: {_defanged(item.display)} ({item.corroboration} independent reports)"
        for item in casework.items_of(case)
    ]
    captures = custody.evidence_of(case)
    kept = {record.item_id for record in captures if record.bundle}
    lost = {record.item_id: record for record in captures if record.item_id not in kept}
    evidence = [
        f"- {record.bundle}\n  manifest SHA-256 {record.manifest_sha256}"
        for record in captures
        if record.bundle
    ]
    evidence += [f"- not captured: {record.problem}" for record in lost.values()]
    evidence += [
        f"- not captured yet: our own machine could not since {one.since:%Y-%m-%d %H:%M} (UTC)"
        for one in custody.waits(case)
    ]
    before = casework.replaced_by(assessment)
    return LETTER.format(
        authority=authority,
        hotline=settings.ENV["HOTLINE_NAME"],
        case=case,
        category=assessment.get_category_display(),
        reason=assessment.reason,
        assessed=f"{assessment.at:%Y-%m-%d %H:%M}",
        confirmed=f"{confirmation.at:%Y-%m-%d %H:%M}",
        replaces=(
            before
            and f"\nThis replaces our decision of {before.at:%Y-%m-%d %H:%M} (UTC): "
            f"{before.get_category_display()}."
        )
        or "",
        items="\n".join(items) or "- words only",
        files="\n".join(f"- {sha256}" for sha256 in assessment.files) or "- none marked",
        evidence="\n".join(evidence) or "- none",
    )


def _defanged(address: str) -> str:
    return address.replace("http", "hxxp", 1).replace(".", "[.]")
