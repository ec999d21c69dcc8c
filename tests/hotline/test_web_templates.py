"""What every template must be, whichever page it makes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

import lindung.hotline.web

WEB = Path(lindung.hotline.web.__file__).parent
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
STATIC = WEB / "static" / "web"
COMMENT = re.compile(r"{% comment %}.*?{% endcomment %}", re.S)


def named(path: Path) -> str:
    return str(path.relative_to(WEB / "templates"))


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_template_is_understood(path: Path) -> None:
    get_template(named(path))


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_no_style_and_no_script_stand_in_a_template(path: Path) -> None:
    text = COMMENT.sub("", path.read_text())
    assert not re.search(r"<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:|\bdata:", text)
    for script in re.findall(r"<script\b[^>]*>", text):
        assert " src=" in script


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_nothing_is_loaded_from_elsewhere(path: Path) -> None:
    assert not re.search(r"(src|href|action)=\"(https?:)?//", path.read_text())


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_every_word_can_be_translated(path: Path) -> None:
    """Outside of tags, comments and gettext, no run of two words is left."""
    text = COMMENT.sub("", path.read_text())
    text = re.sub(r"{% blocktrans.*?{% endblocktrans\w* %}|{% block main_attributes %}.*", "", text)
    text = re.sub(r"<script.*?</script>|{%.*?%}|{{.*?}}|<[^>]*>", "\n", text, flags=re.S)
    assert not re.findall(r"[A-Za-z]{2,} [A-Za-z]{2,}", text)


def test_our_templates_stand_before_those_of_the_sign_in_library() -> None:
    for name in ("allauth/layouts/base.html", "account/login.html"):
        assert Path(get_template(name).template.origin.name).is_relative_to(WEB)  # type: ignore[attr-defined]


def test_the_style_sheet_loads_nothing() -> None:
    assert not re.search(r"url\(|@import", (STATIC / "lindung.css").read_text())
