"""No change to a bundle verifies; every untouched bundle does."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lindung.evidence import (
    Capture,
    CustodyLog,
    Keys,
    MemoryStore,
    Trust,
    delete,
    keygen,
    parse_checkpoint,
    seal,
    verify,
)
from lindung.evidence.bundle.container import BundleReader, writing
from lindung.evidence.bundle.trust import public_text
from lindung.evidence.log.notes import Checkpoint
from tests.evidence.authority import TimeAuthority
from tests.evidence.conftest import trusting

Make = Callable[..., Capture]
Members = dict[str, bytes]
Change = tuple[str, Members | bytes]

FILES = {
    "archive.warc.gz": b"one record" * 40,
    "facts.json": b'{"facts": true}',
    "page.html": b"<p>RM20 membership [redacted]</p>",
    "page.txt": b"RM20 membership [redacted]",
}


def members(path: Path) -> Members:
    with BundleReader(path) as reader:
        return {name: b"".join(reader.pieces(name)) for name in reader.members}


def packed(path: Path, content: Members) -> Path:
    with writing(path) as out:
        for name, data in content.items():
            out.add(name, data)
    return path


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutations")


@pytest.fixture
def original(made_up: Make, keys: Keys, authorities: list[TimeAuthority], tmp_path: Path) -> Path:
    path = tmp_path / "original.tar"
    log = keys.file_log()
    log.append({"kind": "something else"})
    seal(
        made_up(FILES), path, keys=keys, log=log, operator="Example Hotline",
        tsa=[one.url for one in authorities],
    )  # fmt: skip
    return path


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every value, containers included, in a JSON document."""
    if path:
        yield path
    items: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, dict):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    for key, inner in items:
        yield from leaves(inner, (*path, key))


def edited(document: Any, path: tuple[str | int, ...], how: str) -> Any:
    document = json.loads(json.dumps(document))
    at = document
    for step in path[:-1]:
        at = at[step]
    old = at[path[-1]]
    if how == "drop":
        del at[path[-1]]
    elif isinstance(old, str):
        at[path[-1]] = old + "x"
    elif isinstance(old, bool) or old is None:
        at[path[-1]] = "changed"
    elif isinstance(old, int | float):
        at[path[-1]] = old + 1
    elif isinstance(old, list):
        at[path[-1]] = [*old, "x"]
    else:
        at[path[-1]] = old | {"x": "x"}
    return document


def forged(content: Members, key: Ed25519PrivateKey, **changes: Any) -> Members:
    """A page replaced, with every digest made to fit and the manifest signed by `key`."""
    manifest = json.loads(content["manifest.json"])
    fake = content["files/page.html.age"][::-1]
    entry = next(f for f in manifest["files"] if f["name"] == "page.html")
    entry["sealed"] |= {"sha256": sha256(fake).hexdigest(), "size": len(fake)}
    sums = "".join(f"{f['sealed']['sha256']}  {f['sealed']['name']}\n" for f in manifest["files"])
    manifest["documents"]["SHA256SUMS"] = sha256(sums.encode()).hexdigest()
    manifest |= changes
    raw = rfc8785.dumps(manifest)
    return content | {
        "files/page.html.age": fake,
        "SHA256SUMS": sums.encode(),
        "manifest.json": raw,
        "manifest.sig": key.sign(raw),
    }


def relogged(content: Members, log_key: Ed25519PrivateKey, origin: str) -> Members:
    """The bundle entered in a log of the forger's own, with a head signed by `log_key`."""
    included = json.loads(content["log/0/entry.json"])
    entry = included["entry"] | {
        "manifest_sha256": sha256(content["manifest.json"]).hexdigest(),
        "signature_sha256": sha256(content["manifest.sig"]).hexdigest(),
    }
    made = CustodyLog(MemoryStore(), origin, log_key).append(entry)
    return content | {
        "log/0/entry.json": made.as_json(),
        "log/0/checkpoint": made.checkpoint.text.encode(),
    }


