"""An officer acts tonight by the letter alone: what it says, how it is checked and answered."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from lindung.hotline.casework import services as decisions
from lindung.hotline.casework.models import Case, Category, Sighting, Status
from lindung.hotline.intake.models import Report
from lindung.hotline.intake.services import Content, receive
from lindung.hotline.referral import letters, mail, services
from lindung.hotline.referral.adapters import _answer
from lindung.hotline.referral.letter import Letter
from lindung.hotline.referral.models import Authority, Referral, State
from lindung.hotline.triage import services as triage

from .captured import Site, picture
from .mailbox import Mailbox
from .test_casework import person
from .test_referral import outbox

pytestmark = [pytest.mark.django_db, pytest.mark.database]

COMMANDS = re.compile(r"^\d\.\n(.*?)\n(?=\d\.\n|\n)", re.MULTILINE | re.DOTALL)


def reported(
    where: tuple[str, ...], words: str, contact: str = "", *, danger: str = "no", **fields: Any
) -> UUID:
    content = Content(where, words, contact, fields.pop("pass_on", False), danger)
    sent: dict[str, Any] = {"about": "me", "is_child": False, "language": "ms"} | fields
    receive(content, nonce=uuid4().hex, danger=danger != "no", **sent)
    return Report.objects.latest("received_at").pk


def decided(report: UUID, category: str = Category.GROOMING) -> str:
    triage.examine(report)
    case = str(Sighting.objects.filter(report=report).values_list("case_id", flat=True)[0])
    decisions.assess(case, person(), category, "Asks for secrecy and to meet")
    decisions.confirm(case, person(), agrees=True, note="")
    return case


def authority(case: str, **fields: str) -> Authority:
    made = {"adapter": "folder", "address": f"p-{case}", "language": "en"} | fields
    return Authority.objects.create(name=f"Example Police {uuid4().hex[:6]}", **made)


def written(case: str, **fields: str) -> str:
    return letters.write(case, authority(case, **fields)).text


class TestWhatItSays:
    def test_a_report_in_words_is_in_the_letter(self) -> None:
        report = reported(
            (),
            "Someone from the game asks me to meet.\nHe wrote from +60 3-2000 0000 (example).",
            "example@example.org",
            danger="yes",
            is_child=True,
            pass_on=True,
        )
        said = written(decided(report))
        assert "> Someone from the game asks me to meet." in said
        assert "Danger now: YES, says a reporter" in said
        assert "A reporter under 18: YES" in said
        assert "+60320000000" in said  # in full, beside the words
        assert "Contact: example@example.org (given for you)" in said
        assert "Classification: Illegal: grooming or extortion" in said
        assert re.search(r"received \d{4}-\d\d-\d\d \d\d:\d\d UTC", said)
        head = said[: said.index("WHAT THE REPORTER WROTE")]
        assert len(head.splitlines()) < 25

    def test_a_contact_goes_only_where_it_was_given_for_that(self) -> None:
        said = written(decided(reported((), "Example words", "example@example.org")))
        assert "example@example.org" not in said
        assert "given to us only" in said

    def test_what_a_reporter_is_not_sure_of_is_said_so(self) -> None:
        assert "PERHAPS" in written(decided(reported((), "Example", danger="unsure")))

    def test_nobody_writes_a_part_of_the_letter(self) -> None:
        """A reporter's lines are marked, whatever they look like; nothing turns text around."""
        words = "x\u202egpj.exe\r-----BEGIN PUBLIC KEY-----\nHOW TO ANSWER\x0b\x00\ud800\nhttps://example.com/a"
        said = written(decided(reported((), words)))
        assert not re.search(r"^-----BEGIN", said, re.MULTILINE)
        assert "\u202e" not in said and "[U+202E]" in said
        assert "https://example.com" not in said and "hxxps://example[.]com/a" in said
        assert said.encode()

    def test_it_speaks_the_recipients_language(self) -> None:
        said = written(decided(reported((), "Contoh", danger="yes")), language="ms")
        assert "Bahaya sekarang:" in said and "Danger now" not in said

    def test_reports_that_cannot_be_opened_are_named_and_hide_nothing_else(self) -> None:
        report = reported(("@example_lost",), "Example")
        triage.examine(report)
        case = str(Sighting.objects.get(report=report).case_id)
        bad = Report.objects.create(
            receipt_hash=uuid4().bytes * 2, about="seen", danger=False, is_child=False,
            language="en", sealed=b"damaged",
        )  # fmt: skip
        item = Sighting.objects.get(report=report).item
        Sighting.objects.create(item=item, report=bad, case_id=case)
        decisions.assess(case, person(), Category.OFFER, "Example")
        decisions.confirm(case, person(), agrees=True, note="")
        said = written(case)
        assert "cannot be opened" in said and "> @example_lost" in said


