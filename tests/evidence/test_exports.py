"""Exports pass the public validators of their formats, offline."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from lindung.evidence import CannotOpen, Form, Keys, capture, export, seal
from lindung.evidence.exports.stix import ascii_address
from tests.evidence.rich import RichSite

Sealed = tuple[Path, Keys]


@pytest.fixture(scope="module")
def sealed(keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealed]:
    room, site = tmp_path_factory.mktemp("exports"), RichSite()
    taken = capture(site.url + "?q=1#part", room / "taken", allow=[site.place])
    bundle = room / "case.lindung.tar"
    seal(taken, bundle, keys=keys, log=keys.file_log(), operator="Example Hotline")
    yield bundle, keys
    site.close()


def validator(name: str) -> str:
    """A validator's path, or a skip: they are installed with the dev extra."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        pytest.skip(f"{name} is not installed")
    return str(path)


def accepted(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_case_passes_case_validate(sealed: Sealed, tmp_path: Path) -> None:
    out = tmp_path / "case.jsonld"
    export(sealed[0], Form.CASE, out, trust=sealed[1].trust())
    said = accepted(validator("case_validate"), "--allow-info", str(out))
    assert "Conforms: True" in said
    graph = json.loads(out.read_text())["@graph"]
    kinds = {kind for node in graph for kind in [node["@type"]] if isinstance(kind, str)}
    assert {"types:Hash", "investigation:InvestigativeAction", "observable:URLFacet"} <= kinds


def test_bagit_passes_bagit_py(sealed: Sealed, tmp_path: Path) -> None:
    out = tmp_path / "bag"
    export(sealed[0], Form.BAGIT, out, trust=sealed[1].trust())
    accepted(validator("bagit.py"), "--validate", str(out))
    member = out / "data/manifest.json"
    member.write_bytes(member.read_bytes() + b" ")
    broken = subprocess.run(
        [validator("bagit.py"), "--validate", str(out)], capture_output=True, check=False
    )
    assert broken.returncode != 0


def test_stix_passes_the_stix_validator(sealed: Sealed, tmp_path: Path) -> None:
    out = tmp_path / "stix.json"
    export(sealed[0], Form.STIX, out, trust=sealed[1].trust())
    said = accepted(validator("stix2_validator"), "--version", "2.1", "--strict", str(out))
    assert "Results for" in said
    objects = json.loads(out.read_text())["objects"]
    assert {one["type"] for one in objects} == {
        "identity", "url", "file", "observed-data", "note",
    }  # fmt: skip
    assert [one["content"] for one in objects if one["type"] == "note"] == ["HTTP status 200"]


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("https://bücher.example.com/é?q=日本#ñ",
         "https://xn--bcher-kva.example.com/%C3%A9?q=%E6%97%A5%E6%9C%AC#%C3%B1"),
        ("http://EXAMPLE.com/a%20b/%zz c", "http://example.com/a%20b/%25zz%20c"),
        ("http://[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        ("http://example.com:99999/é", "http://example.com:99999/%C3%A9"),
    ],
)  # fmt: skip
def test_stix_has_addresses_as_the_standard_has_them(address: str, written: str) -> None:
    assert ascii_address(address) == written


def test_misp_and_vics_name_the_address_and_every_digest(sealed: Sealed, tmp_path: Path) -> None:
    export(sealed[0], Form.MISP, tmp_path / "misp.json", trust=sealed[1].trust())
    export(sealed[0], Form.VICS, tmp_path / "vics.json", trust=sealed[1].trust())
    event = json.loads((tmp_path / "misp.json").read_text())["Event"]
    assert event["published"] is False
    case = json.loads((tmp_path / "vics.json").read_text())["value"][0]
    assert {media["Category"] for media in case["Media"]} == {0}
    assert "HTTP status 200" in [a["value"] for a in event["Attribute"]]
    told = {a["value"] for a in event["Attribute"] if a["type"] == "md5"}
    assert told == {media["MD5"].lower() for media in case["Media"]}
    assert len(told) >= 5


def test_wacz_is_whole_and_its_index_leads_to_every_response(
    sealed: Sealed, tmp_path: Path
) -> None:
    bundle, keys = sealed
    out = tmp_path / "case.wacz"
    with pytest.raises(CannotOpen, match="identity"):
        export(bundle, Form.WACZ, out)
    assert not out.exists()
    export(
        bundle,
        Form.WACZ,
        out,
        identity=keys.directory / "offline/identity-1.txt",
        trust=keys.trust(),
    )
    with zipfile.ZipFile(out) as file:
        content = {name: file.read(name) for name in file.namelist()}
    package = json.loads(content["datapackage.json"])
    for resource in package["resources"]:
        data = content[resource["path"]]
        assert resource["hash"] == "sha256:" + sha256(data).hexdigest()
        assert resource["bytes"] == len(data)
    warc, found = content["archive/archive.warc.gz"], set()
    for line in content["indexes/index.cdx"].decode().splitlines():
        entry = json.loads(line.split(" ", 2)[2])
        at, length = int(entry["offset"]), int(entry["length"])
        (record,) = ArchiveIterator(BytesIO(warc[at : at + length]))
        assert record.rec_headers.get_header("WARC-Target-URI") == entry["url"]
        found.add(entry["url"].partition("?")[0].rpartition("/")[2])
    assert {"get.json", "post.json", "plain.js", "made-up", "stream"} <= found
    assert package["mainPageUrl"].endswith("/?q=1#part")


def test_wacz_passes_the_validator_of_its_makers(sealed: Sealed, tmp_path: Path) -> None:
    bundle, keys = sealed
    wacz = shutil.which("wacz", path=str(Path(sys.executable).parent))
    if wacz is None:
        pytest.skip("py-wacz is not installed; one of its parts is under the AGPL")
    out = tmp_path / "case.wacz"
    export(
        bundle,
        Form.WACZ,
        out,
        identity=keys.directory / "offline/identity-1.txt",
        trust=keys.trust(),
    )
    said = accepted(wacz, "validate", "-f", str(out))
    assert "succeeded" in said


def test_a_tampered_bundle_is_not_exported(sealed: Sealed, tmp_path: Path) -> None:
    changed = tmp_path / "changed.tar"
    data = bytearray(sealed[0].read_bytes())
    data[700] ^= 1
    changed.write_bytes(data)
    for form in Form:
        with pytest.raises(CannotOpen):
            export(changed, form, tmp_path / "out")
    assert sorted(tmp_path.iterdir()) == [changed]
