"""What third parties answer never makes honest evidence look tampered, and never loses it."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import TimestampRequestBuilder

from lindung.evidence import (
    Capture,
    Keys,
    RemoteWitness,
    keygen,
    parse_checkpoint,
    seal,
    stamp,
    verify,
)
from lindung.evidence.bundle import timestamps
from lindung.evidence.bundle.trust import public_text
from lindung.evidence.log.custody_log import FileLog
from tests.evidence.authority import TimeAuthority
from tests.evidence.conftest import trusting
from tests.evidence.third_parties import ANY, Behaviour, RawServer, Say, ok, serving

Make = Callable[..., Capture]
SECONDS = 3.0
counted: dict[str, int] = {}


@pytest.fixture(autouse=True)
def one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timestamps, "SECONDS", SECONDS)


@pytest.fixture(scope="module", autouse=True)
def figures() -> Iterator[None]:
    yield
    told = ", ".join(f"{number} of {who}" for who, number in counted.items())
    print(f"\nhostile answers: {told}; 0 honest bundles called tampered, 0 captures lost")


def test_no_answer_of_a_time_authority_spoils_a_bundle(
    made_up: Make, keys: Keys, authorities: list[TimeAuthority], tmp_path: Path
) -> None:
    honest = authorities[0]
    with serving(ANY) as urls, serving(of_stamps(honest)) as more:
        asked = {**urls, **{f"stamp: {name}": url for name, url in more.items()}}
        bundle, log = tmp_path / "b.tar", keys.file_log()
        sealed = seal(made_up(), bundle, keys=keys, log=log, operator="x", tsa=list(asked.values()))
        assert set(sealed.pending) == set(asked.values())
        assert all(why.isprintable() for why in sealed.why_pending)
        verdict = verify(bundle, trusting(keys, authorities))
        assert verdict.status == 0, verdict.as_json()
        assert sum("had not come" in words for words in verdict.not_proved) == len(asked)
        assert set(stamp(bundle, log)) == set(asked.values()), "asked again"
        assert verify(bundle, trusting(keys, authorities)).status == 0
    counted["time authorities"] = len(asked)


def of_stamps(honest: TimeAuthority) -> dict[str, Behaviour]:
    """Answers made from real stamps: each is one in shape, and none is the one asked for."""
    other = TimestampRequestBuilder().data(b"something else").build().as_bytes()
    good = honest.answer(other)
    flipped = good[:-9] + bytes([good[-9] ^ 1]) + good[-8:]
    return {
        "over something else": ok(good),
        "a false signature": ok(flipped),
        "cut off": ok(good[: len(good) // 2]),
        "followed by something": ok(good + b"x"),
        "a refusal": ok(bytes.fromhex("30053003020102")),
        "a status without a stamp": ok(bytes.fromhex("30053003020100")),
    }


@pytest.mark.parametrize(
    "how", ["no certificates", "false signature", "another nonce", "not for stamps"]
)
def test_a_stamp_over_the_right_thing_that_does_not_hold_is_pending(
    how: str, made_up: Make, keys: Keys, authorities: list[TimeAuthority], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    one = authorities[0]
    answer = one.answer

    def hostile(query: bytes) -> bytes:
        if how == "no certificates":  # certReq, at the end of the query, is left out
            assert query.endswith(b"\x01\x01\xff") and query[1] < 0x80
            return answer(bytes([query[0], query[1] - 3]) + query[2:-3])
        if how == "another nonce":
            at = query.rindex(b"\x01\x01\xff")
            return answer(query[: at - 1] + bytes([query[at - 1] ^ 1]) + query[at:])
        made = answer(query)
        if how == "false signature":
            return made[:-9] + bytes([made[-9] ^ 1]) + made[-8:]
        usage = bytes.fromhex("2b06010505070308")  # id-kp-timeStamping becomes id-kp-OCSPSigning
        assert usage in made
        return made.replace(usage, usage[:-1] + b"\x09")

    monkeypatch.setattr(one, "answer", hostile)
    bundle, log = tmp_path / "b.tar", keys.file_log()
    sealed = seal(made_up(), bundle, keys=keys, log=log, operator="x", tsa=[one.url])
    assert sealed.pending == (one.url,), sealed.why_pending
    assert verify(bundle, trusting(keys, [one])).status == 0
    monkeypatch.setattr(one, "answer", answer)
    assert stamp(bundle, log) == []
    assert verify(bundle, trusting(keys, [one], time_tokens=1)).status == 0


def test_no_answer_of_a_revocation_list_spoils_a_bundle(
    made_up: Make, keys: Keys, authorities: list[TimeAuthority], tmp_path: Path
) -> None:
    one, other = authorities
    kept = one.revocation
    now = datetime.now(UTC)
    lists = {
        "another authority's": ok(other.revocation),
        "in PEM": ok(x509.load_der_x509_crl(kept).public_bytes(Encoding.PEM)),
        "twice": ok(kept * 2),
        "out of date": ok(made_list(one, one._root_key, now - timedelta(days=60))),
    }
    bundle = tmp_path / "b.tar"
    needed = trusting(keys, [one], time_tokens=1)
    try:
        for number, (name, behave) in enumerate({**ANY, **lists}.items()):
            one.answer_list = behave
            log = keys.file_log()
            taken = made_up(name=f"taken-{number}")
            sealed = seal(taken, bundle, keys=keys, log=log, operator="x", tsa=[one.url])
            assert sealed.pending == (one.url,), name
            verdict = verify(bundle, needed)
            assert verdict.status == 0, f"{name}: {verdict.as_json()}"
            assert any("was not revoked" in words for words in verdict.not_proved), name
        one.answer_list = None
        assert stamp(bundle, log) == [], "asked again, it came"
        verdict = verify(bundle, needed)
        assert verdict.status == 0, verdict.as_json()
        assert not any("was not revoked" in words for words in verdict.not_proved)
    finally:
        one.answer_list = None
    counted["revocation lists"] = len(ANY) + len(lists)


def test_a_list_with_a_false_signature_proves_nothing_and_spoils_nothing(
    made_up: Make, keys: Keys, authorities: list[TimeAuthority], tmp_path: Path
) -> None:
    """The authority's root is not sent along, so that only who trusts it can tell."""
    one = authorities[0]
    false = made_list(one, authorities[1]._root_key, datetime.now(UTC))
    one.answer_list = ok(false)
    try:
        bundle = tmp_path / "b.tar"
        seal(made_up(), bundle, keys=keys, log=keys.file_log(), operator="x", tsa=[one.url])
        verdict = verify(bundle, trusting(keys, [one], time_tokens=1))
        assert verdict.status == 0, verdict.as_json()
        assert any("was not revoked" in words for words in verdict.not_proved)
    finally:
        one.answer_list = None