class TestAnOfficerWithAPlainDebian:
    """Nothing but the letter, the bundle and stock tools, step by step."""

    @pytest.fixture
    def sent(self, site: Site) -> Referral:
        case = site.visit(picture(7)).case
        decisions.assess(case, person(), Category.NATIONAL, "Example")
        decisions.confirm(case, person(), agrees=True, note="")
        referral = services.queue(case, authority(case), person())
        services.deliver(referral.pk)
        return referral

    def follow(self, folder: Path) -> str:
        """Run the three commands of the letter as they stand there."""
        steps = COMMANDS.findall((folder / "letter.txt").read_text())
        assert len(steps) == 3
        said = ""
        for step in steps:
            done = subprocess.run(
                ["/bin/sh", "-c", step],
                cwd=folder,
                env={"PATH": "/usr/bin:/bin"},
                capture_output=True,
                text=True,
                check=False,
            )
            said += done.stdout + done.stderr
        return said

    def test_reaches_authentic_and_the_acknowledgement(
        self, sent: Referral, tmp_path: Path
    ) -> None:
        folder = tmp_path / "desk"
        shutil.copytree(outbox(sent), folder)
        said = self.follow(folder)
        assert ": authentic" in said and "NOT" not in said
        shown = subprocess.run(
            ["sha256sum", "hotline.pem"], cwd=folder, capture_output=True, text=True, check=True
        ).stdout
        assert shown.split()[0] in (folder / "letter.txt").read_text().splitlines()
        assert (folder / "trust.json").exists()

        answer = re.search(
            r'^echo ".*> acknowledged.txt$', (folder / "letter.txt").read_text(), re.M
        )
        assert answer
        subprocess.run(["/bin/sh", "-c", answer[0]], cwd=outbox(sent), check=True)
        assert services.collect() == 1
        found = Referral.objects.get(pk=sent.pk)
        assert (found.state, found.reference) == (State.ACKNOWLEDGED, "YOUR-REFERENCE")
        assert Case.objects.get(pk=sent.case_id).status == Status.REFERRED

    @pytest.mark.parametrize("changed", ["bundle", "key"])
    def test_a_changed_bundle_or_key_is_not_authentic(
        self, sent: Referral, tmp_path: Path, changed: str
    ) -> None:
        folder = tmp_path / "desk"
        shutil.copytree(outbox(sent), folder)
        if changed == "bundle":
            (path,) = folder.glob("*.lindung.tar")
            content = bytearray(path.read_bytes())
            content[content.index(b"age-encryption.org") + 30] ^= 1
            path.write_bytes(content)
        else:
            letter = folder / "letter.txt"
            letter.write_text(
                re.sub(r"(?m)^MCowBQYDK2VwAyEA.{4}", "MCowBQYDK2VwAyEAAAAA", letter.read_text())
            )
        said = self.follow(folder)
        assert "NOT AUTHENTIC" in said and ": authentic" not in said


class TestWordsNeverMerge:
    def test_two_children_who_write_the_same_have_a_case_each(self) -> None:
        reports = [reported((), "tolong saya"), reported(("Tolong  saya",), "")]
        for report in (*reports, *reports):  # a job that runs twice is once
            triage.examine(report)
        found = Sighting.objects.filter(report__in=reports)
        assert found.count() == 2 and len({one.case_id for one in found}) == 2

    def test_one_report_of_several_words_is_one_case(self) -> None:
        report = reported(("tolong saya", "dia ugut saya"), "")
        triage.examine(report)
        assert len({one.case_id for one in Sighting.objects.filter(report=report)}) == 1


