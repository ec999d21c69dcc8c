"""A file is examined without being opened by anybody: what it is, what it matches, why."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lindung.media import (
    ListStore,
    Matching,
    Sandbox,
    VideoError,
    confirm,
    examine,
    hash_file,
    read_video,
)
from tests.media.pictures import encoded, landscape

needs_ffmpeg = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def store(tmp_path: Path) -> ListStore:
    return ListStore.open(tmp_path / "store")


def put(path: Path, image: Image.Image, kind: str = "PNG") -> Path:
    path.write_bytes(encoded(image, kind))
    return path


def film(path: Path, scenes: Sequence[int], seconds: int = 2, rate: int = 5) -> Path:
    """A video of benign scenes, each that many seconds long and slowly moving."""
    command = ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", "320x240", "-r", str(rate), "-i", "-", "-pix_fmt", "yuv420p", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as ffmpeg:
        assert ffmpeg.stdin
        for scene in scenes:
            wide = np.asarray(landscape(400, 240, scene))
            for step in range(seconds * rate):
                ffmpeg.stdin.write(wide[:, 2 * step : 2 * step + 320].tobytes())
    return path


def test_a_confirmed_picture_is_known_in_every_form(
    tmp_path: Path, store: ListStore, sandbox: Sandbox
) -> None:
    picture = landscape(1300, 1000, 8)
    first = examine(put(tmp_path / "a.png", picture), store, sandbox)
    assert (first.hits, first.error, first.kind) == ([], "", "picture")
    entry = confirm(store, "own", first, category="A", tier="1")
    (hit,) = examine(tmp_path / "a.png", store, sandbox).hits
    assert (hit.entry_id, hit.kind, hit.distance, hit.tier) == (entry, "sha256", 0, "1")
    forms = {
        "": picture.resize((700, 540)),
        "mirrored": picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "rotated 90": picture.transpose(Image.Transpose.ROTATE_90),
    }
    for transform, form in forms.items():
        found = examine(put(tmp_path / "b.jpg", form, "JPEG"), store, sandbox)
        (hit,) = found.hits
        assert (hit.list_name, hit.kind, hit.transform) == ("own", "pdq", transform)
        assert hit.distance <= 31
        assert hit.quality == found.quality
    other = put(tmp_path / "c.png", landscape(1300, 1000, 9))
    assert examine(other, store, sandbox).hits == []


def test_the_radius_and_the_quality_are_the_callers(
    tmp_path: Path, store: ListStore, sandbox: Sandbox
) -> None:
    picture = landscape(640, 480, 8)
    confirm(store, "own", examine(put(tmp_path / "a.png", picture), store, sandbox))
    small = put(tmp_path / "b.jpg", picture.resize((90, 70)), "JPEG")
    (hit,) = examine(small, store, sandbox).hits
    assert hit.distance > 0
    assert examine(small, store, sandbox, Matching(radius=hit.distance - 1)).hits == []
    strict = examine(small, store, sandbox, Matching(min_quality=101))
    assert strict.hits == []
    assert "too plain to be matched" in strict.note


@pytest.fixture
def asked(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each question to the sandbox, whether it was for a full decode."""
    questions: list[bool] = []
    ask = sandbox.ask

    def listened(path: Path, full: bool = False) -> dict[str, Any]:
        questions.append(full)
        return ask(path, full)

    monkeypatch.setattr(sandbox, "ask", listened)
    return questions


def test_a_close_call_is_decided_at_full_decode(
    tmp_path: Path, store: ListStore, sandbox: Sandbox, asked: list[bool]
) -> None:
    path = put(tmp_path / "a.jpg", landscape(1300, 1000, 8), "JPEG")
    found = hash_file(path, sandbox)
    assert found.pdq
    for flips, expected in ((24, [False]), (25, [False, True]), (35, [False, True])):
        bits = np.unpackbits(found.frames[0].codes[0])
        bits[:flips] ^= 1
        listed = tmp_path / "list.csv"
        listed.write_text(f"id,pdq\n1,{np.packbits(bits).tobytes().hex()}\n")
        store.import_file(listed, "p", replace=True)
        asked.clear()
        assert len(examine(path, store, sandbox).hits) == (flips <= 31)
        assert asked == expected


