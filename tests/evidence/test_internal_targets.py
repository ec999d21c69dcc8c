"""No page makes a capture reach an internal address, by any spelling, redirect or protocol."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lindung.evidence.capture.addresses import AddressGuard, Refused, is_public
from tests.evidence.internal_targets import SPELLINGS, WAYS

HERE = Path(__file__).parents[2]
NOT_PUBLIC = """
0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.255 169.254.169.254 172.16.0.1 172.31.0.1
192.0.0.1 192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.1 192.175.48.1
198.18.0.1 198.19.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1
255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 64:ff9b:1::1
100::1 2001::1 2001:0:7f00:1::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::
2620:4f:8000::1 3fff::1 5f00::1 fc00::1 fd00::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1
nonsense
"""
DIRECT = ("127.0.0.1", "0x7f.1", "[::ffff:7f00:1]", "internal.test")


def namespace() -> list[str]:
    """The command that makes a network and mount namespace, or a skip with the reason."""
    if not (shutil.which("ip") and shutil.which("unshare")):
        pytest.skip("needs iproute2 and util-linux")
    if os.geteuid():
        pytest.skip("needs root, to lay a name server and routes inside the namespace it makes")
    tried = subprocess.run(["unshare", "-n", "-m", "true"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip(f"the kernel refuses namespaces: {tried.stderr.decode().strip()}")
    return ["unshare", "-n", "-m", "--propagation", "private"]


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    done = subprocess.run(
        [*namespace(), sys.executable, "-m", "tests.evidence.internal_targets", *DIRECT],
        cwd=HERE, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_listener_sees_what_is_sent(report: dict[str, Any]) -> None:
    assert [line.split(" from")[0] for line in report["control"]] == [
        "tcp 10.0.0.1 8080",
        "udp 10.0.0.1 3478",
    ]


@pytest.mark.parametrize("namespaces", [True, False])
def test_no_packet_reaches_any_internal_target(report: dict[str, Any], namespaces: bool) -> None:
    page = report[f"page {namespaces}"]
    assert page["counted"] == []
    refused = {re.sub(r"^\w+://", "", url).split("/")[0] for url in page["blocked"]}
    assert len(refused) >= 60, "the page must have tried for the test to mean anything"
    assert page["outcome"] == "partial"
    assert page["isolation"]["network_namespace"] is namespaces
    assert ("weaker_because" in page["isolation"]) is not namespaces


def test_an_address_opened_directly_is_refused(report: dict[str, Any]) -> None:
    assert report["direct"] == dict.fromkeys(DIRECT, "unreachable")
    assert report["counted"] == []
    assert len(SPELLINGS) + len(WAYS) >= 110


@pytest.mark.parametrize(
    "address",
    NOT_PUBLIC.split(),
)
def test_what_is_not_public_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450::1"])
def test_what_is_public_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f000001", "017700000001", "[::1]"])
def test_the_guard_itself_refuses_every_spelling(host: str) -> None:
    with pytest.raises(Refused):
        asyncio.run(AddressGuard().resolve(host, 80))
