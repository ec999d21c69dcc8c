"""Sealed lists: seen in posts through their tags, readable nowhere."""

from __future__ import annotations

import datetime
import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lindung.text import (
    KeyUnusableError,
    LexiconError,
    Reader,
    open_lexicon,
    read_key,
    seal,
)
from lindung.text.sealed.lexicon import parse_lexicon
from lindung.text.sealed.siphash import siphash

KEY = bytes(range(16))
TERMS = [
    ("zorblat", "first"),
    ("quimfle nork", "second"),
    ("造词甲", "third"),
    ("பொருளிலி", "fourth"),
]
UNTIL = datetime.date(2100, 1, 1)


def sealed(key: bytes = KEY, until: datetime.date = UNTIL) -> str:
    return seal(TERMS, key, partner="example", version=3, valid_until=until)


def test_siphash_gives_the_published_vectors() -> None:
    k0, k1 = np.frombuffer(KEY, np.uint64)
    data = np.arange(64, dtype=np.uint8).view(np.uint32)
    published = {0: 0x726FDB47DD0E0E31, 4: 0xCF2794E0277187B7, 8: 0x93F5F5799A932462}
    assert {n: int(siphash(k0, k1, data, n // 4)) for n in published} == published


@pytest.mark.parametrize(
    ("post", "category", "cut"),
    [
        ("a zorblat, RM20", "first", "zorblat"),
        ("a ZORBLAT, RM20", "first", "ZORBLAT"),
        ("a z0rbl@t RM20", "first", "z0rbl@t"),
        ("a zorrrblat RM20", "first", "zorrrblat"),
        ("a z o r b l a t RM20", "first", "z o r b l a t"),
        ("a zor\u200bblat RM20", "first", "zor\u200bblat"),
        ("a zоrblаt RM20", "first", "zоrblаt"),
        ("quimfle,  nork RM20", "second", "quimfle,  nork"),
        ("quimfle😀nork RM20", "second", "quimfle😀nork"),
        ("😀 quimfle 😀😀 nork 😀 RM20", "second", "quimfle 😀😀 nork"),
        ("z😀orblat, quimfle nork😀 RM20", "second", "quimfle nork"),
        ("q.u.i.m.f.l.e.n.o.r.k RM20", "second", "q.u.i.m.f.l.e.n.o.r.k"),
        ("看造词甲20令吉", "third", "造词甲"),
        ("造 词 甲 20令吉", "third", "造 词 甲"),
        ("பொருளிலி RM20", "fourth", "பொருளிலி"),
    ],
)
def test_a_sealed_term_is_seen_in_the_post(post: str, category: str, cut: str) -> None:
    reader = Reader.load(lexicons=[parse_lexicon(sealed(), KEY)])
    (signal,) = reader.read([post])[0].signals
    spans = [span for span in signal.spans if span.label == f"sealed: {category}"]
    assert [post[span.start : span.end] for span in spans] == [cut]
    assert Reader.load().read([post])[0].score == 0


@pytest.mark.parametrize("post", ["zorblats RM20", "zorbla t RM20", "quimfle RM20", "nork RM20"])
def test_what_is_near_a_term_is_not_it(post: str) -> None:
    reader = Reader.load(lexicons=[parse_lexicon(sealed(), KEY)])
    assert reader.read([post])[0].score == 0


def test_a_sealed_term_alone_never_scores() -> None:
    reader = Reader.load(lexicons=[parse_lexicon(sealed(), KEY)])
    assert reader.read(["zorblat", "zorblat zorblat"])[1].score == 0


def test_two_keys_share_no_tag() -> None:
    one, other = (set(json.loads(sealed(key))["tags"]) for key in (KEY, bytes(16)))
    assert not one & other


def test_during_rotation_both_lists_are_read() -> None:
    old, new = parse_lexicon(sealed(), KEY), parse_lexicon(sealed(bytes(16)), bytes(16))
    post = ["zorblat RM20"]
    assert Reader.load(lexicons=[old, new]).read(post) == Reader.load(lexicons=[new]).read(post)


def test_an_unusable_list_is_refused_with_what_to_do() -> None:
    with pytest.raises(LexiconError, match=r"does not open it\. Ask example for its key"):
        parse_lexicon(sealed(), bytes(16))
    with pytest.raises(LexiconError, match="valid until 2020-01-01"):
        parse_lexicon(sealed(until=datetime.date(2020, 1, 1)), KEY)
    for text in ("", "{}", "[]", '{"format": 1}', sealed().replace("tags", "gats")):
        with pytest.raises(LexiconError, match="not a sealed list"):
            parse_lexicon(text, KEY)
    with pytest.raises(LexiconError, match="Term 1 has 5 words"):
        seal([("a b c d e", "x")], KEY, partner="p", version=1, valid_until=UNTIL)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; from lindung.cli import main; sys.argv[0] = 'lindung'; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_list_is_sealed_read_and_nowhere_readable(tmp_path: Path) -> None:
    terms, key, out = (tmp_path / name for name in ("terms", "key", "sealed.json"))
    terms.write_text("".join(f"{term}\t{category}\n" for term, category in TERMS))
    key.write_text(KEY.hex() + "\n")
    done = run("lexicon", "seal", terms, "--key", key, "--out", out, "--partner", "example")
    assert (done.returncode, "4 terms sealed" in done.stdout) == (0, True), done.stderr
    assert "first, second, third, fourth" in run("lexicon", "show", out, "--key", key).stdout
    posts = tmp_path / "posts"
    posts.write_text("zorblat RM20\n")
    done = run("read", posts, "--lexicon", out, "--key", key, "--json")
    assert json.loads(done.stdout)["signals"][0]["rule"] == "sealed-term-with-offer"
    held = out.read_bytes() + pickle.dumps(Reader.load(lexicons=[open_lexicon(out, KEY)]))
    for term, _ in TERMS:
        for word in term.split():
            for encoding in ("utf-8", "utf-16-le", "utf-32-le"):
                assert word.encode(encoding) not in held


def test_a_wrong_list_of_terms_writes_nothing(tmp_path: Path) -> None:
    terms, key, out = (tmp_path / name for name in ("terms", "key", "sealed.json"))
    terms.write_text("zorblat\tx\nno category\n")
    key.write_text(KEY.hex())
    done = run("lexicon", "seal", terms, "--key", key, "--out", out, "--partner", "example")
    assert done.returncode == 2
    assert "line 2: write the term, a tab, its category" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key", "terms"]


def test_a_key_comes_from_a_file_the_environment_or_a_key_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, service = tmp_path / "key", tmp_path / "client"
    key.write_text(KEY.hex() + "\n")
    service.write_text(f"#!/bin/sh\n[ \"$1 $2\" = 'decrypt partner' ] && cat '{key}'\n")
    service.chmod(0o700)
    monkeypatch.setenv("EXAMPLE_KEY", KEY.hex())
    assert read_key(key) == KEY
    assert read_key("env:EXAMPLE_KEY") == KEY
    assert read_key(f"exec:{service} decrypt partner") == KEY
    for reference in ("env:EXAMPLE_KEY", f"exec:{service} decrypt partner"):
        key_elsewhere = tmp_path / "elsewhere"
        key_elsewhere.write_text(reference)
        assert read_key(key_elsewhere) == KEY


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("env:EXAMPLE_NO_SUCH", "no variable EXAMPLE_NO_SUCH"),
        ("exec:false", "exit code 1"),
        ("exec:", "could not be started"),
        ("exec:/no/such/program", "could not be started"),
        ("exec:echo abc", "32 hexadecimal digits"),
        ("/no/such/key", "cannot be read"),
    ],
)
def test_a_key_that_cannot_be_had_is_refused_in_words(source: str, words: str) -> None:
    with pytest.raises(KeyUnusableError, match=words):
        read_key(source)


def test_a_model_key_is_longer() -> None:
    with pytest.raises(KeyUnusableError, match="64 hexadecimal digits"):
        read_key(f"exec:echo {KEY.hex()}", 256)


def test_what_is_printed_of_a_list_shows_neither_key_nor_tags() -> None:
    shown = repr(parse_lexicon(sealed(), KEY))
    tag = next(iter(json.loads(sealed())["tags"]))
    assert str(KEY) not in shown
    assert str(int(tag, 16)) not in shown
