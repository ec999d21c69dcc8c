"""Time limits for what may hang for ever, such as a share whose server is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 5.0  # seconds that a second call waits for the first

_running: dict[str, threading.Thread] = {}
_one = threading.Lock()


class Hangs(Exception):
    """What was called did not return in time; `begun`: it may still come to its end."""

    def __init__(self, words: str, *, begun: bool) -> None:
        super().__init__(words)
        self.begun = begun


def within(seconds: float, what: str, call: Callable[[], T]) -> T:
    """The result of `call`, which gets this long; raises what it raises, or Hangs.

    It runs in a thread of its own. One that does not return is left alone, and until it does
    nothing else is called for the same `what`: it would hang as well.
    """
    done: list[T] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            done.append(call())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work, name=what, daemon=True)
    if earlier := _running.get(what):
        earlier.join(PATIENCE)
    with _one:
        earlier = _running.get(what)
        if earlier is not None and earlier.is_alive():
            raise Hangs(f"{what} is still busy, or does not answer.", begun=False)
        _running[what] = thread
        thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not done:
        raise Hangs(f"{what} did not answer within {seconds:.0f} seconds.", begun=True)
    return done[0]
