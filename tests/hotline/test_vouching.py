"""Each bundle is stamped and witnessed after it was sealed; what is pending is asked again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.test import Client

from lindung import evidence
from lindung.evidence import Trust, Witness, WitnessServer, verify, witness_key
from lindung.hotline.config import outside
from lindung.hotline.console import context
from lindung.hotline.custody import vouching
from lindung.hotline.custody.models import Entry, Evidence, Vouching
from lindung.hotline.custody.places import evidence_folder, evidence_keys
from tests.evidence.authority import TimeAuthority

from .captured import Site, picture
from .console_page import ConsolePage

pytestmark = pytest.mark.database

Setting = Callable[..., None]


@dataclass
class Outsiders:
    authority: TimeAuthority
    server: WitnessServer
    trust: Path

    @property
    def witness(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimeAuthority]:
    one = TimeAuthority(tmp_path_factory.mktemp("authority") / "one", "one authority")
    yield one
    one.close()


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Setting:
    def change(**values: object) -> None:
        new = {**configured.ENV.values, **{f"LINDUNG_{k}": v for k, v in values.items()}}
        monkeypatch.setattr(configured, "ENV", replace(configured.ENV, values=new))

    return change


@pytest.fixture
def outsiders(
    site: Site, authority: TimeAuthority, setting: Setting, tmp_path: Path
) -> Iterator[Outsiders]:
    """An authority and a witness that the hotline asks and whoever verifies trusts."""
    keys = evidence_keys()
    key, public = witness_key(tmp_path / "witness")
    witness = Witness("witness.example", key, keys.trust().logs, tmp_path / "w")
    server = WitnessServer(("127.0.0.1", 0), witness)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    trust = json.loads((keys.directory / "trust.json").read_text())
    trust["witnesses"] = [{"name": "witness.example", "key": public}]
    root = (authority.room / "root.pem").read_text()
    trust["time_authorities"] = [{"name": "one", "certificate": root}]
    trust["require"] = {"time_tokens": 1, "cosignatures": 1}
    path = tmp_path / "trust.json"
    path.write_text(json.dumps(trust))
    made = Outsiders(authority, server, path)
    authority.up = True
    setting(TIME_AUTHORITIES=(authority.url,), WITNESSES=(made.witness,))
    yield made
    server.shutdown()
    server.server_close()


def kept(site: Site) -> Evidence:
    found = site.visit(picture(1))
    return Evidence.objects.get(case_id=found.case)


def holds(record: Evidence, outsiders: Outsiders) -> evidence.Verdict:
    return verify(evidence_folder() / record.bundle, Trust.load(outsiders.trust))


def test_a_sealed_bundle_is_stamped_and_witnessed(site: Site, outsiders: Outsiders) -> None:
    record = kept(site)
    assert holds(record, outsiders).status == 2
    row = vouching.vouch(record)
    assert (row.stamps, row.cosignatures, row.pending, row.next_at) == (1, 1, [], None)
    assert holds(record, outsiders).status == 0, holds(record, outsiders).words
    assert Entry.objects.filter(subject=record.case_id, kind="evidence-stamped").count() == 1
    assert record.pk not in set(vouching.lacking().values_list("pk", flat=True))


def test_who_is_away_is_asked_again_less_and_less_often(site: Site, outsiders: Outsiders) -> None:
    record = kept(site)
    outsiders.authority.up = False
    first = vouching.vouch(record)
    assert (first.stamps, first.cosignatures) == (0, 1)
    assert first.pending == [outsiders.authority.url]
    assert first.next_at
    again = vouching.vouch(record)
    assert again.next_at and again.next_at - first.next_at > timedelta(minutes=1)
    outsiders.authority.up = True
    last = vouching.vouch(record)
    assert (last.stamps, last.pending, last.next_at) == (1, [], None)
    assert holds(record, outsiders).status == 0


def test_an_answer_that_does_not_hold_never_spoils_a_bundle(
    site: Site, outsiders: Outsiders, setting: Setting
) -> None:
    record = kept(site)
    junk = f"{outsiders.witness}/no-such-place"
    setting(TIME_AUTHORITIES=(junk,), WITNESSES=(junk + "/again",))
    row = vouching.vouch(record)
    assert (row.stamps, row.cosignatures, len(row.pending)) == (0, 0, 2)
    assert verify(evidence_folder() / record.bundle, evidence_keys().trust()).status == 0


class TestTold(ConsolePage):
    def test_the_case_page_names_what_waits_and_an_alarm_what_waits_too_long(
        self, site: Site, outsiders: Outsiders, client: Client
    ) -> None:
        record = kept(site)
        self.sign_in(client)
        page = client.get(f"/cases/{record.case_id}/").content.decode()
        assert "no time authority or witness has vouched for it" in page
        outsiders.authority.up = False
        vouching.vouch(record)
        page = client.get(f"/cases/{record.case_id}/").content.decode()
        assert f"waits for {outsiders.authority.url}" in page
        assert not any(outsiders.authority.url in alarm for alarm in context._alarms())
        Vouching.objects.filter(evidence=record).update(since="2026-01-01T00:00:00Z")
        assert any(outsiders.authority.url in alarm for alarm in context._alarms())
        outsiders.authority.up = True

    def test_the_status_and_the_log_page_count_what_lacks_it(
        self, site: Site, client: Client, setting: Setting
    ) -> None:
        kept(site)
        setting(TIME_AUTHORITIES=(), WITNESSES=())
        (configured.ENV.home / "run").mkdir(exist_ok=True)
        assert vouching.vouch_due() == 0
        noted = outside.noted(configured.ENV.home)
        assert noted["lacking"] >= 1 and noted["wanted"] == 0
        assert "no time authority and no witness is set" in outside.words(noted)
        self.sign_in(client)
        assert "not every time stamp and witness" in client.get("/custody/").content.decode()
