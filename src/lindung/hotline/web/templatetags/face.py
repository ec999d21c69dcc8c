"""Small words for templates: times, telephone links, stored keywords."""

from __future__ import annotations

import datetime as dt

import phonenumbers
from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lindung.hotline.web import words

register = template.Library()
register.filter("said", words.said)


@register.filter
def moment(when: dt.datetime | None) -> SafeString | str:
    """A `<time>` in words relative to now, with the exact time in its title."""
    if when is None:
        return ""
    exact = timezone.localtime(when)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        exact.isoformat(timespec="seconds"),
        date_format(exact, "j M Y, H:i:s ") + (exact.tzname() or ""),
        _relative(timezone.now() - when),
    )


def _relative(age: dt.timedelta) -> str:
    minutes = abs(age) // dt.timedelta(minutes=1)
    if minutes == 0:
        return _("now")
    if minutes < 60:
        span = ngettext("%(n)s min", "%(n)s min", minutes) % {"n": minutes}
    elif minutes < 48 * 60:
        span = ngettext("%(n)s h", "%(n)s h", minutes // 60) % {"n": minutes // 60}
    else:
        days = minutes // 1440
        span = ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    pattern = _("%(span)s ago") if age > dt.timedelta(0) else _("in %(span)s")
    return pattern % {"span": span}


@register.filter
def past(when: dt.datetime | None) -> bool:
    """Whether a due time has gone by."""
    return when is not None and when < timezone.now()


@register.filter
def tel(number: str) -> str:
    """The number as a `tel:` address."""
    return "tel:" + "".join(c for c in number if c.isdigit() or c == "+")


@register.filter
def whatsapp(number: str, country: str) -> str:
    """The address that opens a chat with this number; empty where the number is none there."""
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    plain = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return f"https://wa.me/{plain.removeprefix('+')}"


@register.filter
def inline_svg(picture: str) -> SafeString:
    """A picture made on this server as part of the page, without its XML declaration."""
    return mark_safe(picture[picture.index("<svg") :])  # noqa: S308