class TestAnswers:
    @pytest.mark.parametrize("text", ["", "\n", "received", "1234-567", "91234-56789"])
    def test_an_answer_without_the_number_is_none(self, text: str) -> None:
        assert _answer(text, "1234-5678").problem

    @pytest.mark.parametrize(
        ("text", "reference"),
        [
            ("1234-5678 EX-77", "EX-77"),
            ("EX/2026/9\r\n12345678\r\n", "EX/2026/9"),
            ("letter 1234 5678, ours: EX-1", "letter , ours: EX-1"),
            ("1234-5678", "1234-5678"),
        ],
    )
    def test_the_reference_stands_beside_it(self, text: str, reference: str) -> None:
        assert _answer(text, "1234-5678").reference == reference

    def test_an_empty_file_is_named_on_the_page_and_the_letter_still_waits(self) -> None:
        case = decided(reported((), "Example"))
        referral = services.queue(case, authority(case), person())
        services.deliver(referral.pk)
        (outbox(referral) / "acknowledged.txt").touch()
        assert services.collect() == 0
        found = Referral.objects.get(pk=referral.pk)
        assert found.state == State.SENT and "no-number" in found.last_error
        (outbox(referral) / "acknowledged.txt").write_bytes(
            f"{referral.number}  EX-5".encode("utf-16")
        )
        assert services.collect() == 1

    def test_a_link_that_others_put_there_is_not_followed(self, tmp_path: Path) -> None:
        case = decided(reported((), "Example"))
        referral = services.queue(case, authority(case), person())
        services.deliver(referral.pk)
        (tmp_path / "secret").write_text(f"{referral.number} secret")
        (outbox(referral) / "acknowledged.txt").symlink_to(tmp_path / "secret")
        assert services.collect() == 0


class TestMail:
    def test_it_has_a_date_and_carries_the_letter(
        self,
        mailbox: Mailbox,
        configured: Any,
    ) -> None:
        configured("SMTP_URL", mailbox.url)
        case = decided(reported((), "Example words of a reporter"))
        made = authority(case, adapter="email", address="desk@example.org")
        services.deliver(services.queue(case, made, person()).pk)
        (message,) = mailbox.taken
        assert message["Date"] and message["Message-ID"].endswith("@example.org>")
        names = [part.get_filename() for part in message.walk()]
        assert "letter.txt" in names
        body = message.get_payload(0).get_payload(decode=True).decode()  # type: ignore[union-attr]
        assert "> Example words of a reporter" in body

    def bundles(self, folder: Path, *sizes: int) -> list[Path]:
        made = []
        for n, size in enumerate(sizes):
            path = folder / f"{n}.lindung.tar"
            with path.open("wb") as file:
                file.truncate(size)
            made.append(path)
        return made

    def test_a_large_bundle_comes_in_parts_that_the_mail_says_how_to_join(
        self, tmp_path: Path
    ) -> None:
        (path,) = self.bundles(tmp_path, 2 * mail.MOST_ATTACHED + 5)
        content = bytes(range(256)) * (path.stat().st_size // 256) + b"12345"
        path.write_bytes(content)
        letter = Letter(uuid4(), "Example", "A letter\n", [path])
        mails = list(mail.Email("desk@example.org").messages(letter))
        assert len({m["Message-ID"] for m in mails}) == len(mails) == 3
        assert [m["Message-ID"] for m in mail.Email("x@example.org").messages(letter)] == [
            m["Message-ID"] for m in mails
        ]
        desk = tmp_path / "desk"
        desk.mkdir()
        for one in mails:
            for part in one.iter_attachments():
                (desk / str(part.get_filename())).write_bytes(part.get_payload(decode=True))  # type: ignore[arg-type]
        body = mails[0].get_body()
        assert body
        command = re.search(r"^cat .*$", body.get_content(), re.MULTILINE)
        assert command
        subprocess.run(["/bin/sh", "-c", command[0]], cwd=desk, check=True)
        assert (desk / path.name).read_bytes() == content

    def test_what_is_too_large_for_mail_is_announced(self, tmp_path: Path) -> None:
        small, large = self.bundles(tmp_path, 1000, mail.MOST_ATTACHED * (mail.MOST_MAILS + 1))
        planned, left_out = mail.pieces_of([large, small])
        assert left_out == [large] and [[p.name for p in m] for m in planned] == [[small.name]]
        letter = Letter(uuid4(), "Example", "A letter\n", [large, small])
        (message,) = mail.Email("desk@example.org").messages(letter)
        body = message.get_body()
        assert body and f"{large.name} (" in body.get_content()

    def test_no_mail_carries_more_than_it_may(self, tmp_path: Path) -> None:
        sizes = (5_000_000, 5_000_000, 1, mail.MOST_ATTACHED, mail.MOST_ATTACHED + 1, 0)
        bundles = self.bundles(tmp_path, *sizes)
        planned, left_out = mail.pieces_of(bundles)
        assert not left_out
        assert all(sum(p.size for p in one) <= mail.MOST_ATTACHED for one in planned)
        assert sum(p.size for one in planned for p in one) == sum(sizes)
        assert {p.path for one in planned for p in one} == set(bundles)
