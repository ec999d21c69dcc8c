"""The guidance data: every country's file is whole, and a broken one is refused where it breaks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from lindung.hotline.guidance import schema, selectors

WHOLE = """
code: QQ
name: Example
emergency: "000"
helplines:
  - {name: Example line, phone: "+60 3-2000 0000", source: example, checked: 2026-11-23}
reporting: []
"""


@pytest.mark.parametrize("code", selectors.codes())
def test_every_file_is_whole_and_says_where_it_was_read(code: str) -> None:
    country = selectors.country(code)
    assert country.code == code
    assert country.helplines and country.reporting
    entries: list[schema.Contact | schema.Law] = [*country.helplines, *country.reporting]
    for entry in [*entries, *country.laws]:
        assert entry.source
        assert entry.checked >= dt.date(2026, 11, 23)


@pytest.mark.parametrize("code", selectors.codes())
def test_every_text_is_there_in_every_language(code: str) -> None:
    country = selectors.country(code)
    texts = [law.about for law in country.laws]
    texts += [law.penalty for law in country.laws if law.penalty]
    contacts = (*country.helplines, *country.reporting)
    texts += [text for one in contacts for text in (one.hours, one.note) if text]
    assert texts
    for text in texts:
        assert set(text.by_language) >= {"en", "ms"}


def test_a_country_without_a_file_gets_the_international_minimum() -> None:
    country = selectors.country("QQ")
    assert country.code == "XX"
    assert country.emergency == ""


def test_texts_follow_the_reader() -> None:
    hours = selectors.country("MY").helplines[0].hours
    with translation.override("ms"):
        assert str(hours) == "Siang dan malam"
    with translation.override("ta"):
        assert str(hours) == "Day and night"


def test_a_child_sees_the_helplines_for_children_first() -> None:
    assert selectors.country("MY").for_a_child[0].for_children


def test_a_penalty_that_nobody_verified_is_empty() -> None:
    (law,) = [
        one for one in selectors.country("MY").laws if (one.act, one.section) == ("Act 792", "8")
    ]
    assert law.penalty is None


def test_a_penalty_that_was_not_read_in_the_law_is_marked() -> None:
    press = ("The Star", "Malay Mail", "Reports on", "mylaw.my")
    for law in selectors.country("MY").laws:
        assert law.second_hand == law.source.startswith(press), law.section
    page = render_to_string("public/help.html", {"country": selectors.country("MY")})
    assert "not read in the law itself" in page


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ("code: QQ", "code: ZZ", "QQ.yaml: code"),
        ("name: Example\n", "", "QQ.yaml.name: missing"),
        ('"+60 3-2000 0000"', '"call us"', "QQ.yaml.helplines[0].phone"),
        ('"+60 3-2000 0000"', "15999", "QQ.yaml.helplines[0].phone"),
        ('phone: "+60 3-2000 0000", ', "", "QQ.yaml.helplines[0]: needs a phone"),
        ("checked: 2026-11-23", "checked: soon", "QQ.yaml.helplines[0].checked"),
        ("source: example, ", "", "QQ.yaml.helplines[0].source: missing"),
        ("source: example, ", 'source: " ", ', "QQ.yaml.helplines[0].source"),
        ("reporting: []", "reporting: {}", "QQ.yaml.reporting: should be a list"),
        ("reporting: []", "reporting: []\nphones: []", "QQ.yaml.phones: unknown"),
        ("name: Example\n", "name: {ms: Contoh}\n", "QQ.yaml.name"),
        ("reporting: []", "reporting: [", "QQ.yaml is not YAML"),
    ],
)
def test_a_broken_file_is_refused_where_it_breaks(
    tmp_path: Path, right: str, wrong: str, place: str
) -> None:
    path = tmp_path / "QQ.yaml"
    path.write_text(WHOLE)
    assert schema.load(path).code == "QQ"
    assert right in WHOLE
    path.write_text(WHOLE.replace(right, wrong, 1))
    with pytest.raises(schema.GuidanceError) as refused:
        schema.load(path)
    assert place in str(refused.value)
