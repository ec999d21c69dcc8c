"""Numbers in words: English, Malay, Indonesian, Chinese, Tamil and Tamil in Latin letters."""

from __future__ import annotations

import functools
import re

from lindung.text.normal.fold import fold

_ADDED = {  # what each word adds; several spellings are one word
    "zero kosong nol": 0, "one satu": 1, "two dua": 2, "three tiga": 3, "four empat": 4,
    "five lima": 5, "six enam": 6, "seven tujuh": 7, "eight lapan delapan": 8,
    "nine sembilan": 9, "ten sepuluh": 10, "eleven sebelas": 11, "twelve": 12, "thirteen": 13,
    "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90, "seratus": 100, "seribu": 1000, "sejuta": 1_000_000,
    "duabelas": 12, "tigabelas": 13, "empatbelas": 14, "limabelas": 15, "enambelas": 16,
    "tujuhbelas": 17, "lapanbelas delapanbelas": 18, "sembilanbelas": 19,
    "ஒன்று ஒரு": 1, "இரண்டு ரெண்டு": 2, "மூன்று மூணு": 3, "நான்கு நாலு": 4, "ஐந்து அஞ்சு": 5,
    "ஆறு": 6, "ஏழு": 7, "எட்டு": 8, "ஒன்பது": 9, "பத்து": 10, "பதினொன்று பதினொரு பதினொண்ணு": 11,
    "பன்னிரண்டு பன்னிரெண்டு பன்னெண்டு": 12, "பதிமூன்று பதின்மூன்று பதிமூணு": 13, "பதினான்கு பதினாலு": 14,
    "பதினைந்து பதினஞ்சு": 15, "பதினாறு": 16, "பதினேழு": 17, "பதினெட்டு": 18, "பத்தொன்பது": 19,
    "இருபது": 20, "இருபத்தி": 20, "முப்பது": 30, "நாற்பது": 40, "ஐம்பது அம்பது": 50,
    "அறுபது": 60, "எழுபது": 70, "எண்பது": 80, "தொண்ணூறு": 90, "நூறு": 100, "நூற்று": 100,
    "இருநூறு": 200, "முந்நூறு முன்னூறு": 300, "நானூறு": 400, "ஐநூறு ஐந்நூறு": 500, "ஆயிரம்": 1000,
    "onnu onru": 1, "rendu irandu": 2, "moonu moonru munu": 3, "naalu nalu naangu": 4,
    "anju ainthu aindhu": 5, "aaru": 6, "ezhu yezhu": 7, "ettu": 8, "onbathu ombathu onbadhu": 9,
    "pathu pattu": 10, "pathinonnu padhinonnu pathinoru": 11,
    "pannendu pannirendu panirendu pannirandu": 12,
    "pathimoonu padhimoonu pathimunu pathimoonru padimoonu pathinmoonu": 13,
    "pathinaalu padhinaalu pathinalu pathinaangu padinalu": 14,
    "pathinanju padhinanju pathinainthu padhinaindhu padinanju": 15,
    "pathinaaru padhinaaru pathinaru": 16, "pathinezhu padhinezhu": 17, "pathinettu padhinettu": 18,
    "irubathu iruvathu irupathu": 20, "muppathu mupathu": 30, "naapathu narpathu": 40,
    "ambathu aimbathu": 50, "nooru nuru": 100, "irunooru": 200, "munnooru": 300,
    "ainooru aynooru": 500, "aayiram ayiram": 1000,
}  # fmt: skip
_TIMES = {
    "belas": None, "puluh": 10, "ratus": 100, "hundred": 100, "ribu rebu thousand": 1000,
    "juta million": 1_000_000, "lakh lakhs லட்சம்": 100_000, "crore": 10_000_000,
}  # fmt: skip


def _spread(table: dict[str, int | None]) -> dict[str, int | None]:
    return {fold(word).text: value for words, value in table.items() for word in words.split()}


_UNITS = _spread(dict(_ADDED))
_SCALES = _spread(dict(_TIMES))
NAMES = (*_UNITS, *_SCALES)
_WORD = "|".join(sorted(map(re.escape, {**_UNITS, **_SCALES}), key=len, reverse=True))
_FIRST = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
# one number in words, none inside a longer word
IN_WORDS = rf"(?:(?<![a-z஀-௿])(?:{_FIRST})(?:[\s-]?(?:and |dan )?(?:{_WORD})){{0,6}}(?![a-z஀-௿]))"
_TOKEN = re.compile(_WORD)

_HAN = "〇一二三四五六七八九"
_HAN_DIGITS = {digit: value for value, digit in enumerate(_HAN)}
_HAN_DIGITS |= {"零": 0, "两": 2, "兩": 2, "廿": 20}
_HAN_DIGITS |= dict(zip("壹贰叁肆伍陆柒捌玖", range(1, 10), strict=True))
_HAN_DIGITS |= {"貳": 2, "參": 3, "叄": 3, "陸": 6}
_HAN_SCALES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_HAN_SCALES |= {"万": 10_000, "萬": 10_000, "亿": 10**8, "億": 10**8}
HAN = "".join([*_HAN_DIGITS, *_HAN_SCALES])
IN_HAN = rf"(?:[{HAN}]{{1,9}})"


@functools.lru_cache(1024)
def value_of(written: str) -> int | None:
    """The number that words, Chinese numerals or digits say, None where they say none."""
    if written.isdigit():
        return int(written)
    if all(character in HAN for character in written):
        return _han(written)
    total = current = 0
    for token in _TOKEN.findall(written):
        if token in _UNITS:
            current += _UNITS[token] or 0
        elif (times := _SCALES[token]) is None:  # belas
            current += 10
        elif times >= 1000:
            total, current = total + max(current, 1) * times, 0
        else:
            current = current % times * times + current // times * times if current else times
    return total + current


def _han(written: str) -> int | None:
    if not any(character in _HAN_SCALES for character in written):
        return int("".join(str(_HAN_DIGITS[c]) for c in written if c != "廿") or 0)
    total = section = digit = 0
    for character in written:
        if character in _HAN_DIGITS:
            digit = _HAN_DIGITS[character]
        elif (scale := _HAN_SCALES[character]) >= 10_000:
            total, section, digit = total + max(section + digit, 1) * scale, 0, 0
        else:
            section, digit = section + max(digit, 1) * scale, 0
    return total + section + digit
