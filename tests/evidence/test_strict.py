"""One spelling verifies: no other of the same meaning, nor claims that others contradict."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lindung.evidence import (
    Capture,
    KeyProblem,
    Keys,
    Policy,
    Trust,
    keygen,
    seal,
    stamp,
    verify,
    witness_key,
)
from lindung.evidence.bundle.trust import independent, public_text
from lindung.evidence.log.notes import Checkpoint
from tests.evidence.authority import TimeAuthority
from tests.evidence.conftest import trusting
from tests.evidence.forging import Members, members, packed, signed_anew
from tests.evidence.test_log import witness_process

Make = Callable[..., Capture]
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("strict")


@pytest.fixture(scope="module")
def keys(room: Path) -> Keys:
    return keygen(room / "keys", "hotline.example")


@pytest.fixture(scope="module")
def original(room: Path, keys: Keys, authorities: list[TimeAuthority]) -> tuple[Path, Trust]:
    """A bundle with two stamps, a proof, two witnesses and a second entry of the log."""
    taken = room / "taken"
    taken.mkdir()
    (taken / "page.txt").write_bytes(b"RM20 membership [redacted]")
    when = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    capture = Capture(
        url="https://example.com/", policy=Policy.NO_MEDIA,
        outcome="complete", problem=None, final_url="https://example.com/", title="", text="",
        directory=taken, files=(taken / "page.txt",),
        facts={"started": when, "ended": when, "requests": []},
    )  # fmt: skip
    trust = json.loads(trusting(keys, authorities, time_tokens=2).read_text())
    trust["require"]["cosignatures"] = 2
    with (
        witness_process(room / "one", keys, "one.example") as one,
        witness_process(room / "two", keys, "two.example") as two,
    ):
        log = keys.file_log([two, one])
        for _ in range(3):
            log.append({"kind": "another"})
        path = room / "original.tar"
        second, authorities[1].up = authorities[1], False
        seal(capture, path, keys=keys, log=log, operator="x", tsa=[a.url for a in authorities])
        second.up = True
        assert stamp(path, log) == []
    trust["witnesses"] = [
        {"name": f"{name}.example", "key": witness_key(room / name)[1]} for name in ("one", "two")
    ]
    (room / "trust.json").write_text(json.dumps(trust))
    return path, Trust.load(room / "trust.json")


def test_untouched_is_authentic(original: tuple[Path, Trust], room: Path) -> None:
    path, trust = original
    verdict = verify(path, trust)
    assert verdict.status == 0, verdict.as_json()
    assert packed(room / "same.tar", members(path)).read_bytes() == path.read_bytes()


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_other_byte_anywhere_is_authentic(
    original: tuple[Path, Trust], room: Path, data: st.DataObject
) -> None:
    path, trust = original
    content = members(path)
    name = data.draw(st.sampled_from(sorted(content)))
    at = data.draw(st.integers(0, len(content[name]) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != content[name][at]))
    changed = content[name][:at] + bytes([byte]) + content[name][at + 1 :]
    assert verify(packed(room / "changed.tar", content | {name: changed}), trust).status != 0


def respellings(content: Members) -> Iterator[tuple[str, Members]]:
    """The same meaning, spelt otherwise."""
    for name, data in content.items():
        if name.endswith(".json"):
            value = json.loads(data)
            for how, text in {
                "indented": json.dumps(value, indent=1),
                "spaced": json.dumps(value),
                "escaped": data.decode().replace("a", "\\u0061", 1),
                "slashes": data.decode().replace("/", "\\/", 1),
                "keys reversed": json.dumps(_reversed(value), separators=(",", ":")),
                "a key twice": data.decode().replace("{", '{"kind":"x",', 1),
                "a line end": data.decode() + "\n",
                "a mark": "\ufeff" + data.decode(),
            }.items():
                yield f"{name} {how}", content | {name: text.encode()}
            yield from _numbers(name, data.decode(), content)
            yield from _base64(name, data.decode(), content)
        if name.endswith("checkpoint"):
            head = data.decode()
            yield from _base64(name, head, content)
            body, _, lines = head.partition("\n\n")
            for turned in (lines.splitlines()[::-1], sorted(lines.splitlines())):
                yield (
                    f"{name} in another order",
                    content
                    | {name: f"{body}\n\n{''.join(line + chr(10) for line in turned)}".encode()},
                )
            origin, size, root = body.split("\n")
            for number in (f"0{size}", f"+{size}", f" {size}", f"{size}.0"):
                yield (
                    f"{name} {number}",
                    content | {name: f"{origin}\n{number}\n{root}\n\n{lines}".encode()},
                )
            for other in (head.replace("\n", "\r\n"), head + "\n", head.replace("— ", "—  ")):
                yield f"{name} with other white space", content | {name: other.encode()}
        if name.endswith((".pem", "SHA256SUMS", "VERIFY.txt")):
            yield f"{name} with CR", content | {name: data.replace(b"\n", b"\r\n")}
            yield f"{name} with a line end", content | {name: data + b"\n"}
    order = list(content)
    for at in range(len(order) - 1):
        swapped = [*order[:at], order[at + 1], order[at], *order[at + 2 :]]
        yield f"{order[at]} after its next", {member: content[member] for member in swapped}
    yield "reversed", {member: content[member] for member in reversed(order)}


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(held) for key, held in reversed(value.items())}
    return [_reversed(held) for held in value] if isinstance(value, list) else value


def _numbers(name: str, text: str, content: Members) -> Iterator[tuple[str, Members]]:
    for key in ("index", "size", "requests"):
        begin = text.find(f'"{key}":')
        if begin < 0:
            continue
        begin += len(key) + 3
        number = text[begin:].split(",")[0].split("}")[0]
        for other in (f"{number}.0", f"{number}e0", f"-{number}", f'"{number}"', "false", "true",
                      f"0{number}", f"{number}0e-1"):  # fmt: skip
            if other != number:
                changed = text[:begin] + other + text[begin + len(number) :]
                yield f"{name} {key} {other}", content | {name: changed.encode()}


def _base64(name: str, text: str, content: Members) -> Iterator[tuple[str, Members]]:
    """The last letter before the padding holds bits that decode to nothing."""
    for at in [i for i in range(1, len(text)) if text[i] == "=" and text[i - 1] in ALPHABET]:
        place = ALPHABET.index(text[at - 1])
        for other in (place ^ 1, place ^ 3):
            changed = text[: at - 1] + ALPHABET[other] + text[at:]
            yield f"{name} base64 at {at}", content | {name: changed.encode()}
        yield f"{name} unpadded at {at}", content | {name: (text[:at] + text[at + 1 :]).encode()}


def test_no_respelling_is_authentic(original: tuple[Path, Trust], room: Path) -> None:
    path, trust = original
    content, raw = members(path), path.read_bytes()
    made = 0
    for name, change in respellings(content):
        changed = packed(room / "respelt.tar", change)
        if changed.read_bytes() == raw:
            continue
        made += 1
        assert verify(changed, trust).status != 0, name
    assert made > 120
    print(f"\n{made} respellings, 0 authentic")


UNKNOWN_KEYS: tuple[dict[str, Any], ...] = (
    {"require": {"time_token": 2}}, {"require": {"cosignature": 1}},
    {"require": {"time_tokens": "2"}},
    {"require": {"time_tokens": True}}, {"require": {"time_tokens": -1}},
    {"require": {"time_tokens": 1.0}}, {"require": {"time_tokens": None}}, {"require": []},
    {"requires": {}}, {"signer": []}, {"signers": {}}, {"signers": [{"name": "x"}]},
    {"signers": [{"name": "x", "key": "AAAA"}]},
    {"signers": [{"name": "a b", "key": "A" * 43 + "="}]},
    {"logs": [{"name": "x", "key": "A" * 43 + "=", "role": "y"}]},
    {"logs": [{"name": "x", "key": "A" * 42 + "B="}]},
    {"time_authorities": [{"name": "x", "certificate": "nothing"}]},
    {"time_authorities": [{"name": "x", "cert": ""}]},
)  # fmt: skip


@pytest.mark.parametrize("changed", UNKNOWN_KEYS, ids=str)
def test_a_trust_file_says_nothing_that_is_not_understood(
    changed: dict[str, Any], keys: Keys, tmp_path: Path
) -> None:
    trust = json.loads((keys.directory / "trust.json").read_text())
    (tmp_path / "trust.json").write_text(json.dumps(trust | changed))
    with pytest.raises(KeyProblem):
        Trust.load(tmp_path / "trust.json")


def test_a_key_that_stands_twice_in_a_trust_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trust.json"
    path.write_text('{"require": {"time_tokens": 2}, "require": {"time_tokens": 0}}')
    with pytest.raises(KeyProblem, match="twice"):
        Trust.load(path)


def with_trust(trust: Path, room: Path, change: Callable[[dict[str, Any]], object]) -> Trust:
    told = json.loads(trust.read_text())
    change(told)
    (room / "changed.json").write_text(json.dumps(told))
    return Trust.load(room / "changed.json")


def test_after_a_rotation_both_keys_of_a_name_count(
    original: tuple[Path, Trust], room: Path, tmp_path: Path
) -> None:
    """The new key stands before or after the old one, for every kind of key."""
    path, _ = original
    new = {"key": public_text(Ed25519PrivateKey.generate().public_key())}
    for at in (0, 1):

        def rotate(trust: dict[str, Any], at: int = at) -> None:
            for part in ("signers", "logs", "witnesses"):
                for entry in list(trust[part]):
                    trust[part].insert(at, {"name": entry["name"], **new})
            first, second = trust["time_authorities"]
            trust["time_authorities"].insert(at, {**second, "name": first["name"]})

        verdict = verify(path, with_trust(room / "trust.json", tmp_path, rotate))
        # the second root also stands under the first one's name: that is one authority, then
        assert [c.words for c in verdict.checks if c.outcome != "passed"] == [
            "Your trust file requires 2 independent time stamps; 1 hold."
        ]


def test_one_authority_or_witness_under_two_names_is_one(
    original: tuple[Path, Trust], room: Path, tmp_path: Path
) -> None:
    path, _ = original

    def witnesses(trust: dict[str, Any]) -> None:
        one, _two = trust["witnesses"]
        trust["witnesses"] = [one, {"name": "two.example", "key": one["key"]}]

    def authorities(trust: dict[str, Any]) -> None:
        first, _second = trust["time_authorities"]
        trust["time_authorities"] = [first, {**first, "name": "another name"}]

    for change in (witnesses, authorities):
        assert verify(path, with_trust(room / "trust.json", tmp_path, change)).status == 2


def test_one_authority_that_stamped_twice_is_one(
    made_up: Make, keys: Keys, authorities: list[TimeAuthority], tmp_path: Path
) -> None:
    url, path = authorities[0].url, tmp_path / "b.tar"
    seal(made_up(), path, keys=keys, log=keys.file_log(), operator="x",
         tsa=[url, url + "?again", url])  # fmt: skip
    assert len([name for name in members(path) if name.endswith(".tsr")]) == 2
    assert verify(path, trusting(keys, authorities, time_tokens=1)).status == 0
    assert verify(path, trusting(keys, authorities, time_tokens=2)).status == 2


def test_the_log_is_no_witness_of_itself(made_up: Make, tmp_path: Path) -> None:
    keys = keygen(tmp_path / "keys", "log.example")
    path, log = tmp_path / "b.tar", keys.file_log()
    log._witnesses = [lambda head, prove: head.cosigned("self.example", keys.log, 1_790_000_000)]
    seal(made_up(), path, keys=keys, log=log, operator="x")

    def trusted(trust: dict[str, Any]) -> None:
        trust["witnesses"] = [{"name": "self.example", "key": public_text(keys.log.public_key())}]
        trust["require"]["cosignatures"] = 1

    assert verify(path, with_trust(keys.directory / "trust.json", tmp_path, trusted)).status == 2


@given(st.lists(st.frozensets(st.integers(0, 5), min_size=1), max_size=8))
def test_what_shares_anything_is_counted_once(groups: list[frozenset[int]]) -> None:
    number = independent(groups)
    assert number <= len(groups)
    merged = functools.reduce(lambda a, b: a | b, groups, frozenset[int]())
    assert number <= len(merged)
    assert (number == 0) == (groups == [])
    assert independent([*groups, *groups]) == number == independent(groups[::-1])


def at(manifest_or_entry: str, moment: str) -> Callable[[dict[str, Any]], object]:
    return lambda held: held.update({manifest_or_entry: moment})


def test_claims_of_time_are_held_against_one_another_and_the_stamps(
    made_up: Make, keys: Keys, authorities: list[TimeAuthority], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Whoever holds every key of the hotline cannot date its evidence back unnoticed."""
    trust = trusting(keys, authorities)
    old, ahead = "2019-01-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z"
    for when in (old, ahead):
        for part in ("everything", "stamped in time", "stamped late"):
            path = tmp_path / "b.tar"
            path.unlink(missing_ok=True)
            authorities[0].up = part != "stamped late"
            with monkeypatch.context() as patch:
                patch.setattr("lindung.evidence.bundle.sealing.now", lambda w=when: w)
                if part != "stamped in time":
                    patch.setattr("lindung.evidence.bundle.history.now", lambda w=when: w)
                taken = made_up(name=f"{when[:4]} {part}")
                taken.facts.update(started=when, ended=when)  # type: ignore[attr-defined]
                seal(taken, path, keys=keys, log=keys.file_log(), operator="x",
                     tsa=[authorities[0].url])  # fmt: skip
            authorities[0].up = True
            if part == "stamped late":
                assert stamp(path, keys.file_log()) == []
            verdict = verify(path, trust)
            assert verdict.status == 2, (when, part, verdict.as_json())
            assert "The times do not agree" in verdict.as_json()


