"""Every post of a page is kept in text and picture, wherever it hides, or listed as not got."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from lindung.evidence import Keys, Limits, Policy, capture, seal
from tests.evidence import deep

NAMES = {"user_agent", "languages", "webdriver", "viewport"}


@pytest.fixture
def site() -> Iterator[deep.DeepServer]:
    with deep.DeepServer() as server:
        yield server
        server.shutdown()


def test_every_post_is_kept_in_text_and_picture(site: deep.DeepServer, tmp_path: Path) -> None:
    taken = capture(
        site.url + "/", tmp_path / "t", allow=site.places, policy=Policy.FULL,
        authority="Example Act s 1",
    )  # fmt: skip
    missing = {post for post in deep.posts() if post not in taken.text.splitlines()}
    assert not missing, taken.problem
    assert site.pictures == {f"/late/{n}.png" for n in range(1, deep.LATE + 1)}
    with Image.open(tmp_path / "t/screenshot.png") as picture:
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 24) or ()}
    assert {(n * 16, 90, 120) for n in range(1, deep.LATE + 1)} <= colours
    seen = taken.facts["seen"]
    assert all("box that scrolls" in one for one in seen["not_got"]), seen["not_got"]


def test_a_consent_wall_is_listed(site: deep.DeepServer, tmp_path: Path, keys: Keys) -> None:
    taken = capture(site.url + "/wall", tmp_path / "t", allow=site.places)
    assert taken.outcome == "partial"
    assert deep.WALL in str(taken.problem)
    bundle = tmp_path / "b.tar"
    sealed = seal(taken, bundle, keys=keys, log=keys.file_log(), operator="Example Hotline")
    assert any(deep.WALL in one for one in sealed.manifest["completeness"]["not_got"])


def test_a_page_higher_than_any_picture_is_kept_in_several(
    site: deep.DeepServer, tmp_path: Path
) -> None:
    taken = capture(site.url + "/tall", tmp_path / "t", allow=site.places)
    assert (taken.outcome, taken.problem) == ("complete", None)
    heights = []
    for path in sorted((tmp_path / "t").glob("screenshot*.png")):
        with Image.open(path) as picture:
            heights.append(picture.height)
    assert len(heights) == 4
    assert sum(heights) > 60_000


def test_what_the_pictures_leave_out_is_listed(site: deep.DeepServer, tmp_path: Path) -> None:
    limits = Limits(screenshot_pixels=5000, screenshots=2)
    taken = capture(site.url + "/tall", tmp_path / "t", allow=site.places, limits=limits)
    assert taken.outcome == "partial"
    assert "the picture of the page below 10000 of 60" in str(taken.problem)


def test_an_endless_page_ends_in_time_and_says_so(site: deep.DeepServer, tmp_path: Path) -> None:
    limits = Limits(total_seconds=12, step_seconds=4)
    taken = capture(site.url + "/", tmp_path / "t", allow=site.places, limits=limits)
    assert taken.outcome == "partial"
    assert "further down" in str(taken.facts["seen"]["not_got"])
    assert "POST late 1" in taken.text


@pytest.mark.parametrize("path", ["/refresh", "/script"])
def test_a_page_that_goes_elsewhere_is_followed_and_said_so(
    path: str, site: deep.DeepServer, tmp_path: Path
) -> None:
    taken = capture(site.url + path, tmp_path / "t", allow=site.places)
    assert "POST frame 1" in taken.text
    assert taken.facts["seen"]["went_on"] == [site.url + "/frame"]
    assert "POST before 1" in taken.text or taken.facts["seen"]["not_got"]
    assert taken.final_url == site.url + "/frame"


def test_the_browser_looks_like_an_ordinary_one_and_the_manifest_says_what_it_sent(
    site: deep.DeepServer, tmp_path: Path, keys: Keys
) -> None:
    taken = capture(site.url + "/frame", tmp_path / "t", allow=site.places)
    bundle = tmp_path / "b.tar"
    sealed = seal(taken, bundle, keys=keys, log=keys.file_log(), operator="Example Hotline")
    sent = sealed.manifest["sent"]
    assert set(sent) == NAMES
    assert sent["webdriver"] is False
    assert "Headless" not in str(sent)
    assert sent["user_agent"].startswith("Mozilla/5.0 (X11; Linux x86_64)")
    assert sent["languages"] == ["en-US", "en"]
    heard = site.heard
    assert heard["User-Agent"] == sent["user_agent"]
    assert heard["Accept-Language"].startswith("en-US,en")
    assert "Chromium" in heard["sec-ch-ua"] and "Headless" not in heard["sec-ch-ua"]
