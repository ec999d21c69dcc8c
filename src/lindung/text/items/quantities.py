"""Prices and stated ages, read from folded text in English, Malay, Chinese and Tamil."""

from __future__ import annotations

import re

# What follows an age and no price: `RM20,13-15yo` is two things.
_NO_AGE = r"(?!\d|\s?(?:[-–~至到岁歲]|yo\b|y/o|year|yr|tahun|thn|வய))"
_NUMBER = (
    r"\d{1,3}(?:[., ]\d{3}){1,4}(?!\d)(?:\.\d{1,2})?"
    rf"|\d{{1,9}}(?:\.\d{{1,2}}(?!\d)|,\d{{1,2}}{_NO_AGE})?"
)
# Letters of scripts that set spaces between words, as a class: Chinese may stand close to anything.
LETTERS = "a-zÀ-ÖØ-öø-῿"
LETTER = f"[{LETTERS}]"
_CURRENCIES = {
    "MYR": ["rm", "myr", "ringgit", "ringit", "令吉", "马币", "馬幣", "ரிங்கிட்"],
    "IDR": ["rp", "idr", "rupiah", "印尼盾"],
    "SGD": ["sgd", "s$", "新币"],
    "USD": ["usd", "us$", "dollar", "dollars", "bucks", "美元", "美金", "டாலர்"],
    "EUR": ["€", "eur", "euro", "euros", "欧元"],
    "GBP": ["£", "gbp", "pound", "pounds", "quid", "英镑"],
    "CNY": ["cny", "rmb", "yuan", "元", "块钱", "块", "人民币"],
    "JPY": ["jpy", "yen", "円"],
    "THB": ["thb", "baht", "฿"],
    "PHP": ["php", "peso", "pesos", "₱"],
    "INR": ["inr", "rs", "rupees", "rupee", "₹", "ரூ", "ரூபாய்"],
    "VND": ["vnd", "dong", "₫"],
    "KRW": ["krw", "₩"],
    "AUD": ["aud", "a$"],
    "HKD": ["hkd", "hk$"],
    "TWD": ["twd", "nt$"],
    "USDT": ["usdt", "tether"],
    "BTC": ["btc", "bitcoin"],
    "$": ["$"],
    "¥": ["¥"],
}
CURRENCY_NAMES = {name: code for code, names in _CURRENCIES.items() for name in names}


