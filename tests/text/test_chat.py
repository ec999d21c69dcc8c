"""Conversations: signs of several kinds from one person, raised at the message that tells."""

from __future__ import annotations

import pickle

import pytest

from lindung.text import ChatReader, Message

READER = ChatReader()


def chat(*lines: tuple[str, str]) -> list[Message]:
    return [Message(sender, text) for sender, text in lines]


LED = {
    "en": chat(
        ("a", "hi, how old are you?"),
        ("b", "13, you?"),
        ("a", "nobody else is on. are you home alone?"),
        ("b", "yes"),
        ("a", "this stays our secret, don't tell your mum"),
        ("b", "ok"),
        ("a", "send me a pic [redacted]"),
    ),
    "ms": chat(
        ("a", "umur berapa?"),
        ("b", "13"),
        ("a", "mak ada rumah tak?"),
        ("b", "tak"),
        ("a", "jangan bagitahu sesiapa ya"),
        ("a", "hantar gambar [redacted]"),
    ),
    "zh": chat(
        ("a", "你几岁？"),
        ("b", "13岁"),
        ("a", "爸妈在家吗"),
        ("a", "别告诉他们"),
        ("a", "发张照片[redacted]"),
    ),
    "ta": chat(
        ("a", "உன் வயது என்ன?"),
        ("b", "13"),
        ("a", "தனியாக இருக்கிறாயா?"),
        ("a", "யாரிடமும் சொல்லாதே"),
        ("a", "படம் அனுப்பு [redacted]"),
    ),
}


@pytest.mark.parametrize("language", LED)
def test_the_warning_stands_at_the_message_that_tells(language: str) -> None:
    timeline = READER.read(LED[language])
    assert timeline.warning is not None
    assert timeline.warning.sender == "a"
    assert timeline.warning.kinds[:3] == ("age-probing", "alone", "secrecy")
    third = next(sign.message for sign in timeline.signs if sign.kind == "secrecy")
    assert timeline.warning.warned_at == third
    assert f"message {third + 1}" in timeline.verdict


def test_a_sign_has_the_spans_of_its_message() -> None:
    messages = LED["en"]
    timeline = READER.read(messages)
    cuts = [messages[s.message].text[p.start : p.end] for s in timeline.signs for p in s.spans]
    assert {"how old are you", "home alone", "our secret"} <= {
        c.removeprefix("are you ") for c in cuts
    }


def test_the_trajectory_says_how_it_went() -> None:
    (trajectory,) = READER.read(LED["en"]).trajectories
    assert trajectory.order == 1
    assert trajectory.slope > 0.5
    assert trajectory.turns == pytest.approx(4 / 7)
    assert trajectory.peak <= trajectory.score


def test_the_same_signs_shared_by_two_people_are_ordinary() -> None:
    messages = chat(
        ("a", "how old are you now? happy birthday"),
        ("b", "21! are your parents home?"),
        ("a", "yes. don't tell dad, the cake is a surprise"),
        ("b", "send me a photo of it"),
        ("a", "meet up at six?"),
    )
    timeline = READER.read(messages)
    assert timeline.warning is None
    assert timeline.verdict == "no signal found"


def test_one_kind_again_and_again_is_not_several_kinds() -> None:
    assert READER.read(chat(*[("a", "how old are you?")] * 200)).warning is None


def test_nothing_said_is_no_signal() -> None:
    assert READER.read([]).verdict == "no signal found"
    assert READER.read(chat(("a", ""), ("b", "\ud800"))).verdict == "no signal found"


def test_a_pickled_reader_reads_the_same() -> None:
    again = pickle.loads(pickle.dumps(READER))  # noqa: S301
    assert again.read(LED["en"]) == READER.read(LED["en"])
