"""Every reason's span, cut from the original, is what the rule says it saw."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from lindung.text import Reader, Reading, entities
from lindung.text.normal.fold import fold
from lindung.text.rules.scanning import split_words, word_skeleton

READER = Reader.load()
_TWINS = str.maketrans("aeopcyxi", "аеорсухі")
_LEET = str.maketrans("oieas", "01345")

DISGUISES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper": str.upper,
    "full width": lambda s: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in s),
    "zero width": lambda s: "\u200b".join(s),
    "soft hyphen": lambda s: "\u00ad".join(s),
    "twins": lambda s: s.translate(_TWINS),
    "marks": lambda s: "".join(c + "\u0301" if c.isalpha() else c for c in s),
    "bold": lambda s: "".join(chr(0x1D41A + ord(c) - 97) if "a" <= c <= "z" else c for c in s),
    "wide space": lambda s: s.replace(" ", "\u2003"),
    "direction marks": lambda s: f"\u202e{s}\u202c",
}
WORDS_ONLY: dict[str, Callable[[str], str]] = {
    "leet": lambda s: s.translate(_LEET),
    "stretched": lambda s: re.sub(r"([aeiou])", r"\1\1\1", s),
    "apart": lambda s: " ".join(s.replace(" ", "")),
    "apart leet": lambda s: " ".join(s.replace(" ", "").translate(_LEET)),
    "pictures between": lambda s: s.replace(" ", "😀 🔥"),
}
PARTS = {
    "price": ["rm20", "myr 20", "20 ringgit"],
    "exclusive-access": ["private group", "secret channel", "group rahsia", "vip channel"],
    "age": ["ages 13-15", "13 years old", "umur 14", "14yo"],
}
_noise = st.text(
    st.characters(exclude_categories=("L", "N", "S", "Sc", "Mc", "Me", "Mn", "Cs")), max_size=6
) | st.sampled_from(["😀", "📞 ", "\n", "😀\u200d😀", "ㅤ", "[redacted]", "\u0301"])


@st.composite
def posts(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    pieces: list[str] = []
    planted: dict[str, str] = {}
    for kind in draw(st.permutations(list(PARTS))):
        plain = draw(st.sampled_from(PARTS[kind]))
        ways = DISGUISES | (WORDS_ONLY if kind == "exclusive-access" else {})
        planted[kind] = ways[draw(st.sampled_from(sorted(ways)))](plain)
        pieces += [draw(_noise), "; ", planted[kind], " ;"]
    return "".join(pieces) + draw(_noise), planted


@given(posts())
def test_a_disguised_post_is_seen_and_its_spans_are_right(made: tuple[str, dict[str, str]]) -> None:
    post, planted = made
    (reading,) = READER.read([post])
    assert "priced-access" in {signal.rule for signal in reading.signals}, planted
    check(post, reading)


@given(st.text(max_size=120) | posts().map(lambda made: made[0][::-1]))
def test_whatever_is_read_its_spans_are_right(post: str) -> None:
    (reading,) = READER.read([post])
    check(post, reading)


def check(post: str, reading: Reading) -> None:
    """Cut each span: an entity reads the same alone, words are words of the rule's list."""
    assert reading.score == sum(signal.weight for signal in reading.signals)
    for signal in reading.signals:
        for span in signal.spans:
            cut = post[span.start : span.end]
            name, _, value = span.label.partition(": ")
            if value:
                assert (name, value) in {(e.kind, e.value) for e in entities(cut)}, (cut, span)
                continue
            terms = READER.policy.sets[name.replace(" ", "-")]
            assert any(says(cut, term.removesuffix("*")) for term, _ in terms), (cut, span)


def says(cut: str, term: str) -> bool:
    return _says(cut, term) or _says(re.sub("[😀🔥]", " ", cut), term)


def _says(cut: str, term: str) -> bool:
    wanted = split_words(term)
    skeleton = "".join(word_skeleton(word) for word in wanted)
    joined = "".join(split_words(cut))
    visible = "".join(c for c in fold(cut).text if not unicodedata.category(c).startswith("Z"))
    return (
        "".join(wanted) in joined
        or skeleton in "".join(word_skeleton(word) for word in re.findall(r"\S+", fold(cut).text))
        or skeleton in word_skeleton(visible)
    )