@pytest.mark.parametrize("days", [0, 3, 30])
def test_a_late_stamp_says_how_late(
    days: int, made_up: Make, keys: Keys, authorities: list[TimeAuthority], tmp_path: Path
) -> None:
    """An authority was away, as the log says: the stamp counts, and what it leaves open is said."""
    path, key = tmp_path / "b.tar", keys.signer
    seal(made_up(), path, keys=keys, log=keys.file_log(), operator="x")
    moment = (datetime.now(UTC) - timedelta(days=days)).isoformat().replace("+00:00", "Z")
    pending = {"tokens": [{"authority": authorities[0].url, "pending": "away"}], "time": moment}
    fresh = keygen(tmp_path / "fresh", "hotline.example")
    content = signed_anew(
        members(path), key, fresh.log, at("sealed", moment), lambda entry: entry.update(pending)
    )
    store = fresh.file_log()
    entry = json.loads(content["log/0/entry.json"])
    monkey = store.append(entry["entry"])
    content |= {"log/0/entry.json": monkey.as_json(),
                "log/0/checkpoint": monkey.checkpoint.text.encode()}  # fmt: skip
    packed(path, content)
    assert stamp(path, store) == []
    trust = json.loads(trusting(keys, authorities).read_text())
    trust["logs"] = [{"name": "hotline.example", "key": public_text(fresh.log.public_key())}]
    (tmp_path / "trust.json").write_text(json.dumps(trust))
    verdict = verify(path, tmp_path / "trust.json")
    assert verdict.status == (2 if days > 7 else 0), verdict.as_json()
    assert ("when others first saw it" in verdict.as_json()) == (days == 3)