def made_list(one: TimeAuthority, key: object, moment: datetime) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(one.root.subject)
        .last_update(moment - timedelta(hours=1))
        .next_update(moment + timedelta(days=7))
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)  # type: ignore[arg-type]


def test_an_authority_leads_to_no_host_inside(
    made_up: Make, keys: Keys, authorities: list[TimeAuthority], monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    """The address of its revocation list is a stranger's word, asked from the hotline's network."""
    asked: list[bytes] = []
    with RawServer(lambda say: asked.append(b"")) as inside:
        inner = inside.url.replace("127.0.0.1", "127.0.0.2")
        monkeypatch.setattr(timestamps, "_points", lambda certificates: [inner, inside.url + "x"])
        monkeypatch.setattr(timestamps, "urlsplit", lambda url: type("U", (), {"hostname": "x"}))
        sealed = seal(
            made_up(), tmp_path / "b.tar", keys=keys, log=keys.file_log(), operator="x",
            tsa=[authorities[0].url],
        )  # fmt: skip
    assert "no public address" in sealed.why_pending[0]
    assert asked == []


WITNESS, FALSE = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def cosigning(name: str, key: Ed25519PrivateKey, moment: int = 0, times: int = 1) -> Behaviour:
    """Cosigns whatever head it last saw asked, as `name` with `key`."""

    def behave(say: Say) -> None:
        head = parse_checkpoint(HEADS[-1])
        made = head.cosigned(name, key, moment or int(time.time()))
        blob = next(blob for other, blob in made.signatures if other == name and len(blob) == 76)
        line = f"— {name} {base64.b64encode(blob).decode()}\n".encode()
        ok(line * times)(say)

    return behave


HEADS: list[str] = []
OF_WITNESSES: dict[str, Behaviour] = {
    "the log's own name": cosigning("log.example", WITNESS),
    "a false signature": cosigning("witness.example", FALSE),
    "a name that nobody knows": cosigning("stranger.example", FALSE),
    "a time far ahead": cosigning("witness.example", WITNESS, int(time.time()) + 10**6),
    "a time long ago": cosigning("witness.example", WITNESS, 1),
    "a time beyond time": cosigning("witness.example", WITNESS, (1 << 64) - 1),
    "no base64": ok("— witness.example !!!\n".encode()),
    "an empty signature": ok("— witness.example \n".encode()),
    "a short signature": ok("— witness.example AAAA\n".encode()),
    "a name of controls": ok("— wit\x1b[2Jness AAAA\n".encode()),
    "lines without end": ok("— w AAAA\n".encode() * 6000),
    "a whole checkpoint": ok(b"log.example\n1\nAAAA\n\n"),
    "half a character": ok(b"\xe2\x80"),
    "seen more than there is": ok(b"999999999999\n", b"409 Conflict"),
    "seen a huge number": ok(b"9" * 6000, b"409 Conflict"),
    "seen a superscript": ok("²".encode(), b"409 Conflict"),
    "seen less than none": ok(b"-1\n", b"409 Conflict"),
    "seen no number": ok(b"<html>", b"409 Conflict"),
    "seen the same, again and again": ok(b"0\n", b"409 Conflict"),
}


def test_no_answer_of_a_witness_spoils_a_bundle(made_up: Make, tmp_path: Path) -> None:
    keys = keygen(tmp_path / "keys", "log.example")
    trust = json.loads((keys.directory / "trust.json").read_text())
    trust["witnesses"] = [{"name": "witness.example", "key": public_text(WITNESS.public_key())}]
    (keys.directory / "trust.json").write_text(json.dumps(trust))

    class Remembered(RemoteWitness):
        def __call__(self, head, prove):  # type: ignore[no-untyped-def]
            HEADS.append(head.text)
            return super().__call__(head, prove)

    known = keys.trust().witnesses
    with serving({**ANY, **OF_WITNESSES}) as urls:
        for name, url in urls.items():
            (tmp_path / name).mkdir()
            log = FileLog(
                tmp_path / name / "log", keys.name, keys.log,
                [Remembered(url, 1.0 if name in ANY else 30.0, keys=known)],
            )  # fmt: skip
            bundle = tmp_path / name / "b.tar"
            sealed = seal(made_up(name=f"{name}/taken"), bundle, keys=keys, log=log, operator="x")
            (why,) = sealed.inclusion.unwitnessed
            assert why.isprintable()
            assert len(sealed.inclusion.checkpoint.signatures) == 1, name
            verdict = verify(bundle, keys.trust())
            assert verdict.status == 0, f"{name}: {verdict.as_json()}"
    counted["witnesses"] = len(urls)
    with serving({"honest": cosigning("witness.example", WITNESS)}) as urls:
        log = FileLog(
            tmp_path / name / "log", keys.name, keys.log,
            [Remembered(urls["honest"], 30.0, keys=known)],
        )  # fmt: skip
        assert stamp(bundle, log, cosignatures=1) == [], "asked again, it came"
    needed = trust | {"require": {"cosignatures": 1}}
    (tmp_path / "needed.json").write_text(json.dumps(needed))
    assert verify(bundle, tmp_path / "needed.json").status == 0
