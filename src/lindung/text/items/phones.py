"""Phone numbers as E.164, by the plans that `phonenumbers` carries."""

from __future__ import annotations

import functools
import re

import phonenumbers

HOME = "MY"  # the country of a number without its code, where the caller says none

# What stands before a number that is a phone, and before one that is not. A word decides only
# where the form of the number does not.
_SAYS_PHONE = re.compile(
    r"(?:(?<![a-z])(?:tel|telp|phone|mobile|hp|h/p|handphone|call|sms|text|ring|contact|hubungi"
    r"|telefon|telepon|nombor|nomor|whats?app|wh?ats?app|wasap|wassap|ws|wa|viber|signal|imo|zalo)"
    r"(?![a-z])|电话|電話|手机|手機|致电|联系|聯絡|வாட்ஸ்அப்|போன்|தொலைபேசி|எண்)[^\d\n]{0,20}$",
    re.IGNORECASE,
)
_SAYS_OTHER = re.compile(
    r"(?:(?<![a-z])(?:qq|q|order|ref|reference|invoice|inv|receipt|tracking|parcel|resit|pesanan"
    r"|invois|account|acc|a/c|akaun|rekening|ic|nric|passport|isbn|issn|sku|model|serial|siri"
    r"|ticket|tiket|booking|uid|id|user id|version|pin|otp|code|kod|kode)(?![a-z])"
    r"|#|订单|訂單|单号|單號|编号|編號|快递|账号|帳號|卡号|加q|扣扣|企鹅|房号)[^\d\n]{0,12}$",
    re.IGNORECASE,
)
_DOTTED_QUAD = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
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


def likely(written: str, before: str, region: str) -> bool:
    """Whether digits are a phone number by their form, or by a word of what stands `before`.

    A form is a country code after + or 00, the region's own code, or the prefix dialled inside it;
    where a country has no such prefix, a word must say so. Most digits are something else.
    """
    written, before = written.strip(), before[-40:]
    if _DOTTED_QUAD.fullmatch(written):
        return False
    if written.startswith("+"):
        return True
    if _SAYS_OTHER.search(before):
        return False
    if written.startswith("00") or _SAYS_PHONE.search(before):
        return True
    plan = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    digits = re.sub(r"\D", "", written)
    if plan is None:
        return False
    prefix = plan.national_prefix
    code = str(plan.country_code)
    return bool(prefix and digits.startswith(prefix)) or (
        digits.startswith(code) and len(digits) > len(code) + 7
    )


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
