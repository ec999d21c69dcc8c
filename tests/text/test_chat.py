"""Conversations: signs of several kinds from one person, raised at the message that tells."""

from __future__ import annotations

import pickle
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from lindung.text import ChatReader, Message, Trajectory

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


CHATS: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("chats.yaml").read_text("utf-8")
)


def written(case: dict[str, Any]) -> list[Message]:
    return [Message(*line.split(": ", 1)) for line in case["chat"]]


@pytest.mark.parametrize("case", CHATS["ordinary"], ids=lambda case: case["why"])
def test_an_ordinary_chat_stays_below_the_line(case: dict[str, Any]) -> None:
    timeline = READER.read(written(case))
    assert timeline.warning is None, timeline.verdict
    assert timeline.signs, "it shows nothing if nothing is seen"


@pytest.mark.parametrize("case", CHATS["leads"], ids=lambda case: case["why"])
def test_who_leads_somebody_is_warned_of(case: dict[str, Any]) -> None:
    timeline = READER.read(written(case))
    assert timeline.warning is not None, timeline.trajectories
    assert timeline.warning.sender == "x"


def test_there_are_enough_chats_of_both_kinds() -> None:
    assert len(CHATS["ordinary"]) >= 25
    assert len(CHATS["leads"]) >= 20


def of(sender: str, messages: list[Message]) -> Trajectory:
    (trajectory,) = (t for t in READER.read(messages).trajectories if t.sender == sender)
    return trajectory


@pytest.mark.parametrize("senders", [2, 20_000])
def test_time_is_in_proportion_to_messages(senders: int) -> None:
    """Best of three, as a machine that tests has other work."""

    def took(messages: int) -> float:
        lines = [Message(f"s{i % senders}", "how old are you?") for i in range(messages)]
        times = []
        for _ in range(3):
            began = time.process_time()
            READER.read(lines)
            times.append(time.process_time() - began)
        return min(times)

    took(100)
    assert took(20_000) < 16 * took(2500)


def test_an_answer_counts_from_its_message_on() -> None:
    asked = chat(
        ("a", "how old are you? dont tell anyone"),
        ("a", "send me a pic"),
        ("b", "13"),
        ("a", "ok"),
    )
    with_answer, without = READER.read(asked), READER.read(asked[:2])
    assert with_answer.trajectories[0].answered == 13
    assert with_answer.trajectories[0].score == without.trajectories[0].score + 0.5
    assert with_answer.warning is not None
    assert without.warning is not None
    assert with_answer.warning.warned_at == without.warning.warned_at == 1
    early = chat(
        ("a", "how old are you? send me a selfie"), ("b", "13"), ("a", "whats your number")
    )
    adult = [early[0], Message("b", "31"), *early[2:]]
    assert of("a", early).warned_at == 2
    assert of("a", adult).warned_at is None


def test_what_was_told_may_be_what_passes_the_line() -> None:
    told = chat(
        ("a", "meet up?"), ("a", "send me a selfie"), ("a", "how old are you?"), ("b", "13")
    )
    assert of("a", told[:3]).warned_at is None
    assert of("a", told).warned_at == 3


@pytest.mark.parametrize(
    ("said", "age"),
    [
        ("13", 13),
        ("im 13", 13),
        ("I'm 13 u?", 13),
        ("I\u2019m 13!", 13),
        ("saya 13", 13),
        ("umur saya 13 tahun", 13),
        ("13岁", 13),
        ("我今年13岁，你呢？", 13),
        ("எனக்கு 13", 13),
        ("எனக்கு 13 வயசு", 13),
        ("１３", 13),
        ("13, you?", 13),
        ("i have 50 robux lol", None),
        ("30 more minutes", None),
        ("RM30", None),
        ("30%", None),
        ("at 5", None),
        ("12 or 13", None),
        ("my sister is 13", None),
        ("3", None),
    ],
)
def test_an_answer_is_an_age_by_itself(said: str, age: int | None) -> None:
    assert of("a", chat(("a", "how old are you?"), ("b", said))).answered == age


def test_an_answer_comes_soon_and_from_who_was_asked() -> None:
    ask = ("a", "how old are you?")
    later = [("b", "hm")] * 3
    assert of("a", chat(ask, *later[:2], ("b", "13"))).answered == 13
    assert of("a", chat(ask, *later, ("b", "13"))).answered is None
    assert of("a", chat(ask, ("a", "13"))).answered is None
    assert of("a", chat(ask, ("ccc", "30"), ("bob", "13"))).answered is None
    assert of("a", chat(("a", "how old are you bob?"), ("ccc", "30"), ("BOB", "13"))).answered == 13
    assert of("a", chat(("a", "小明你几岁"), ("ccc", "30"), ("小明", "13"))).answered == 13


def test_a_sender_is_one_however_the_name_is_written() -> None:
    lines = LED["en"]
    written = [" Xa", "b", "xa", "b", "XA ", "b", "xa"]
    messages = [Message(n, line.text) for n, line in zip(written, lines, strict=True)]
    timeline = READER.read(messages)
    (trajectory,) = timeline.trajectories
    assert trajectory.sender == "Xa"
    assert trajectory.turns == pytest.approx(4 / 7)
    assert {sign.sender for sign in timeline.signs} == {"Xa"}
    assert timeline.warning is not None