def _either(names: list[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


# words need an edge, signs and Chinese do not
_is_word = re.compile("[a-z]+").fullmatch
_CURRENCY_WORDS = _either([name for name in CURRENCY_NAMES if _is_word(name)])
_CURRENCY_SIGNS = _either([name for name in CURRENCY_NAMES if not _is_word(name)])
_BEFORE = rf"(?:(?<!{LETTER})(?:{_CURRENCY_WORDS})|{_CURRENCY_SIGNS})"
_AFTER = rf"(?:(?:{_CURRENCY_WORDS})(?!{LETTER}|\d)|(?:{_CURRENCY_SIGNS})(?!旦))"
_SCALE = r"(?:\s?(?P<{}>k|ribu|rb|juta|million|thousand|千|万|ஆயிரம்))(?![a-z])"
PRICE = re.compile(
    rf"(?P<before>{_BEFORE})[\s.:]{{0,2}}(?P<n1>{_NUMBER})(?:{_SCALE.format('s1')})?(?!\d)"
    rf"|(?<!\d)(?<!\d[.,])(?P<n2>{_NUMBER})(?:{_SCALE.format('s2')})?\s?(?P<after>{_AFTER})"
)
_SCALES = {
    "k": 1000,
    "ribu": 1000,
    "rb": 1000,
    "thousand": 1000,
    "千": 1000,
    "ஆயிரம்": 1000,
    "万": 10_000,
    "juta": 1_000_000,
    "million": 1_000_000,
}


def price_value(match: re.Match[str]) -> str:
    """`MYR 1500` for a match of PRICE: an ISO 4217 code, or the sign where it is ambiguous."""
    currency = CURRENCY_NAMES[match["before"] or match["after"]]
    number = match["n1"] or match["n2"]
    scale = _SCALES.get(match["s1"] or match["s2"] or "", 1)
    if re.fullmatch(r"\d{1,3}(?:[., ]\d{3})+(?:\.\d{1,2})?", number):
        whole, dot, cents = number, "", ""
        if re.search(r"\.\d{1,2}$", number):
            whole, dot, cents = number.rpartition(".")
        number = re.sub(r"[., ]", "", whole) + dot + cents
    amount = float(number.replace(",", ".")) * scale
    return f"{currency} {amount:.2f}".removesuffix(".00")


_AGE = r"(?:[1-9]\d?|0[1-9])"
_CHINESE = dict(zip("一二三四五六七八九十", range(1, 11), strict=True))
_WORDS = {
    name: value
    for value, names in {
        6: "six enam", 7: "seven tujuh", 8: "eight lapan", 9: "nine sembilan",
        10: "ten sepuluh", 11: "eleven sebelas", 12: "twelve duabelas", 13: "thirteen tigabelas",
        14: "fourteen empatbelas", 15: "fifteen limabelas", 16: "sixteen enambelas",
        17: "seventeen tujuhbelas", 18: "eighteen lapanbelas",
    }.items()
    for name in names.split()
}  # fmt: skip
_TEENS = ["dua", "tiga", "empat", "lima", "enam", "tujuh", "lapan", "sembilan"]
_WORDS |= {f"{name} belas": year for year, name in enumerate(_TEENS, start=12)}
_COUNT = rf"(?:{_AGE}|{_either(list(_WORDS))}|[一二三四五六七八九]?十[一二三四五六七八九]?)"
_TO = r"\s?(?:-|–|~|/|to|until|hingga|sampai|到|至|முதல்|&|and|dan)\s?"
_YEARS = (
    rf"(?:(?:years?|yrs?)[\s-]?old|y\s?[/.]?\s?o(?!{LETTER}|-)|yr\s?olds?|yrs(?!{LETTER})"
    r"|years of age|tahun|thn|岁|歲|வய[தச]ு[஀-௿]{0,8})"
    r"(?!\s?(?:experience|warranty|guarantee|contract|ago|anniversary|jail|in prison|whisk"
    r"|scotch|wine|car\b|house|lalu|lepas|sekali|pengalaman|jaminan|waranti|kontrak|penjara))"
)
# What a number of years is of when it is nobody's age, and what turns a limit into its contrary.
_SPAN_BEFORE = "".join(
    rf"(?<!{word} )"
    for word in ["penjara", "pengalaman", "jaminan", "waranti", "selama", "experience", "jailed"]
)
_NOBODY = "".join(
    rf"(?<!{word} )" for word in ["no", "not", "nobody", "no one", "none", "tiada", "tak"]
)
_NO_UNIT = (
    r"(?!\d|[.,]\d(?:\d\d|(?!\d))|%|\s?(?:minit|minutes?|mins?|hours?|jam|gb|mb|kg|km|degrees|darjah|weeks?|months?"
    r"|minggu|bulan|hari|days|rm|ringgit|people|orang)(?!\w))"
)
_AGED = (
    r"(?:age[sd]?|umur(?:nya)?|berumur|usia|berusia|年龄|年齡|வயது[஀-௿]{0,8})"
    r"\s?[:=]?\s?(?:from |between |antara |is )?"
)
_SCHOOLED = r"form|tingkatan|ting\.?|standard|darjah|tahun|year|grade|gred|primary|secondary|kelas"
_NO_MEASURE = (
    r"(?!\d|[.,/-]\d|%"
    r"| (?:years?|months?|jam|hours?|bulan|ribu|seaters?|bolts?|screws?|steel|rooms?))"
)
_FORMS = {name: year for year, name in enumerate(["one", "two", "three", "four", "five", "six"], 1)}


def _range(one: str, two: str) -> str:
    return rf"(?P<{one}>{_COUNT})(?:{_TO}(?P<{two}>{_COUNT}))?"


AGE = re.compile(
    rf"(?<!{LETTER}){_AGED}{_range('a1', 'a2')}(?!\s?(?:am|pm)\b){_NO_UNIT}"
    rf"|(?<![\d:/$])(?<!\d\.)(?!(?<=\d,)\d(?!\d))(?<!{LETTER}){_SPAN_BEFORE}{_range('b1', 'b2')}"
    rf"[\s-]?{_YEARS}"
    rf"|(?<!{LETTER}){_NOBODY}(?P<under>under|below|bawah)[\s-]?(?P<u>1\d){_NO_UNIT}"
    rf"|(?<!{LETTER})(?P<school>{_SCHOOLED})\s?"
    rf"(?P<s>[1-9]\b|1[0-2]|[1-9](?!\d)|(?:{'|'.join(_FORMS)})\b){_NO_MEASURE}"
    r"|(?<![年提])(?P<zh>小|初|高)(?P<zs>[一二三四五六])(?![月日号点])"
    r"|(?P<teen>小学|初中|高中)(?:生|女生|男生)"
)
# The age a pupil turns in that year, in Malaysia (form, standard) and elsewhere (grade, year).
_SCHOOL = {"form": 12, "tingkatan": 12, "ting": 12, "secondary": 12, "year": 5, "grade": 5}
_MIDDLE = {"小": 6, "初": 12, "高": 15}
_STAGES = {"小学": "7-12", "初中": "13-15", "高中": "16-18"}


def age_value(match: re.Match[str]) -> str | None:
    """`13` or `13-15` for a match of AGE, None where no person has that age."""
    if match["school"]:
        year = match["s"]
        first = (_FORMS.get(year) or int(year)) + _SCHOOL.get(match["school"].rstrip("."), 6)
        return str(first)
    if match["zh"]:
        return str(_CHINESE[match["zs"]] + _MIDDLE[match["zh"]])
    if match["teen"]:
        return _STAGES[match["teen"]]
    if match["under"]:
        return f"0-{int(match['u']) - 1}"
    ages = [_count(n) for n in (match["a1"] or match["b1"], match["a2"] or match["b2"]) if n]
    if len(ages) == 2 and ages[0] >= ages[1]:
        ages.pop()
    return "-".join(map(str, ages)) if all(0 < age < 100 for age in ages) else None


def _count(written: str) -> int:
    if written in _WORDS:
        return _WORDS[written]
    if written.isdigit():
        return int(written)
    tens, _, ones = written.partition("十")
    return _CHINESE.get(tens, 1) * 10 + _CHINESE.get(ones, 0)