def changes(content: Members, raw: bytes, keys: Keys, other: Members) -> Iterator[Change]:
    """Every change, named."""
    for name, data in content.items():
        yield f"drop {name}", {n: d for n, d in content.items() if n != name}
        yield f"empty {name}", content | {name: b""}
        yield f"append to {name}", content | {name: data + b"\n"}
        for part in (0, len(data) // 3, len(data) - 1):
            flipped = data[:part] + bytes([data[part] ^ 4]) + data[part + 1 :]
            yield f"flip byte {part} of {name}", content | {name: flipped}
        if name in other and other[name] != data:
            yield f"{name} from another bundle", content | {name: other[name]}
        yield f"rename {name}", {(n + "x" if n == name else n): d for n, d in content.items()}
    names = sorted(n for n in content if n.startswith("files/"))
    for one, two in pairwise(names):
        yield f"swap {one} and {two}", content | {one: content[two], two: content[one]}
    for document in ("manifest.json", "log/0/entry.json"):
        parsed = json.loads(content[document])
        for path in leaves(parsed):
            for how in ("change", "drop"):
                new = rfc8785.dumps(edited(parsed, path, how))
                yield f"{how} {path} in {document}", content | {document: new}
        loose = json.dumps(parsed, indent=1).encode()
        yield f"{document} reformatted", content | {document: loose}
    yield "a surplus file", content | {"files/surplus.age": b"x"}
    yield "a surplus log entry", content | {"log/1/entry.json": content["log/0/entry.json"]}
    yield "bytes after the end", raw + b"x"
    yield "no end", raw[:-1024]
    for cut in range(1, 12):
        yield f"cut at {cut}/12", raw[: len(raw) * cut // 12]
    yield "a header's time", raw[:136] + b"1" + raw[137:]
    stranger, log = Ed25519PrivateKey.generate(), keys.log
    claims = {"signer": {"name": keys.name, "key": public_text(stranger.public_key())}}
    fresh = {"signer": {"name": "other.example", "key": public_text(stranger.public_key())}}
    yield "re-hashed forgery", forged(content, keys.signer)
    yield "re-hashed forgery, own log", relogged(forged(content, stranger), stranger, keys.name)
    for name, change in (("same name", claims), ("another name", fresh)):
        for label, key in (("own", stranger), ("stolen", log)):
            made = forged(content, stranger, **change)
            yield f"re-signed, {name}, {label} log key", relogged(made, key, keys.name)
    yield "rewritten log with a new head", relogged(content, stranger, keys.name)
    yield "another log", relogged(content, stranger, "other.example")
    head = parse_checkpoint(content["log/0/checkpoint"].decode())
    for size in (0, 1, head.size - 1, head.size + 1, head.size * 2):
        lying = Checkpoint(head.origin, size, head.root, head.signatures)
        yield f"a head of {size}", content | {"log/0/checkpoint": lying.text.encode()}
    for root in (bytes(32), head.root[::-1]):
        lying = Checkpoint(head.origin, head.size, root, head.signatures)
        yield f"the root {root[:2].hex()}", content | {"log/0/checkpoint": lying.text.encode()}
    early = keys.file_log().checkpoint(1)
    yield "a replayed checkpoint", content | {"log/0/checkpoint": early.text.encode()}
    unsigned = Checkpoint(head.origin, head.size, head.root)
    yield "an unsigned head", content | {"log/0/checkpoint": unsigned.text.encode()}
    doubled = head.with_signature(*head.signatures[0])
    yield "a doubled signature", content | {"log/0/checkpoint": doubled.text.encode()}
    cosigned = head.cosigned("witness.example", stranger, 1)
    yield "an unknown witness", content | {"log/0/checkpoint": cosigned.text.encode()}
    proof = json.loads(content["log/0/entry.json"])
    steps = proof["proof"]
    for other_steps in ([], [base64.b64encode(bytes(32)).decode()], [*steps[::-1], "AAAA"]):
        if other_steps != steps:
            entry = rfc8785.dumps(proof | {"proof": other_steps})
            yield f"a proof of {len(other_steps)} steps", content | {"log/0/entry.json": entry}
    swapped = {"tokens/0.tsr": content["tokens/1.tsr"], "tokens/1.tsr": content["tokens/0.tsr"]}
    yield "tokens of each other", content | swapped


def test_no_change_verifies(
    original: Path,
    made_up: Make,
    keys: Keys,
    authorities: list[TimeAuthority],
    tmp_path: Path,
) -> None:
    trust = Trust.load(trusting(keys, authorities, time_tokens=2))
    assert verify(original, trust).status == 0
    second = tmp_path / "second.tar"
    seal(
        made_up({n: d + b"2" for n, d in FILES.items()}, "other"), second, keys=keys,
        log=keys.file_log(), operator="Example Hotline", tsa=[one.url for one in authorities],
    )  # fmt: skip
    content, raw = members(original), original.read_bytes()
    assert packed(tmp_path / "same.tar", content).read_bytes() == raw
    made, seen = 0, set()
    for name, change in changes(content, raw, keys, members(second)):
        path = tmp_path / "changed.tar"
        if isinstance(change, bytes):
            path.write_bytes(change)
        else:
            packed(path, change)
        digest = sha256(path.read_bytes()).digest()
        if digest in seen or path.read_bytes() == raw:
            continue
        seen.add(digest)
        made += 1
        verdict = verify(path, trust)
        assert verdict.status != 0, f"{name}: {verdict.as_json()}"
        assert verify(path, None).status != 0
    assert made >= 300
    print(f"{made} different changes, none verified")


def test_a_forger_who_stole_both_keys_is_stopped_by_the_time_and_the_witness(
    original: Path, keys: Keys, authorities: list[TimeAuthority], tmp_path: Path
) -> None:
    content = forged(members(original), keys.signer)
    path = packed(tmp_path / "forged.tar", relogged(content, keys.log, keys.name))
    assert verify(path, trusting(keys, authorities, time_tokens=2)).status == 1


def test_a_thousand_untouched_bundles_verify(keys: Keys, made_up: Make, tmp_path: Path) -> None:
    taken, log, trust = made_up(), keys.file_log(), keys.trust()
    for number in range(1000):
        bundle = tmp_path / f"{number}.tar"
        seal(taken, bundle, keys=keys, log=log, operator="Example Hotline")
        assert verify(bundle, trust).status == 0, number
        bundle.unlink()


def test_a_legal_deletion_leaves_a_tombstone_and_the_proofs(original: Path, keys: Keys) -> None:
    delete(original, ["page.html"], keys.file_log(), authority="Order 7/2026")
    assert "files/page.html.age" not in members(original)
    verdict = verify(original, keys.trust())
    assert verdict.status == 2
    assert any("Order 7/2026" in words for words in verdict.not_proved)
    wrong = [c for c in verdict.checks if c.outcome == "failed"]
    assert wrong == []
    passed = {c.name for c in verdict.checks if c.outcome == "passed"}
    assert {"log/0 inclusion", "log/1 inclusion", "log/1 consistency", "signature"} <= passed
    with pytest.raises(ValueError, match="does not hold"):
        delete(original, ["page.html"], keys.file_log(), authority="Order 7/2026")


def test_what_a_thief_of_disk_and_keys_gets_holds_no_plaintext(
    made_up: Make, tmp_path: Path
) -> None:
    keys = keygen(tmp_path / "server" / "keys", "hotline.example")
    (keys.directory / "offline").rename(tmp_path / "safe")
    secrets = {
        "page.txt": b"a very particular sentence nobody else writes " * 50,
        "archive.warc.gz": bytes(range(256)) * 600,
    }
    seal(
        made_up(secrets), tmp_path / "server" / "b.tar", keys=keys, log=keys.file_log(),
        operator="Example Hotline",
    )  # fmt: skip
    disk = b"".join(p.read_bytes() for p in (tmp_path / "server").rglob("*") if p.is_file())
    for data in secrets.values():
        for start in range(0, len(data) - 12, 997):
            assert data[start : start + 12] not in disk
    assert b"AGE-SECRET-KEY" not in disk


def test_the_command_line_exits_0_1_and_2(original: Path, keys: Keys, tmp_path: Path) -> None:
    lindung = str(Path(sys.executable).with_name("lindung"))
    content = members(original)
    changed = packed(tmp_path / "changed.tar", content | {"manifest.sig": bytes(64)})
    (tmp_path / "text.tar").write_text("no bundle at all")
    with tarfile.open(tmp_path / "plain.tar", "w") as tar:
        tar.add(changed, "x")
    trust = ["--trust", str(keys.directory / "trust-2-2.json")]
    for path, arguments, code in (
        (original, trust, 0),
        (original, [], 2),
        (changed, trust, 1),
        (tmp_path / "text.tar", trust, 2),
        (tmp_path / "missing.tar", trust, 2),
        (tmp_path / "plain.tar", trust, 1),
        (original, ["--trust", str(tmp_path / "text.tar")], 2),
    ):
        trusting(keys, [])
        done = subprocess.run(
            [lindung, "verify", str(path), *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
