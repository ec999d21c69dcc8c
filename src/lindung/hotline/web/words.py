"""Stored keywords as words for people. An unknown keyword shows as itself."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

ABOUT: Mapping[str, Promise] = {
    "seen": _("I saw it online"),
    "me": _("It is about me"),
    "child": _("It is about a child I know"),
}
ITEM: Mapping[str, Promise] = {
    "address": _("address"),
    "account": _("account"),
    "phone": _("phone"),
    "email": _("e-mail"),
    "group": _("group"),
    "wallet": _("wallet"),
    "words": _("words"),
    "price": _("price"),
    "age": _("age"),
    "digest": _("file digest"),
}
FILE: Mapping[str, Promise] = {
    "": _("unknown kind"),
    "picture": _("picture"),
    "video": _("video"),
}
OUTCOME: Mapping[str, Promise] = {
    "complete": _("captured"),
    "partial": _("captured in part"),
    "unreachable": _("could not be captured"),
}
DEED: Mapping[str, Promise] = {
    "case.opened": _("case opened"),
    "case.read": _("case read"),
    "case.status": _("state changed"),
    "item.sighted": _("report named an item"),
    "evidence-sealed": _("capture sealed"),
    "evidence-stamped": _("time stamps or witnesses came"),
    "evidence.failed": _("capture failed"),
    "capture.waits": _("capture waits for this machine"),
    "capture.asked": _("capture asked for"),
    "seal.broken": _("alarm: seal does not hold"),
    "seal.holds": _("seal holds again"),
    "assessment.made": _("assessed"),
    "confirmation.made": _("second person answered"),
    "referral.queued": _("referral queued"),
    "referral.sent": _("referral sent"),
    "referral.acknowledged": _("referral acknowledged"),
    "referral.alarm": _("alarm: referral stuck"),
    "referral.cancelled": _("referral cancelled before it left"),
    "case.danger": _("danger judged by a person"),
    "person.invited": _("person invited"),
    "person.joined": _("person joined"),
    "person.approved": _("invitation approved by a second person"),
    "person.uninvited": _("invitation taken back"),
    "person.vouched": _("a second person stands for somebody"),
    "person.password": _("password changed"),
    "factor.added": _("second factor added"),
    "factor.removed": _("second factor removed"),
    "factor.changed": _("second factor changed or a recovery code used"),
    "factor.reset": _("second factors of somebody taken away"),
    "person.switched": _("person switched on or off"),
    "media.unexamined": _("pictures not examined"),
    "media.listed": _("marked files put on our own list"),
    "media.withdrawn": _("files taken off our own list"),
    "authority.added": _("authority added"),
    "authority.changed": _("authority changed"),
}
CATEGORY: Mapping[str, Promise] = {
    "baseline": _("Illegal: INTERPOL baseline"),
    "national": _("Illegal: national law"),
    "offer": _("Illegal: offer or solicitation in words"),
    "grooming": _("Illegal: grooming or extortion"),
    "police": _("Not classified: for the police to judge"),
    "not_illegal": _("Not illegal"),
    "not_found": _("Not found or not accessible"),
}
DANGER: Mapping[str, Promise] = {
    "yes": _("yes"),
    "unsure": _("not sure"),
    "no": _("no"),
}
# Why a case was closed, as its reporter reads it.
CLOSING: Mapping[str, Promise] = {
    "not_found": _("We looked and it was not there, or could not be reached."),
    "not_illegal": _("Two people looked at it. It is not against the law, as far as we can tell."),
}
CHECK: Mapping[str, Promise] = {
    "sealing": _("when it was sealed"),
    "schedule": _("by the daily check"),
    "referral": _("before a referral left"),
    "view": _("when this page was opened"),
    "stamping": _("when it was stamped"),
}
PARTS: Mapping[str, Mapping[str, Promise]] = {
    "about": ABOUT,
    "item": ITEM,
    "file": FILE,
    "outcome": OUTCOME,
    "deed": DEED,
    "check": CHECK,
    "category": CATEGORY,
    "danger": DANGER,
    "closing": CLOSING,
}

# Sentences of the lower floors and adapters, which know no gettext; forms translate them.
FROM_BELOW = (
    gettext_noop("This is longer than 20,000 characters. Send a shorter part."),
    gettext_noop("Nothing was written here. Write what you saw, or paste its address."),
    gettext_noop("There is more than one link here. Put each link in a field of its own."),
    gettext_noop(
        "We could not read this link. Paste the whole address, "
        "for example https://example.com/post/1."
    ),
    gettext_noop("Line %(number)s: %(text)s"),
    gettext_noop("A folder name has small letters, digits and hyphens only."),
    gettext_noop("This is not an e-mail address."),
)


def said(keyword: str, part: str) -> str:
    """The words for a keyword of one of the PARTS."""
    return str(PARTS[part].get(keyword, keyword))
