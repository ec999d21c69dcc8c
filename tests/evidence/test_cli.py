"""An officer, an NGO or a journalist seals a page from a laptop, with the command line alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from lindung.evidence import Keys, witness_key
from tests.evidence.authority import TimeAuthority
from tests.evidence.conftest import Site
from tests.evidence.test_log import witness_process


def lindung(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lindung")), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done


def test_from_keys_to_export(site: Site, authorities: list[TimeAuthority], tmp_path: Path) -> None:
    site.page("/", "<title>Kedai</title><p>RM20 membership [redacted]</p>")
    keys, bundle = tmp_path / "keys", tmp_path / "case.lindung.tar"
    assert lindung("keygen", keys, "--name", "ngo.example").returncode == 0
    (keys / "offline").rename(tmp_path / "safe")
    with witness_process(tmp_path / "witness", Keys.load(keys)) as witness:
        done = lindung(
            "capture", site.url, "--keys", keys, "--out", bundle, "--allow", site.place,
            "--operator", "Example NGO", "--witness", witness,
            *(part for one in authorities for part in ("--tsa", one.url)),
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "complete" in done.stdout
    assert lindung("verify", bundle, "--trust", keys / "trust.json").returncode == 2
    trust = json.loads((keys / "trust.json").read_text())
    trust["time_authorities"] = [
        {"name": one.name, "certificate": (one.room / "root.pem").read_text()}
        for one in authorities
    ]
    trust["witnesses"] = [{"name": "witness.example", "key": witness_key(tmp_path / "witness")[1]}]
    trust["require"] = {"time_tokens": 2, "cosignatures": 1}
    (tmp_path / "trust.json").write_text(json.dumps(trust))
    verdict = lindung("verify", bundle, "--trust", tmp_path / "trust.json", "--json")
    assert verdict.returncode == 0, verdict.stdout
    assert json.loads(verdict.stdout)["verdict"] == "authentic"
    trusted = ("--trust", tmp_path / "trust.json")
    identity = ("--identity", tmp_path / "safe/identity-2.txt")
    assert lindung("open", bundle, *identity).returncode == 2, "whose is it?"
    opened = lindung("open", bundle, *identity, *trusted)
    assert opened.returncode == 0, opened.stderr
    assert (tmp_path / "case.lindung.tar.opened/page.txt").read_text() == (
        "RM20 membership [redacted]"
    )
    out = tmp_path / "case.jsonld"
    assert lindung("export", bundle, "--as", "case", "--out", out).returncode == 2
    assert not out.exists()
    assert lindung("export", bundle, "--as", "case", "--out", out, *trusted).returncode == 0
    assert out.stat().st_mode & 0o777 == 0o600
    assert "Example NGO" in out.read_text()


def test_wrong_use_is_a_sentence_and_exit_code_2(site: Site, keys: Keys, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    out = tmp_path / "b.tar"
    for arguments, said in (
        (("keygen", tmp_path), "not empty"),
        (("keygen", tmp_path / "k", "--name", "with space"), "no spaces"),
        (("capture", site.url, "--keys", tmp_path, "--out", out), "key directory"),
        (("capture", site.url, "--keys", keys.directory, "--out", tmp_path / "taken"), "exists"),
        (("capture", site.url, "--keys", keys.directory, "--out", out, "--policy", "full"),
         "authority"),
        (("capture", site.url, "--keys", keys.directory, "--out", out, "--policy", "all"), "all"),
        (("capture", site.url, "--keys", keys.directory, "--out", out, "--allow", "x"),
         "host:port"),
        (("stamp", tmp_path / "taken", "--keys", keys.directory), "taken"),
        (("witness", tmp_path / "w", "--trust", tmp_path / "none"), "trust file"),
        (("export", tmp_path / "taken", "--as", "word", "--out", out), "word"),
    ):  # fmt: skip
        done = lindung(*arguments)
        assert (done.returncode, said in done.stderr) == (2, True), (arguments, done.stderr)
    assert not out.exists()
    assert site.asked == []


def test_an_unreachable_address_is_sealed_with_the_reason(keys: Keys, tmp_path: Path) -> None:
    bundle = tmp_path / "b.tar"
    done = lindung(
        "capture", "http://10.0.0.1/", "--keys", keys.directory, "--out", bundle
    )  # fmt: skip
    assert done.returncode == 0
    assert "not a public address" in done.stdout
    trust = keys.directory / "trust.json"
    assert lindung("verify", bundle, "--trust", trust).returncode == 0
