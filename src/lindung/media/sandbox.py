"""A worker process that opens hostile files: limited in memory, time and what it may write.

The parent sends one JSON line a picture and reads one back. A worker that dies, hangs or needs
too much is ended and the next question starts a new one.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from lindung.media.decode import Further

from numba.core import event

from lindung.runtime import die_with, no_new_privileges

SPENT = 3  # a worker that still holds this share of its memory is replaced
START_SECONDS = 120  # compiling the loops, once on a machine
COMPILING = "Getting ready, once on this machine: the loops are compiled (half a minute)."


@dataclass(frozen=True, slots=True)
class Limits:
    """What one picture may cost: bytes of address space, wall seconds, pixels of a frame."""

    memory: int = 3 << 30
    seconds: float = 20.0
    pixels: int = 200_000_000


class SandboxError(RuntimeError):
    """The worker could not answer; the message says why in words.

    `unknown` when the file is of no picture format, so that it may be a video.
    """

    def __init__(self, words: str, *, unknown: bool = False) -> None:
        super().__init__(words)
        self.unknown = unknown


class Sandbox:
    """One worker, started at the first question. Threads take turns; close it at the end.

    `say` is called with words when its loops have to be compiled, which takes long.
    """

    def __init__(
        self, limits: Limits | None = None, say: Callable[[str], object] | None = None
    ) -> None:
        self.limits = limits or Limits()
        self._say = say
        self._worker: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker."""
        worker, self._worker = self._worker, None
        if worker:
            worker.kill()
            worker.wait()
            for pipe in (worker.stdin, worker.stdout):
                if pipe:
                    pipe.close()

    def ask(self, path: Path, full: bool = False) -> dict[str, Any]:
        """Hash a picture; what comes back is `_answer`'s. Raises SandboxError."""
        return self._asked({"path": os.fsencode(path.absolute()).hex(), "full": full})

    def ask_further(self, path: Path, *, crops: bool = False) -> dict[str, Any]:
        """The further questions of a picture, and its crops; `_further`'s. Raises SandboxError."""
        return self._asked({"path": os.fsencode(path.absolute()).hex(), "further": crops})

    def _asked(self, said: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            fresh = self._worker is None or self._worker.poll() is not None
            if fresh:
                self._start()
            line = self._exchange(json.dumps(said).encode() + b"\n", self.limits.seconds)
            answer: dict[str, Any] = json.loads(line)
            if answer["spent"]:  # what it still holds would be missing for the next picture
                self.close()
        if answer["starved"] and not fresh:
            return self._asked(said)
        if "error" in answer:
            raise SandboxError(answer["error"], unknown=answer.get("unknown", False))
        return answer

    def _start(self) -> None:
        self.close()
        limits = json.dumps(asdict(self.limits))
        self._worker = subprocess.Popen(
            [sys.executable, "-m", "lindung.media.sandbox", limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        while json.loads(self._exchange(b"", START_SECONDS)):
            if self._say:
                self._say(COMPILING)

    def _exchange(self, question: bytes, seconds: float) -> bytes:
        worker = self._worker
        if worker is None or worker.stdin is None or worker.stdout is None:
            raise SandboxError("the picture reader is not running")
        with contextlib.suppress(BrokenPipeError):  # it died; reading says so
            worker.stdin.write(question)
        until = time.monotonic() + seconds
        got = b""
        while not got.endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not select.select([worker.stdout], [], [], left)[0]:
                self.close()
                raise SandboxError(f"reading it took longer than {seconds:g} seconds")
            part = worker.stdout.read(1 << 16)
            if not part:
                code = worker.wait()
                self.close()
                cause = signal.strsignal(-code) if code < 0 else f"exit code {code}"
                raise SandboxError(f"reading it broke the picture reader ({cause})")
            got += part
        return got


@contextlib.contextmanager
def compiling_said(say: Callable[[str], object]) -> Iterator[None]:
    """Say once that loops are being compiled, should one be that no cache holds."""

    class Listener(event.Listener):
        told = False

        def on_start(self, _: object) -> None:
            if not self.told:
                say(COMPILING)
            self.told = True

        def on_end(self, _: object) -> None:
            pass

    with event.install_listener("numba:compile", Listener()):
        yield


def _confine(memory: int) -> None:
    """Give up what a decoder does not need. The loops are compiled by now: no file is written."""
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(kind, (most, most))
    no_new_privileges()


def _answer(question: dict[str, Any], limits: Limits) -> dict[str, Any]:
    from lindung.media import decode

    path = Path(os.fsdecode(bytes.fromhex(question["path"])))
    try:
        if "further" in question:
            return _further(decode.further(path, limits.pixels, question["further"]))
        found = decode.hash_file(path, limits.pixels, limits.seconds / 2, question["full"])
    except decode.UnreadableError as error:
        return {"error": str(error), "unknown": isinstance(error, decode.NotAPictureError)}
    except MemoryError:
        words = f"it needs more memory than the limit of {limits.memory >> 20} MB"
        return {"error": words, "starved": True}
    except Exception as error:  # a decoder's own failure, whatever its type
        return {"error": f"it cannot be read ({type(error).__name__}: {error})"}
    frames = {str(n): [p.codes.tobytes().hex(), p.quality] for n, p in found.frames.items()}
    return {
        "width": found.width,
        "height": found.height,
        "frames": frames,
        "reduced": found.reduced,
        "animated": found.animated,
        "note": found.note,
    }


def _further(found: Further) -> dict[str, Any]:
    return {
        "questions": [[q.done, q.codes.tobytes().hex(), q.quality] for q in found.questions],
        "crops": [[done, code.tobytes().hex(), quality] for done, code, quality in found.crops],
    }


def _held() -> int:
    """Bytes of address space this process holds, 0 where that cannot be told."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _work(limits: Limits) -> None:
    die_with(0)
    from lindung.media import decode

    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    decode.prepare()
    with compiling_said(lambda _: answers.write(b'{"compiling": true}\n')):
        decode.compile_loops()
    _confine(limits.memory)
    os.dup2(2, 1)  # what a decoder prints is not an answer
    answers.write(b"{}\n")
    for line in sys.stdin.buffer:
        answer = {"starved": False} | _answer(json.loads(line), limits)
        answer["spent"] = answer["starved"] or _held() > limits.memory // SPENT
        answers.write(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    _work(Limits(**json.loads(sys.argv[1])))