SHARED = Path(__file__).parents[2].parent / "shared/cases/evidence/bundles"


@pytest.mark.skipif(not SHARED.exists(), reason="the cases from outside are not here")
def test_the_cases_from_outside_are_not_authentic() -> None:
    for path in SHARED.glob("*.tar"):
        assert verify(path, path.with_suffix(".trust.json")).status != 0


def test_index_false_is_not_zero(made_up: Make, keys: Keys, tmp_path: Path) -> None:
    path = tmp_path / "b.tar"
    fresh = keygen(tmp_path / "fresh", "hotline.example")
    seal(made_up(), path, keys=fresh, log=fresh.file_log(), operator="x")
    content = members(path)
    assert b'"index":0,' in content["log/0/entry.json"]
    changed = content["log/0/entry.json"].replace(b'"index":0,', b'"index":false,')
    assert verify(path, fresh.trust()).status == 0
    packed(path, content | {"log/0/entry.json": changed})
    assert verify(path, fresh.trust()).status == 1


def test_a_head_keeps_its_lines_in_order() -> None:
    head = Checkpoint("log.example", 1, bytes(32))
    for name in ("b.example", "a.example", "log.example"):
        head = head.with_signature(name, base64.b64decode("AAAA"))
    assert [name for name, _ in head.signatures] == ["log.example", "a.example", "b.example"]
    assert head.in_order
    assert not head.with_signature("a.example", b"xxxx").in_order
    assert not Checkpoint("log.example", 1, bytes(32)).in_order