def test_every_close_call_counts_and_a_wide_radius_needs_a_full_decode(
    tmp_path: Path, store: ListStore, sandbox: Sandbox, asked: list[bool]
) -> None:
    """Once only the nearest entry was looked at, and only at the radius of 31."""
    path = put(tmp_path / "a.jpg", landscape(1300, 1000, 8), "JPEG")
    found = hash_file(path, sandbox)
    codes = []
    for flips in (4, 31):
        turned = np.unpackbits(found.frames[0].codes[0])
        turned[:flips] ^= 1
        codes.append(np.packbits(turned).tobytes().hex())
    listed = tmp_path / "list.csv"
    listed.write_text("id,pdq\n" + "".join(f"{n},{code}\n" for n, code in enumerate(codes)))
    store.import_file(listed, "p")
    asked.clear()
    assert len(examine(path, store, sandbox).hits) >= 1
    assert asked == [False, True]
    for matching, expected in (
        (Matching(radius=15), [False]),
        (Matching(radius=8), [False, True]),
        (Matching(radius=33), [True]),
        (Matching(radius=15, min_quality=found.quality or 0), [False, True]),
    ):
        asked.clear()
        examine(path, store, sandbox, matching)
        assert asked == expected


def test_what_cannot_be_hashed_still_matches_by_its_digests(
    tmp_path: Path, store: ListStore, sandbox: Sandbox
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"neither a picture nor a video" * 10)
    found = examine(path, store, sandbox)
    assert "not a picture" in found.error
    confirm(store, "own", found)
    assert [h.kind for h in examine(path, store, sandbox).hits] == ["sha256"]
    (tmp_path / "empty").touch()
    empty = examine(tmp_path / "empty", store, sandbox)
    assert empty.error == "the file is empty"
    assert empty.digests
    missing = examine(tmp_path / "none", store, sandbox)
    assert (missing.digests, missing.error) == (None, "cannot be read: No such file or directory")
    with pytest.raises(ValueError, match="nothing to list"):
        confirm(store, "own", missing)


@needs_ffmpeg
def test_a_known_clip_is_found_inside_a_compilation(
    tmp_path: Path, store: ListStore, sandbox: Sandbox
) -> None:
    clip = film(tmp_path / "clip.mp4", [1, 2, 3, 4])
    found = examine(clip, store, sandbox)
    assert found.kind == "video"
    assert found.hits == []
    assert (found.width, found.height) == (320, 240)
    confirm(store, "own", found, category="A")
    long = film(tmp_path / "long.mkv", [20, 21, 22, 1, 2, 3, 4, 23, 24, 25])
    (hit,) = examine(long, store, sandbox).hits
    assert (hit.list_name, hit.kind) == ("own", "clip")
    assert hit.transform.startswith("00:06-00:1")
    assert "of the known clip" in hit.transform
    one_scene = film(tmp_path / "one.mp4", [20, 21, 22, 23, 2, 24, 25])
    assert examine(one_scene, store, sandbox).hits == []


@needs_ffmpeg
def test_a_clip_of_two_seconds_is_found_inside_a_compilation(
    tmp_path: Path, store: ListStore, sandbox: Sandbox
) -> None:
    """Of which the compilation shows two frames: this was once too few."""
    confirm(store, "own", examine(film(tmp_path / "a.mp4", [2, 3], 1), store, sandbox))
    confirm(store, "own", examine(film(tmp_path / "b.mp4", [4]), store, sandbox))
    others = list(range(20, 26))
    hits = examine(film(tmp_path / "long.mkv", [*others, 2, 3, 4], 1), store, sandbox).hits
    assert [hit.kind for hit in hits] == ["clip"]
    assert hits[0].transform == "00:06-00:07 of the video, all of a short known clip"
    one_scene = film(tmp_path / "one.mkv", [20, 21, 22, 4, 23, 24])
    assert [hit.kind for hit in examine(one_scene, store, sandbox).hits] == ["clip"]
    for scenes in ([20, 2, 21, 3, 22], [20, 21, 22, 23, 2]):
        path = film(tmp_path / "parts.mkv", scenes, 1)
        assert examine(path, store, sandbox).hits == []


