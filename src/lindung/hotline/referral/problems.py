"""Why a letter is not there yet: a keyword with its facts, shown in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MOST_STORED = 500
MOST_FACT = 300

WORDS: Mapping[str, Promise] = {
    "folder": _("The folder %(path)s refused: %(why)s."),
    "no-mail": _("LINDUNG_SMTP_URL is not set, so e-mail cannot be sent."),
    "hangs": _("The other side did not answer in time. It is tried again by itself."),
    "mail": _("The mail server did not take the letter: %(why)s"),
    "bundle": _(
        "The bundle %(bundle)s is not as it was sealed. %(why)s "
        "Restore it from a backup: then the letter leaves by itself."
    ),
    "fallen": _(
        "Its decision does not stand now, so it is held back. Cancel it, or wait: the next "
        "decision of two people cancels it."
    ),
    "unproven": _(
        "It cannot be shown that two people decided this, each by their own sign-in, so it is held "
        "back. Decide the case anew."
    ),
    "no-number": _(
        "They left a file acknowledged.txt without the number that stands in the letter, so it "
        "does not count. Ask them."
    ),
}


class NotDelivered(Exception):
    """The other side does not hold the letter: a keyword of WORDS, and its facts."""

    def __init__(self, problem: str, **facts: str) -> None:
        super().__init__(str(WORDS[problem]) % facts)
        self.stored = stored(problem, **facts)


def stored(problem: str, **facts: str) -> str:
    """What is kept of a problem, as JSON of at most MOST_STORED characters."""
    text = ""
    for most in (MOST_FACT, 120, 40, 0):
        short = {name: fact.replace("\0", " ")[:most] for name, fact in facts.items()}
        text = json.dumps({"problem": problem, **short})
        if len(text) <= MOST_STORED:
            break
    return text


def shown(kept: str) -> str:
    """A kept problem in words. What an older version kept as a sentence shows as it is."""
    try:
        facts = json.loads(kept)
        return str(str(WORDS[facts["problem"]]) % facts)
    except (ValueError, LookupError, TypeError):
        return kept
