"""School years as ages: Malaysia, Singapore, Indonesia, China, Taiwan, India, the UK and the US."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lindung.text.items.age_words import AROUND, FACTS, Age, Read, any_of, whole
from lindung.text.items.numbers import IN_WORDS, value_of
from lindung.text.items.prices import LETTER, either
from lindung.text.normal.fold import fold

_NO_SCHOOL = re.compile(rf"^(?:[.,/-]\d|%|[\s-]?{any_of(FACTS['no_school'])})")

_SCHOOLS: dict[str, list[tuple[int, int, int]]] = {}
for _one in FACTS["schools"]:
    for _name in _one["names"]:
        _SCHOOLS.setdefault(fold(_name).text.rstrip("."), []).append(
            (_one["plus"], _one.get("from", 1), _one["to"])
        )
_ORDINALS = {fold(name).text: plus for name, plus in FACTS["ordinals"].items()}
_STAGE_OF = {fold(name).text: age for age, names in FACTS["stages"].items() for name in names}
_YEAR_OF_SCHOOL = rf"(?:1[0-3]|[1-9]|{IN_WORDS})"
_IN_ORDER = [
    "முதலாம் first", "இரண்டாம் second", "மூன்றாம் third", "நான்காம் fourth",
    "ஐந்தாம் அஞ்சாம் fifth", "ஆறாம் sixth", "ஏழாம் seventh", "எட்டாம் eighth", "ஒன்பதாம் ninth",
    "பத்தாம் tenth", "பதினோராம் eleventh", "பன்னிரண்டாம் twelfth",
]  # fmt: skip
_NAMED_ORDINALS = {
    fold(word).text: year for year, words in enumerate(_IN_ORDER, 1) for word in words.split()
}


def _named_ordinal(match: re.Match[str], _text: str) -> Iterator[Age]:
    yield from whole(match, str(_NAMED_ORDINALS[match["n"]] + _ORDINALS[match["school"]]))


def _schooled(match: re.Match[str], text: str) -> Iterator[Age]:
    after = text[match.end() : match.end() + AROUND]
    name, year = match["school"].rstrip("."), value_of(match["n"])
    since = name in ("year", "yr") and text[: match.start()].endswith("from ")
    if year is None or since or _NO_SCHOOL.search(after):
        return
    if of := match["of"]:
        plus = FACTS["classes_of"][of]
        yield from whole(match, str(year + plus) if year <= 6 else str(year + 6))
        return
    if len(name) == 1 and re.match(r"\s?\d|\s?[:.=]", after):
        return
    for plus, first, last in _SCHOOLS[name]:
        if first <= year <= last:
            yield from whole(match, str(year + plus))
            return


def _ordinal(match: re.Match[str], text: str) -> Iterator[Age]:
    year = value_of(match["n"])
    if year is not None and 1 <= year <= 12:
        if _NO_SCHOOL.search(text[match.end() : match.end() + AROUND]):
            return
        plus = _ORDINALS[match["school"]]
        yield from whole(match, str(year + plus))


_ZH = {"小": 6, "初": 12, "高": 15, "中": 12, "国": 12, "國": 12}
# what follows when 小一, 高一 or 中一 is no school year
_ZH_AFTER_NO = (
    "月日号號点點个個些下样樣等批倍级級层層头頭截次步回起半边邊面体體直只旦致流切定共"
    "条條把件杯口生般十排种種声聲线線块塊道部组組代周天年秒分家人"
)


def _chinese_year(match: re.Match[str], text: str) -> Iterator[Age]:
    before, after = (
        text[max(0, match.start() - 1) : match.start()],
        text[match.end() : match.end() + 2],
    )
    people = after[:1] in "生女男妹的班以上下学學" or after in ("学生", "學生", "以上", "以下")
    if before and before in "大提最其当當之心从從途空水手家年正减減缩縮变變":
        return
    if after[:1] and after[0] in _ZH_AFTER_NO and not (people and after[0] == "生"):
        return
    if match["stage"] in "高小初" and before and before in "月农農节節":
        return
    year = value_of(match["year"])
    if match["stage"] == "中" and not (people or not "一" <= (after[:1] or " ") <= "鿿"):
        return
    if match["stage"] == "初" and match["year"] in "四五六":
        return
    yield from whole(match, str(_ZH[match["stage"]] + (year or 0)))


def _chinese_class(match: re.Match[str], _text: str) -> Iterator[Age]:
    """`小学六年级`, `初中二年级`, `七年级`, `六年级`."""
    year = value_of(match["n"])
    if year is None or not 1 <= year <= 12:
        return
    stage = match["stage"] or ""
    if year > 6 or stage[:1] == "小" or stage in ("", "国小", "國小"):
        plus = 6
    else:
        plus = 15 if stage[:1] == "高" else 12
    yield from whole(match, str(year + plus))


def _stage(match: re.Match[str], _text: str) -> Iterator[Age]:
    yield _STAGE_OF[re.sub(r"\s+", " ", match[0])], *match.span()


# Before ages in numbers: `7th grade` is no `7 th`.
ORDINAL_READERS: list[tuple[re.Pattern[str], Read]] = [
    (
        re.compile(
            rf"(?<!{LETTER})(?<!\d)(?P<n>\d{{1,2}})(?:st|nd|rd|th|-?ஆம்|-?ம்|am|m|aam|vathu)\s?(?P<school>{any_of(_ORDINALS)})"
        ),
        _ordinal,
    ),
]
SCHOOL_READERS: list[tuple[re.Pattern[str], Read]] = [
    (
        re.compile(
            r"(?P<stage>小学|小學|初中|高中|国中|國中|国小|國小|中学|中學)?(?P<n>[一二三四五六七八九1-9])年[级級]"
        ),
        _chinese_class,
    ),
    (re.compile(r"(?P<stage>小|初|高|中|国|國)(?P<year>[一二三四五六])"), _chinese_year),
    (
        re.compile(rf"(?P<n>{any_of(_NAMED_ORDINALS)})[\s-]?(?P<school>{any_of(_ORDINALS)})"),
        _named_ordinal,
    ),
    (
        re.compile(
            rf"(?<![\w])(?P<school>{either([*_SCHOOLS, 'ting.'])})"
            rf"[\s-]?(?P<n>{_YEAR_OF_SCHOOL})(?!\w|\d)(?:\s(?P<of>{'|'.join(FACTS['classes_of'])})(?!{LETTER}))?"
        ),
        _schooled,
    ),
    (re.compile(any_of(_STAGE_OF)), _stage),
]
# One of these stands in every text with a school year or a stage of school, or a digit does.
TRIGGERS = [
    *_STAGE_OF,
    *_ORDINALS,
    *_NAMED_ORDINALS,
    *(name for one in FACTS["schools"] for name in one["names"] if len(name) > 1),
    *(stage + year for stage in _ZH for year in "一二三四五六"),
    *(f"{year}年{level}" for year in "一二三四五六七八九" for level in "级級"),
]
