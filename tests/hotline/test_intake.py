"""From the form to the sealed report and its receipt."""

from __future__ import annotations

import json
import math

import pytest
from django.http import QueryDict

from lindung.hotline.config import sealing
from lindung.hotline.intake import receipts, selectors, services
from lindung.hotline.intake.forms import ReportForm, fresh_nonce
from lindung.hotline.intake.models import Report

pytestmark = pytest.mark.database

CONTENT = services.Content(("https://example.com/post/1",), "Example words", "ana@example.org")


def receive(content: services.Content = CONTENT, nonce: str = "n1") -> str:
    words = services.receive(
        content, nonce=nonce, about="seen", danger=False, is_child=False, language="en"
    )
    return " ".join(words)


def filled(**fields: str) -> ReportForm:
    data = QueryDict(mutable=True)
    data.update({"about": "seen", "nonce": fresh_nonce(), "danger": "no", **fields})
    return ReportForm(data)


class TestReceipts:
    def test_a_receipt_carries_at_least_80_bits(self) -> None:
        assert receipts.WORDS_IN_RECEIPT * math.log2(len(set(receipts._words()))) >= 80

    def test_the_same_form_gives_the_same_words_and_another_gives_others(self) -> None:
        assert receipts.issue("n", "a") == receipts.issue("n", "a")
        assert receipts.issue("n", "a") != receipts.issue("n", "b")
        assert receipts.issue("n", "a") != receipts.issue("m", "a")

    @pytest.mark.parametrize(
        "typed", ["Abacus  Yo-Yo zoom", "abacus-yoyo-zoom", " abacus\nyo-yo\tZOOM. "]
    )
    def test_how_it_is_typed_does_not_matter(self, typed: str) -> None:
        assert receipts.stored(typed) == receipts.stored("abacus yo-yo zoom")


@pytest.mark.django_db
class TestReceiving:
    def test_what_is_stored_is_sealed(self) -> None:
        receive()
        stored = Report.objects.values_list().get(receipt_hash=receipts.stored(receive()))
        everything = b"".join(
            bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in stored
        )
        for secret in ("example.com", "Example words", "ana@", *receive().split()):
            assert secret.encode() not in everything
        report = Report.objects.get(receipt_hash=receipts.stored(receive()))
        assert json.loads(sealing.unseal(report.sealed))["contact"] == "ana@example.org"

    def test_a_report_is_opened_as_it_was_written(self) -> None:
        odd = services.Content((), "emoji 🙂, NUL \x00, lone \ud800, தமிழ், 中文", "")
        words = receive(odd, "n2")
        report = Report.objects.get(receipt_hash=receipts.stored(words))
        assert selectors.opened([report.pk])[0].content == odd

    def test_a_receipt_has_a_status_and_a_wrong_one_has_none(self) -> None:
        found = services.status(receive().upper())
        assert found and found.status == "received"
        assert services.status("abacus yo-yo zoom abacus yo-yo zoom abacus") is None


class TestForm:
    def test_words_or_an_address_is_enough(self) -> None:
        assert filled(words="Something I saw").is_valid()
        assert filled(where="@example_a").is_valid()

    def test_nothing_at_all_is_asked_for_in_words(self) -> None:
        form = filled(words="   ")
        assert not form.is_valid()
        assert "describe it" in form.errors["where"][0]

    def test_a_broken_link_is_named_by_its_line_and_kept(self) -> None:
        typed = "https://example.com/post/1\nhttp://"
        form = filled(where=typed)
        assert not form.is_valid()
        assert str(form.errors["where"][0]).startswith("Line 2:")
        assert typed in str(form["where"])

    def test_a_changed_one_time_number_is_replaced_and_the_words_stay(self) -> None:
        form = filled(words="Kept words", nonce="made-up")
        assert not form.is_valid()
        assert "made-up" not in str(form["nonce"]) and "Kept words" in str(form["words"])

    def test_too_many_lines_are_refused_with_the_limit(self) -> None:
        form = filled(where="\n".join(f"https://example.com/{n}" for n in range(21)))
        assert "at most 20" in form.errors["where"][0]
