"""Frames of a video, and of pictures that only ffmpeg reads, through an ffmpeg subprocess.

One frame a second (five where the video is brief) and one at every scene cut, scaled to 512 x 512
grey (PDQ does not mind the shape), hashed as they come out of the pipe. Nothing is decoded in this
process.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lindung.media import pdq

SIDE = 512
MAX_FRAMES = 7200
MEMORY, LOG = 3 << 30, 64 << 20  # bytes
SECONDS = 120.0
PICK = "isnan(prev_selected_t)+gte(t-prev_selected_t+0.001\\,{})+gt(scene\\,0.3)"
APART, CLOSE = 1.0, 0.2  # seconds between frames; in a brief video
BRIEF = 4.0  # seconds between the first and the last frame, less than which is brief
# Containers that name other files (playlists, concat scripts) are not among these.
READ = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,h264,hevc,flv,asf,ogg,ivf,nut,"
    "rm,wtv,mxf,dv,gif,apng,webp_pipe,jpegxl_pipe,jpeg_pipe,png_pipe,j2k_pipe,qoi_pipe,image2pipe"
)
SHOWN = re.compile(rb"pts_time:\s*(-?[\d.]+).*? s:(\d+)x(\d+)")


class VideoError(RuntimeError):
    """The video could not be read; the message says why in words."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its second in the video, uint8[8, 32] (as it is, then turned), its quality."""

    second: float
    codes: NDArray[np.uint8]
    quality: int


@dataclass(frozen=True, slots=True)
class Video:
    """What was read of a video. `note` says in words why it is not all of it."""

    width: int
    height: int
    frames: list[Frame]
    note: str = ""


def read_video(path: str | os.PathLike[str], seconds: float = SECONDS) -> Video:
    """Hash the frames of a video, for at most so many seconds of work. Raises VideoError."""
    until = time.monotonic() + seconds
    video = _read(path, APART, seconds)
    if not video.note and video.frames[-1].second - video.frames[0].second < BRIEF:
        with contextlib.suppress(VideoError):  # no time left: what was seen stands
            closer = _read(path, CLOSE, until - time.monotonic())
            return closer if not closer.note else video
    return video


def _read(path: str | os.PathLike[str], apart: float, seconds: float) -> Video:
    """Hash a frame every `apart` seconds, and every scene cut."""
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise VideoError(
            "videos are read through ffmpeg, which is not installed: install it "
            "(Debian: apt install ffmpeg)"
        )
    command = [ffmpeg, "-nostdin", "-hide_banner", "-v", "info", "-nostats", "-threads", "1"]
    command += ["-protocol_whitelist", "file", "-format_whitelist", READ]
    command += ["-max_pixels", "200000000", "-i", f"file:{Path(path).absolute()}"]
    command += ["-map", "0:v:0", "-an", "-sn", "-dn", "-fps_mode", "passthrough"]
    command += ["-frames:v", str(MAX_FRAMES)]
    chosen = f"select={PICK.format(apart)},showinfo"
    command += ["-vf", f"{chosen},scale={SIDE}:{SIDE}:flags=area,format=gray"]
    command += ["-f", "rawvideo", "pipe:1"]
    hashes: list[pdq.Pdq] = []
    with tempfile.TemporaryFile() as log:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as process:
            for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, LOG)):
                resource.prlimit(process.pid, kind, (most, most))
            late = threading.Timer(seconds, process.send_signal, [signal.SIGKILL])
            late.start()
            try:
                while process.stdout and len(data := process.stdout.read(SIDE**2)) == SIDE**2:
                    hashes.append(pdq.of_luma(np.frombuffer(data, np.uint8).reshape(SIDE, SIDE)))
                process.wait()
            finally:
                late.cancel()
                process.kill()
        log.seek(0)
        said = log.read(LOG)
    shown = SHOWN.findall(said)
    if not hashes or not shown:
        raise VideoError(_why(said, process.returncode, seconds))
    width, height = int(shown[0][1]), int(shown[0][2])
    frames = [
        Frame(max(0.0, float(at)), one.codes, one.quality)
        for (at, _, _), one in zip(shown, hashes, strict=False)
    ]
    note = ""
    if process.returncode == -signal.SIGKILL:
        note = f"stopped after {seconds:g} seconds of work; {len(frames)} frames were read"
    elif process.returncode or len(frames) == MAX_FRAMES:
        note = f"not read to its end; {len(frames)} frames were read"
    return Video(width, height, frames, note)


def _why(said: bytes, code: int, seconds: float) -> str:
    if code == -signal.SIGKILL:
        return f"no frame could be read within {seconds:g} seconds"
    if b"matches no streams" in said:
        return "it holds no picture, only sound or something else"
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    last = lines[-1].rpartition("] ")[2][-200:] if lines else f"ffmpeg ended with {code}"
    return f"not a picture or a video we can read (ffmpeg: {last})"
