"""A sealed list that is not sound is refused when it is opened, never met while reading."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from pathlib import Path

import pytest

from lindung.text import LexiconError, seal
from lindung.text.sealed.lexicon import parse_lexicon

KEY = bytes(range(16))
UNTIL = datetime.date(2100, 1, 1)
SOUND = seal([("zorblat", "first")], KEY, partner="example", version=1, valid_until=UNTIL)
TAG = next(iter(json.loads(SOUND)["tags"]))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f'"{TAG}": 0', f'"{TAG}": -1'),
        (f'"{TAG}": 0', f'"{TAG}": 1'),
        (f'"{TAG}": 0', f'"{TAG}": {2**31}'),
        (f'"{TAG}": 0', f'"{TAG}": {2**70}'),
        (f'"{TAG}": 0', f'"{TAG}": ' + "9" * 5000),
        (f'"{TAG}": 0', f'"{TAG}": Infinity'),
        (f'"{TAG}": 0', f'"{TAG}": NaN'),
        (f'"{TAG}": 0', f'"{TAG}": 1e999'),
        (f'"{TAG}": 0', f'"{TAG}": 0.0'),
        (f'"{TAG}": 0', f'"{TAG}": true'),
        (f'"{TAG}": 0', f'"{TAG}": null'),
        (f'"{TAG}": 0', f'"{TAG}": ' + "[" * 100_000 + "]" * 100_000),
        (f'"{TAG}"', '"0"'),
        (f'"{TAG}"', '"-000000000000001"'),
        (f'"{TAG}"', f'"{TAG}0"'),
        (f'"{TAG}"', f'"{TAG[:15]}\\n"'),
        (f'"{TAG}"', '"0x00000000000001"'),
        ('"first"\n', "\n"),
        ('"first"', '""'),
        ('"first"', "1"),
        ('"first"', "null"),
        ('[\n"first"\n]', '"f"'),
        ('[\n"first"\n]', "[]"),
        ('"version": 1', '"version": Infinity'),
        ('"version": 1', '"version": -1'),
        ('"partner": "example"', '"partner": 7'),
        ('"2100-01-01"', "7"),
        ('"2100-01-01"', '"2100-13-01"'),
    ],
)
def test_an_unsound_list_is_refused_at_opening(old: str, new: str) -> None:
    assert old in SOUND
    with pytest.raises(LexiconError, match="not a sealed list"):
        parse_lexicon(SOUND.replace(old, new, 1), KEY)


def test_a_list_without_tags_is_refused() -> None:
    data = json.loads(SOUND)
    with pytest.raises(LexiconError, match="not a sealed list"):
        parse_lexicon(json.dumps({**data, "tags": {}}), KEY)
    with pytest.raises(LexiconError, match="not a sealed list"):
        parse_lexicon("[" * 100_000, KEY)


def test_a_list_for_longer_than_dates_reach_is_refused_in_words(tmp_path: Path) -> None:
    terms, key = tmp_path / "terms", tmp_path / "key"
    terms.write_text("zorblat\tfirst\n")
    key.write_text(KEY.hex())
    program = "import sys; from lindung.cli import main; sys.argv[0] = 'lindung'; main()"
    arguments = ["lexicon", "seal", terms, "--key", key, "--out", tmp_path / "out"]
    arguments += ["--partner", "example", "--days", "99999999"]
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "3650" in done.stderr
    assert not (tmp_path / "out").exists()
