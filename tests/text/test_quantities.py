"""Stated ages and prices in the wordings people use, and what only looks like one."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lindung.text import entities

AGES = [
    ("she is 13 yo", "13"), ("13 y.o.", "13"), ("13yrs old", "13"), ("13-year-old", "13"),
    ("13 years of age", "13"), ("i'm 13", "13"), ("im 14", "14"), ("just turned 13", "13"),
    ("barely 14", "14"), ("ages ten to thirteen", "10-13"), ("twelve year old", "12"),
    ("12 to 14 yo", "12-14"), ("11yo+", "11"), ("under 15 only", "0-14"),
    ("under the age of 13", "0-12"), ("13 and under", "0-13"), ("14 or younger", "0-14"),
    ("u14", "0-13"), ("year 8", "13"), ("yr 9", "14"), ("8th grade", "13"),
    ("seventh grader", "12"), ("grade 7", "12"), ("middle schooler", "11-14"),
    ("middle school girls", "11-14"), ("primary six", "12"), ("sec 2", "14"), ("std 6", "12"),
    ("class 8", "13"), ("8th std", "13"), ("f13", "13"), ("13f", "13"), ("preteen", "10-12"),
    ("kindergarten", "4-6"), ("umur 13", "13"), ("umur 13an", "13"), ("berumur 14 tahun", "14"),
    ("usia tiga belas tahun", "13"), ("13 taun", "13"), ("13 thn", "13"), ("bawah 15", "0-14"),
    ("15 ke bawah", "0-15"), ("12 tahun ke bawah", "0-12"), ("tingkatan dua", "14"),
    ("tingkatan 3", "15"), ("ting. 2", "14"), ("form 2", "14"), ("form two", "14"),
    ("darjah 6", "12"), ("darjah lima", "11"), ("std 5", "11"), ("tadika", "4-6"),
    ("sekolah menengah", "13-17"), ("kelas 8", "14"), ("kelas 2 smp", "14"),
    ("kelas 1 sma", "16"), ("kelas 5 sd", "11"), ("anak smp", "13-15"), ("siswi sma", "16-18"),
    ("umur l3", "13"), ("l3 tahun", "13"), ("u m u r 1 3", "13"), ("12岁", "12"), ("十二岁", "12"),
    ("十二三岁", "12-13"), ("七八岁", "7-8"),
    ("未满14岁", "0-13"), ("不满十四岁", "0-13"), ("14岁以下", "0-14"),
    ("今年13", "13"), ("刚满14", "14"), ("年龄：13", "13"),
    ("小六", "12"), ("小学五年级", "11"), ("初二", "14"),
    ("初中二年级", "14"), ("八年级", "14"), ("高一女生", "16"),
    ("中一学生", "13"), ("國一", "13"), ("國小六年級", "12"),
    ("國中二年級", "14"), ("小学生", "7-12"), ("高中生", "16-18"), ("两岁", "2"), ("壹叁岁", "13"),
    ("13 வயது", "13"), ("வயது 13", "13"), ("13 வயதுப் பெண்", "13"), ("12-14 வயது", "12-14"),
    ("15 வயதுக்கு கீழ்", "0-14"), ("எட்டாம் வகுப்பு", "13"), ("7ஆம் வகுப்பு", "12"),
    ("படிவம் 2", "14"), ("பதினான்கு வயது", "14"), ("14 வயசு", "14"), ("13 vayasu", "13"),
    ("12 vayathu", "12"), ("pathimoonu vayasu", "13"), ("15 vayasukku keezha", "0-14"),
    ("8th std ponnu", "13"), ("9am vaguppu", "14"), ("11-13 vayadhu", "11-13"),
]  # fmt: skip
NO_AGES = [
    "akses 1 tahun", "langganan 1 tahun", "selama 13 tahun", "sejak 13 tahun lalu",
    "saya kerja 10 tahun", "garansi 1 tahun", "kontrak 12 tahun", "sewa 2 tahun",
    "ulang tahun ke-13", "cat 13 years old", "kucing umur 2 tahun", "12 year old whisky",
    "anjing umur 3", "大小一样", "初二回娘家", "初五开市",
    "提高一倍", "初一十五", "收益高一倍", "其中一个", "standard 5 litre",
    "form 2 columns", "grade 8 bolts", "class 2 licence", "kelas 2 jam", "form 3 copies",
    "standard 3-pin", "age 5 weeks", "under 18 minutes", "below 15 degrees", "bawah 18 darjah",
    "under 16GB", "no under 18", "13th floor", "13th march", "page 13", "13 people", "at 13:15",
    "RM13", "13 minutes", "13kg", "f1 race", "13%", "room 13", "2 yrs of notes", "14 yrs uptime",
    "1 yr old tabby", "house is 13 years old", "猫3岁", "合同两年", "10 yrs experience",
    "13 months old", "year 2020", "in the year 2012",
]  # fmt: skip
PRICES = [
    ("RM20", "MYR 20"), ("rm 20", "MYR 20"), ("RM20.00", "MYR 20"), ("RM20/-", "MYR 20"),
    ("20 RM", "MYR 20"), ("MYR20", "MYR 20"), ("R.M.20", "MYR 20"), ("R M 2 0", "MYR 20"),
    ("RM 2 0", "MYR 20"), ("RM-20", "MYR 20"), ("RM=20", "MYR 20"), ("RMl0", "MYR 10"),
    ("RM2O", "MYR 20"), ("RM1OO", "MYR 100"), ("20hengget", "MYR 20"), ("30 hengget", "MYR 30"),
    ("dua puluh ringgit", "MYR 20"), ("sepuluh ringgit je", "MYR 10"),
    ("lima puluh ringgit", "MYR 50"), ("rm dua puluh", "MYR 20"), ("RM1M", "MYR 1000000"),
    ("RM1.5M", "MYR 1500000"), ("RM2k", "MYR 2000"), ("RM 2 ribu", "MYR 2000"),
    ("RM2 juta", "MYR 2000000"), ("seratus ringgit", "MYR 100"), ("twenty ringgit", "MYR 20"),
    ("five dollars each", "USD 5"), ("fifty bucks", "USD 50"), ("20 quid", "GBP 20"),
    ("$20", "$ 20"), ("20$", "$ 20"), ("US$20", "USD 20"), ("20 usd", "USD 20"),
    ("S$20", "SGD 20"), ("20 sgd", "SGD 20"), ("A$15", "AUD 15"), ("25 euros", "EUR 25"),
    ("20,50 €", "EUR 20.50"), ("1.000,50 €", "EUR 1000.50"), ("£15", "GBP 15"),
    ("50rb", "IDR 50000"), ("75 ribu", "IDR 75000"), ("100k", "IDR 100000"),
    ("Rp50.000", "IDR 50000"), ("Rp 50.000,00", "IDR 50000"), ("Rp50.000,-", "IDR 50000"),
    ("Rp25rb", "IDR 25000"), ("Rp 1,5 juta", "IDR 1500000"), ("2jt", "IDR 2000000"),
    ("tiga puluh ribu", "IDR 30000"), ("dua puluh ribu rupiah", "IDR 20000"),
    ("lima puluh ribu", "IDR 50000"), ("goceng", "IDR 5000"), ("ceban", "IDR 10000"),
    ("20元", "CNY 20"), ("20块", "CNY 20"), ("20塊", "CNY 20"), ("三十块", "CNY 30"),
    ("两百块", "CNY 200"), ("五百元", "CNY 500"), ("一千块", "CNY 1000"), ("3千元", "CNY 3000"),
    ("一百五十元", "CNY 150"), ("二十令吉", "MYR 20"), ("20令吉", "MYR 20"), ("马币20", "MYR 20"),
    ("馬幣 20", "MYR 20"), ("人民币50", "CNY 50"), ("新台幣300", "TWD 300"), ("NT$300", "TWD 300"),
    ("NT300", "TWD 300"), ("300台幣", "TWD 300"), ("五百台幣", "TWD 500"), ("港幣80", "HKD 80"),
    ("HK$99", "HKD 99"), ("20美金", "USD 20"), ("15刀", "USD 15"), ("１００元", "CNY 100"),
    ("¥30", "¥ 30"), ("￥30", "¥ 30"), ("2万块", "CNY 20000"), ("ரூ.200", "INR 200"),
    ("ரூ 200", "INR 200"), ("₹500", "INR 500"), ("Rs. 500", "INR 500"), ("500 rs", "INR 500"),
    ("200 rooba", "INR 200"), ("500 ரூபாய்", "INR 500"), ("ஐநூறு ரூபாய்", "INR 500"),
    ("முப்பது ரிங்கிட்", "MYR 30"), ("20 வெள்ளி", "MYR 20"), ("5 ஆயிரம் ரூபாய்", "INR 5000"),
    ("2 lakh rupees", "INR 200000"), ("1 lakh rs", "INR 100000"), ("muppathu ringgit", "MYR 30"),
    ("20 USDT", "USDT 20"), ("0.01 btc", "BTC 0.01"), ("100 baht", "THB 100"),
    ("₱500", "PHP 500"), ("500 pesos", "PHP 500"), ("VND 100.000", "VND 100000"),
]  # fmt: skip
NO_PRICES = [
    "100.000đ", "20k followers", "10k run", "5k views", "一块去玩", "元旦20", "block 50", "room 20",
    "2024元旦",
]  # fmt: skip


def values(text: str, kind: str) -> list[str]:
    return [entity.value for entity in entities(text) if entity.kind == kind]


@pytest.mark.parametrize(("text", "age"), AGES)
def test_an_age_is_read_in_every_wording(text: str, age: str) -> None:
    assert values(text, "age") == [age]


@pytest.mark.parametrize("text", NO_AGES)
def test_what_is_of_nobody_is_no_age(text: str) -> None:
    assert values(text, "age") == []


@pytest.mark.parametrize(("text", "price"), PRICES)
def test_a_price_is_read_in_every_wording(text: str, price: str) -> None:
    assert values(text, "price") == [price]


@pytest.mark.parametrize("text", NO_PRICES)
def test_what_counts_something_else_is_no_price(text: str) -> None:
    assert values(text, "price") == []


@pytest.mark.parametrize(
    "written", ["born {}", "born in {}", "lahir tahun {}", "kelahiran {}", "{}年出生"]
)
def test_a_year_of_birth_is_an_age(written: str) -> None:
    born = datetime.datetime.now(datetime.UTC).year - 13
    assert values(written.format(born), "age") == ["13"]


@pytest.mark.parametrize(
    ("text", "kind", "value", "cut"),
    [
        ("RM20, 4ges 13-15, [redacted]", "age", "13-15", "4ges 13-15"),
        ("RM20, a g e s 13-15, [redacted]", "age", "13-15", "a g e s 13-15"),
        ("13 y3ars [redacted]", "age", "13", "13 y3ars"),
        ("tingkatan s4tu", "age", "13", "tingkatan s4tu"),
        ("十.三.岁[redacted]", "age", "13", "十.三.岁"),
        ("1 2 y o [redacted]", "age", "12", "1 2 y o"),
        ("2 0 b u c k s", "price", "USD 20", "2 0 b u c k s"),
        ("R-M-2-0", "price", "MYR 20", "R-M-2-0"),
        ("2 0 元", "price", "CNY 20", "2 0 元"),
    ],
)
def test_a_quantity_is_read_through_its_disguise(
    text: str, kind: str, value: str, cut: str
) -> None:
    (found,) = [entity for entity in entities(text) if entity.kind == kind]
    assert (found.value, text[found.start : found.end]) == (value, cut)


def test_ages_side_by_side_are_each_one() -> None:
    assert values("13/14/15 yo", "age") == ["13", "14", "15"]
    assert values("13yo-15yo", "age") == ["13", "15"]


@given(st.lists(st.sampled_from([t for t, _ in AGES + PRICES] + [" ", ", ", " - "])).map(" ".join))
def test_quantities_together_stay_inside_and_apart(text: str) -> None:
    last = 0
    for entity in entities(text):
        assert last <= entity.start < entity.end <= len(text)
        last = entity.end


@pytest.mark.timeout(60)
@pytest.mark.parametrize("unit", ["1 ", "1-", "13/", "a 1 ", "十", "a.", "umur ", "13 & ", "dua "])
def test_runs_of_numbers_take_linear_time(unit: str) -> None:
    entities((unit * 10_000)[:20_000])
