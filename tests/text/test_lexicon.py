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

from lindung.text import LexiconError, ProbeGuard, Probing, Reader, open_lexicon, read_key, seal
from lindung.text.lexicon import parse_lexicon
from lindung.text.siphash import siphash

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
    with pytest.raises(LexiconError, match="32 hexadecimal digits"):
        read_key("abc")
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


def test_dictionary_probing_is_limited_and_alarmed() -> None:
    clock = [0.0]
    alarms: list[str] = []
    guard = ProbeGuard(alarms.append, lambda: clock[0], most=10, window=60)
    long_post = "this is a post of the length that people really write to each other"
    guard.admit("one", [long_post] * 1000)
    guard.admit("one", ["word"] * 10)
    for _ in range(3):
        with pytest.raises(Probing, match="Try again in 2 minutes"):
            guard.admit("one", ["word"])
    guard.admit("other", ["word"])
    assert alarms == ["one"]
    clock[0] = 61
    guard.admit("one", ["word"])
