"""A person's stated age, read from folded text; how ages are said is data in `ages.yaml`."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from lindung.text.items.age_words import (
    AROUND,
    DIGITS,
    EACH_UNIT,
    FACTS,
    HAN_AGE,
    LABEL,
    MEASURE,
    NUMBER_LEFT,
    TO,
    UNIT,
    YEARS,
    Age,
    N,
    Read,
    any_of,
    whole,
    years,
)
from lindung.text.items.numbers import IN_WORDS, value_of
from lindung.text.items.numbers import NAMES as NUMBER_NAMES
from lindung.text.items.prices import LETTER
from lindung.text.items.school_years import ORDINAL_READERS, SCHOOL_READERS
from lindung.text.items.school_years import TRIGGERS as SCHOOL_TRIGGERS
from lindung.text.normal.fold import fold

_THING_BEFORE = re.compile(
    rf"{any_of(FACTS['things'])}(?:\s?(?:,|:|-|is|are|aged?|umur|usia|about|almost|男孩?|公|母))*\s?$"
)
_THING_AFTER = re.compile(rf"^[\s-]?(?:{LETTER}+\s)?{any_of(FACTS['things'])}")
_SPAN_BEFORE = re.compile(rf"{any_of(FACTS['spans'])}\s?(?:the\s|a\s|about\s)?$")
_SPAN_AFTER = re.compile(rf"^[\s-]?{any_of(FACTS['spans'])}")
_PERSON = re.compile(rf"{any_of(FACTS['people'])}")


def _several(match: re.Match[str], _text: str) -> Iterator[Age]:
    """`13/14/15 yo`, `13yo-15yo`: each by itself."""
    for number in re.finditer(r"\d+", match[0]):
        start = match.start() + number.start()
        yield str(int(number[0])), start, match.start() + number.end()


def _limit(match: re.Match[str], text: str) -> Iterator[Age]:
    if re.search(
        rf"{any_of(FACTS['nobody'])}\s?$", text[max(0, match.start() - 12) : match.start()]
    ):
        return
    value = value_of(match["n"])
    if value is not None and 3 <= value <= 25:
        inclusive = "and" in match.groupdict()
        yield f"0-{value if inclusive else value - 1}", *match.span()


def _labelled(match: re.Match[str], text: str) -> Iterator[Age]:
    before = text[max(0, match.start() - AROUND) : match.start()]
    if not _THING_BEFORE.search(before):
        two = match["m"]
        yield from whole(match, years(value_of(match["n"]), value_of(two) if two else None))


def _counted(match: re.Match[str], text: str) -> Iterator[Age]:
    """A number of years that is somebody's age."""
    before = text[max(0, match.start() - AROUND) : match.start()]
    after = text[match.end() : match.end() + AROUND]
    if _THING_BEFORE.search(before) or _THING_AFTER.search(after) or after.startswith("-yo"):
        return
    one, two = value_of(match["n"]), value_of(match["m"]) if match["m"] else None
    if match["years"]:
        if _SPAN_BEFORE.search(before) or _SPAN_AFTER.search(after):
            return
        if (one or 0) < 4 and not _PERSON.search(before + " " + after):
            return
    yield from whole(match, years(one, two))


def _fuzzy(match: re.Match[str], _text: str) -> Iterator[Age]:
    """`十三四岁`: thirteen or fourteen."""
    ten = 10 if match["ten"] else 0
    yield from whole(
        match, years(ten + (value_of(match["n"]) or 0), ten + (value_of(match["m"]) or 0))
    )


def _now(match: re.Match[str], _text: str) -> Iterator[Age]:
    value = value_of(match["n"])
    if value is not None and 8 <= value <= 19:
        yield from whole(match, str(value))


def _born(match: re.Match[str], _text: str) -> Iterator[Age]:
    written = match["n"]
    value = value_of(written)
    if value is None:
        return
    year = value if value > 1900 else 2000 + value
    age = datetime.datetime.now(datetime.UTC).year - year
    if 1 <= age <= 30:
        yield from whole(match, str(age))


def _bare(match: re.Match[str], _text: str) -> Iterator[Age]:
    """A number in words that stands for itself, `13th`, `f13`."""
    value = value_of(match["n"])
    if value is not None and 8 <= value <= 17:
        yield from whole(match, str(value))


