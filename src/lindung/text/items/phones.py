"""Phone numbers as E.164, by the plans that `phonenumbers` carries."""

from __future__ import annotations

import functools
import re

import phonenumbers

_INTERNATIONAL = re.compile(r"\+[0-9 ().-]+")
_PUNCTUATION = str.maketrans("", "", "+ ().-")


def e164(written: str, region: str) -> str | None:
    """`+60320000000` for a phone number, None where it cannot be one.

    `region` is the ISO 3166 country whose numbers may lack a country code, `ZZ` for none.
    """
    written = written.strip()
    if _INTERNATIONAL.fullmatch(written):
        digits = written.translate(_PUNCTUATION)
        if (plan := _plan_of(digits)) is not None:
            code, lengths, prefix = plan
            national = digits[len(code) :]
            if national[:1] != "0" and not (prefix and prefix.match(national)):
                return f"+{digits}" if len(national) in lengths else None
    try:
        number = phonenumbers.parse(written, None if region == "ZZ" else region)
    except phonenumbers.NumberParseException:
        return None
    known = written.startswith(("+", "00"))
    fits = phonenumbers.is_possible_number if known else phonenumbers.is_valid_number
    if not fits(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def spaced(number: str) -> str:
    """An E.164 number as people write it: `+60 3-2000 0000`."""
    parsed = phonenumbers.parse(number, None)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


_Plan = tuple[str, frozenset[int], re.Pattern[str] | None]


def _plan_of(digits: str) -> _Plan | None:
    for size in (1, 2, 3):
        if (plan := _plans().get(digits[:size])) is not None:
            return plan
    return None


@functools.cache
def _plans() -> dict[str, _Plan]:
    """Per country code: itself, how long its numbers may be, and the prefix dialled inside.

    What is written with that prefix is left to `phonenumbers`, which knows when it goes.
    """
    plans: dict[str, _Plan] = {}
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        found = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, regions[0])
        if found is None or found.general_desc is None:
            continue
        general = found.general_desc
        lengths = frozenset((*general.possible_length, *general.possible_length_local_only))
        prefix = found.national_prefix_for_parsing
        plans[str(code)] = (str(code), lengths, re.compile(prefix) if prefix else None)
    return plans