@needs_ffmpeg
def test_a_video_of_less_than_a_second_is_no_picture(
    tmp_path: Path, store: ListStore, sandbox: Sandbox
) -> None:
    """It was listed by its first frame, and whatever shows that was known for a still."""
    found = examine(film(tmp_path / "a.mp4", [1], 1, rate=25), store, sandbox)
    assert found.kind == "video"
    assert [round(frame.second, 1) for frame in found.frames] == [0.0, 0.2, 0.4, 0.6, 0.8]


@needs_ffmpeg
def test_a_known_picture_is_found_in_a_video_with_its_second(
    tmp_path: Path, store: ListStore, sandbox: Sandbox
) -> None:
    shown = landscape(400, 240, 5).crop((0, 0, 320, 240))
    confirm(store, "own", examine(put(tmp_path / "a.png", shown), store, sandbox))
    path = film(tmp_path / "film.mp4", [1, 2, 5])
    (hit,) = examine(path, store, sandbox).hits
    assert (hit.kind, hit.transform) == ("pdq", "frame at 00:04")


@needs_ffmpeg
def test_jpeg_xl_is_read_through_ffmpeg(tmp_path: Path, store: ListStore, sandbox: Sandbox) -> None:
    picture = put(tmp_path / "a.png", landscape(640, 480, 5))
    command = ["ffmpeg", "-v", "error", "-i", str(picture), str(tmp_path / "a.jxl")]
    if subprocess.run(command, check=False).returncode:
        pytest.skip("this ffmpeg writes no JPEG XL")
    confirm(store, "own", examine(picture, store, sandbox))
    found = examine(tmp_path / "a.jxl", store, sandbox)
    assert (found.kind, found.width, found.height) == ("picture", 640, 480)
    assert [hit.kind for hit in found.hits] == ["pdq"]


def test_a_missing_ffmpeg_is_said_in_words(
    tmp_path: Path, store: ListStore, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(VideoError, match="ffmpeg, which is not installed"):
        read_video(path)
    found = examine(path, store, sandbox)
    assert "ffmpeg, which is not installed" in found.error
    assert found.digests


@needs_ffmpeg
def test_hostile_videos_end_in_words(tmp_path: Path) -> None:
    playlist = tmp_path / "list.m3u8"
    playlist.write_text("#EXTM3U\n#EXTINF:1,\n/etc/hostname\n")
    concat = tmp_path / "list.ffconcat"
    concat.write_text("ffconcat version 1.0\nfile '/etc/hostname'\n")
    cut = tmp_path / "cut.mp4"
    whole = film(tmp_path / "whole.mp4", [1])
    cut.write_bytes(whole.read_bytes()[:3000])
    for path in (playlist, concat, cut):
        with pytest.raises(VideoError, match="not a picture or a video"):
            read_video(path)
    os.mkfifo(tmp_path / "endless.mp4")
    with pytest.raises(VideoError, match="within 1 seconds"):
        read_video(tmp_path / "endless.mp4", seconds=1)


@needs_ffmpeg
def test_sound_alone_is_said_in_words(tmp_path: Path) -> None:
    """It once gave ffmpeg's advice on its own options."""
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=1", str(tmp_path / "a.mp4")]
    subprocess.run(command, check=True)
    with pytest.raises(VideoError, match="holds no picture"):
        read_video(tmp_path / "a.mp4")


@needs_ffmpeg
def test_a_video_cut_short_keeps_the_frames_it_has(tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.mkv", [1, 2, 3])
    (tmp_path / "cut.mkv").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    frames = read_video(tmp_path / "cut.mkv").frames
    assert 0 < frames[-1].second < read_video(whole).frames[-1].second