def _teen(match: re.Match[str], _text: str) -> Iterator[Age]:
    yield from whole(match, f"1{match['n']}")


def _sexed(match: re.Match[str], _text: str) -> Iterator[Age]:
    yield from whole(match, match["f"] or match["g"])


def _limit_or_u(match: re.Match[str], text: str) -> Iterator[Age]:
    if match["u"]:
        yield f"0-{int(match['u']) - 1}", *match.span()
    else:
        yield from _limit(match, text)


_LETTERS_AS_DIGITS = str.maketrans("ilo|", "1101")


def _looked(match: re.Match[str]) -> int | None:
    if match["sp"]:
        return int(match["sp"].replace(" ", ""))
    looks = match["looks"].translate(_LETTERS_AS_DIGITS)
    return int(looks) if looks.isdigit() else None


def _spaced_or_looks(match: re.Match[str], _text: str) -> Iterator[Age]:
    yield from whole(match, years(_looked(match)))


def _label_or_looks(match: re.Match[str], text: str) -> Iterator[Age]:
    if match["n"]:
        yield from _labelled(match, text)
    else:
        yield from whole(match, years(_looked(match)))


_BARE_WORDS = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "belas*",
]
_AFTER_BARE = r"(?=\s*(?:$|[\[(,.;!?…\n，。、]|n\b|girls?\b|boys?\b|punya\b|je\b|\+))"
_NO_DATE = (
    r"(?!\s?(?:of\b|floor|jan|feb|mar|apr|may|mei|jun|jul|aug|ogos|sep|oct|okt|nov|dec|dis|century"
    r"|anniv|place|street|avenue|edition|birthday|grade|std|round|hole|day|week|gen|annual|national"
    r"|month))"
)
READERS: list[tuple[re.Pattern[str], Read]] = [
    *ORDINAL_READERS,
    (
        re.compile(rf"(?:{LABEL}\s?)?(?<!\d)1\s?[-. ]\s?(?P<n>[3-9])\s?-?teens?(?!{LETTER})"),
        _teen,
    ),
    (
        re.compile(
            rf"{NUMBER_LEFT}{DIGITS}(?:\s?[/,&+]\s?{DIGITS}){{1,4}}(?:\s?[/,&+]\s?|\s(?:and|or|dan|atau)\s){DIGITS}\s?{EACH_UNIT}"
            rf"|{NUMBER_LEFT}{DIGITS}\s?{EACH_UNIT}{TO}{DIGITS}\s?{EACH_UNIT}"
        ),
        _several,
    ),
    (
        re.compile(
            rf"{any_of(FACTS['below'])}[\s-]?(?P<n>{N})(?:\s?{EACH_UNIT}|(?!\d|[.,]\d|\s?%|{MEASURE}))"
            rf"|(?<![\w])u\s?-?(?P<u>[7-9]|1\d|2[0-3])(?!\w|[.,]\d)"
        ),
        _limit_or_u,
    ),
    (
        re.compile(
            rf"{NUMBER_LEFT}(?P<n>{N})(?P<and>\s?{EACH_UNIT})?\s?{any_of(FACTS['and_below'])}"
        ),
        _limit,
    ),
    (re.compile(rf"{NUMBER_LEFT}(?P<n>{N})[\s-]?{any_of(FACTS['below_after'])}"), _limit),
    (
        re.compile(
            r"(?P<ten>十)?(?P<n>[一二三四五六七八])(?P<m>[二三四五六七八九])(?:周|週)?[岁歲]"
        ),
        _fuzzy,
    ),
    (
        re.compile(
            rf"(?P<lab>{LABEL})(?:\s?(?:[:=.~-]|is|are|from|between|antara|dalam|around|about|sekitar|kira2|baru|dah|just)){{0,3}}\s?"
            rf"(?:(?P<sp>1\s[0-9](?![\d.,]|\s?\d))|(?P<looks>(?!\d\d)[1il|][0-9o](?![a-z\d]))|(?P<n>{N})(?:{TO}(?P<m>{N}))?)"
            rf"(?:an(?!{LETTER}))?(?!\d|{MEASURE})(?:\s?{EACH_UNIT})?"
        ),
        _label_or_looks,
    ),
    (
        re.compile(
            rf"{NUMBER_LEFT}(?P<sp>1 [0-9])\s?{EACH_UNIT}"
            rf"|{NUMBER_LEFT}(?P<looks>[1il|][0-9o])(?<!\d\d)[\s-]?{EACH_UNIT}"
        ),
        _spaced_or_looks,
    ),
    (
        re.compile(
            rf"{NUMBER_LEFT}(?P<n>{N})(?:{TO}(?P<m>{N}))?[\s-]?(?:{UNIT}|(?P<years>{YEARS}))"
        ),
        _counted,
    ),
    (
        re.compile(
            rf"{any_of(FACTS['now'])}\s?(?:only\s|just\s|about\s|baru\s|umur\s|dah\s)?(?P<n>{DIGITS}(?!\d)|{IN_WORDS}|{HAN_AGE})(?!\d|{LETTER}|{MEASURE}|:|-\d)"
        ),
        _now,
    ),
    (
        re.compile(
            rf"{any_of(FACTS['born'])}[\s:=-]{{0,2}}(?:year\s|tahun\s|thn\s)?(?P<n>20[012]\d)(?!\d)"
        ),
        _born,
    ),
    (
        re.compile(
            r"(?<![\d.,/-])(?P<n>20[012]\d|0[5-9]|1\d|[零〇一]{1}[零〇一二三四五六七八九])(?:年出生|年生(?!活|产|意|效)|年的(?=$|[\[妹女男小])|[后後](?=$|[\[妹女男小]))"
        ),
        _born,
    ),
    (
        re.compile(
            rf"(?<![\w-])(?P<n>(?:{'|'.join(_BARE_WORDS[:-1])})|{IN_WORDS}(?<=belas)){_AFTER_BARE}"
        ),
        _bare,
    ),
    (
        re.compile(
            rf"{NUMBER_LEFT}(?<!the )(?<!on )(?<!to )(?<!by )(?<!until )"
            rf"(?P<n>1[0-7])th(?!{LETTER}){_NO_DATE}(?=\s*(?:$|[\[(,;!?+]))"
        ),
        _bare,
    ),
    (
        re.compile(
            rf"{NUMBER_LEFT}(?P<n>{DIGITS})(?:{TO}(?P<m>{DIGITS}))?\sth(?!{LETTER}){_NO_DATE}"
        ),
        _labelled,
    ),
    (
        re.compile(
            r"(?<![\w°.$-])(?:[fm](?P<f>1[0-7])|(?P<g>1[0-7])[fm])(?![\w°]|\s?(?:key|race))"
        ),
        _sexed,
    ),
    *SCHOOL_READERS,
    (  # 13-15 only
        re.compile(
            rf"{NUMBER_LEFT}(?P<n>\d|1[0-7])\s?[-–~]\s?(?P<m>1[0-7])(?=\s?(?:only|\[|je\b|sahaja|saja))"
        ),
        _labelled,
    ),
    (  # budak 14
        re.compile(
            rf"{any_of(FACTS['people'])}\s?(?P<n>1[0-7]|[5-9])(?:{TO}(?P<m>1[0-7]))?"
            rf"(?=\s?(?:$|[\[,;.!]|n\b|je\b|nak\b|yang\b|yg\b))(?!\.\d)"
        ),
        _labelled,
    ),
]


EXPRESSIONS = tuple(pattern for pattern, _ in READERS)


def ages(text: str) -> Iterator[Age]:
    """Every stated age of a person in folded text, surest first; later ones may overlap."""
    for pattern, read in READERS:
        for match in pattern.finditer(text):
            yield from read(match, text)


# One of these stands in every text with an age, or a digit does.
TRIGGERS = sorted(
    {
        *SCHOOL_TRIGGERS,
        *_BARE_WORDS,
        *(FACTS["labels"] + FACTS["units"] + FACTS["years"] + FACTS["and_below"]),
        *(FACTS["below"] + FACTS["below_after"] + FACTS["born_after"]),
    }
)
# Words that a disguise may hide.
WORDS = frozenset(
    word
    for names in (
        *(FACTS[name] for name in ("labels", "units", "years", "below")),
        *(one["names"] for one in FACTS["schools"]),
        NUMBER_NAMES,
    )
    for name in names
    for word in fold(name.rstrip("*")).text.split()
    if word.isascii() and word.isalpha() and (len(word) > 2 or word == "yo")
)
