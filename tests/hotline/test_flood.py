"""A flood of reports: whoever writes for the first time is taken, and no address is kept."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from lindung.hotline.intake import views
from lindung.hotline.intake.flood import OWN_BURST, PATIENT_REFUSALS, Answer, Gate
from lindung.hotline.intake.forms import fresh_nonce
from lindung.hotline.intake.models import Report


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def address(number: int) -> str:
    return f"2001:db8:{number // 65536:x}:{number % 65536:x}::1"


def test_one_source_has_its_own_budget_and_others_are_taken(clock: Clock) -> None:
    gate = Gate(300, clock)
    answers = [gate.ask("198.51.100.7") for _ in range(OWN_BURST + PATIENT_REFUSALS + 3)]
    assert answers[:OWN_BURST] == [Answer.TAKE] * OWN_BURST
    assert answers[OWN_BURST:] == [Answer.WAIT] * PATIENT_REFUSALS + [Answer.SHUT] * 3
    assert gate.ask("198.51.100.8") is Answer.TAKE
    clock.now += 60
    assert gate.ask("198.51.100.7") is Answer.TAKE


def test_who_writes_for_the_first_time_passes_a_flood_of_many_sources(clock: Clock) -> None:
    gate = Gate(60, clock)
    flood = [gate.ask(address(n % 32)) for n in range(600)]
    assert flood.count(Answer.TAKE) <= 60 + 32
    assert gate.ask("203.0.113.9") is Answer.TAKE
    assert gate.ask("203.0.113.9") is not Answer.TAKE  # a second one waits with the others


def test_all_together_have_an_end_too(clock: Clock) -> None:
    gate = Gate(10, clock)
    taken = [gate.ask(address(n)) for n in range(500)].count(Answer.TAKE)
    assert 10 <= taken <= 50


@pytest.mark.parametrize(
    "unknown", ["", "127.0.0.1", "::1", "10.1.2.3", "unix:", "::ffff:10.0.0.1"]
)
def test_an_address_that_says_nothing_has_no_budget_of_its_own(clock: Clock, unknown: str) -> None:
    gate = Gate(300, clock)
    assert {gate.ask(unknown) for _ in range(300)} == {Answer.TAKE}
    assert gate.ask(unknown) is Answer.WAIT
    assert gate.ask("203.0.113.9") is Answer.TAKE


def test_a_network_of_ipv6_is_one_source(clock: Clock) -> None:
    gate = Gate(300, clock)
    answers = [gate.ask(f"2001:db8::{n:x}") for n in range(OWN_BURST + 1)]
    assert answers[-1] is Answer.WAIT


@given(st.lists(st.tuples(st.text(max_size=30) | st.ip_addresses().map(str), st.floats(0, 5000))))
def test_whatever_asks_gets_an_answer_and_memory_stays_small(
    asked: list[tuple[str, float]],
) -> None:
    clock = Clock()
    gate = Gate(5, clock)
    for who, pause in asked:
        clock.now += pause
        assert gate.ask(who) in Answer
    clock.now += 10_000
    gate.ask("203.0.113.9")
    assert len(gate._sources) == 1


def test_no_address_is_kept(clock: Clock) -> None:
    gate = Gate(300, clock)
    gate.ask("198.51.100.7")
    held = repr(vars(gate)) + repr(gate._sources)
    assert "198.51" not in held and bytes([198, 51, 100, 7]) not in b"".join(gate._sources)


@pytest.mark.django_db
class TestPage:
    @pytest.fixture(autouse=True)
    def gate(self, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
        gate = Gate(300, clock)
        monkeypatch.setattr(views, "_gate", lambda: gate)

    def form(self) -> dict[str, str]:
        return {
            "about": "seen", "nonce": fresh_nonce(), "danger": "yes", "words": "Example & more",
        }  # fmt: skip

    def send(self, form: dict[str, str], language: str = "en") -> HttpResponse:
        with translation.override(language):
            return views.report(RequestFactory(REMOTE_ADDR="198.51.100.7").post("/", form))

    def test_who_has_to_wait_keeps_what_was_typed_and_gets_no_receipt(self) -> None:
        before = Report.objects.count()
        for _ in range(OWN_BURST):
            assert self.send(self.form()).status_code == 200
        form = self.form()
        refused = self.send(form)
        said = refused.content.decode()
        assert (refused.status_code, refused["Retry-After"]) == (429, "60")
        assert "Many people are writing" in said and "Example &amp; more" in said
        assert 'class="receipt"' not in said
        for _ in range(PATIENT_REFUSALS):
            short = self.send(form)
        assert short.status_code == 429 and len(short.content) < 300
        assert Report.objects.count() == before + OWN_BURST

    def test_a_refused_form_is_taken_later_as_one_report(self, clock: Clock) -> None:
        for _ in range(OWN_BURST + 1):
            form = self.form()
            self.send(form)
        clock.now += 60
        before = Report.objects.count()
        assert self.send(form).content == self.send(form).content
        assert Report.objects.count() == before + 1

    def test_every_receipt_shows_its_own_words(self) -> None:
        pages = [
            self.send(self.form(), language).content.decode() for language in ("en", "ms", "en")
        ]
        assert "blank-" not in "".join(pages)
        shown = [page.partition('class="receipt"')[2].partition("</ol>")[0] for page in pages]
        assert len(set(shown)) == 3
        assert 'lang="en"' in pages[0][:200] and 'lang="ms"' in pages[1][:200]


def test_a_restarted_database_costs_no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    from lindung.hotline.intake import services

    tries: list[int] = []

    def step() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError("the connection is closed")
        return "stored"

    closed: list[int] = []
    fake = type("C", (), {"in_atomic_block": False, "close": lambda self: closed.append(1)})()
    monkeypatch.setattr(services, "connection", fake)
    assert services._on_a_living_connection(step) == "stored"
    assert (len(tries), len(closed)) == (2, 1)
