"""A guard for whoever offers reading over a network: sealed lists must not be guessed out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lindung.text.lexicon import LONGEST


class Probing(Exception):
    """A caller asks as one does who tries a dictionary against a sealed list."""


class ProbeGuard:
    """Limits how many short texts one caller may have read in a window of time, and alarms.

    A short text (up to LONGEST + 1 words) asks about single terms; people's posts are rarely so,
    and rarely thousands an hour. `now` gives seconds; `alarm` is told the caller once a window.
    """

    def __init__(
        self, alarm: Callable[[str], None], now: Callable[[], float], *,
        most: int = 600, window: float = 3600.0,
    ) -> None:  # fmt: skip
        self._alarm = alarm
        self._now = now
        self._most = most
        self._window = window
        self._asked: dict[str, tuple[float, int]] = {}

    def admit(self, caller: str, posts: Iterable[str]) -> None:
        """Count the posts a caller wants read. Raises Probing when it is over the limit."""
        now = self._now()
        since, count = self._asked.get(caller, (now, 0))
        if now - since >= self._window:
            since, count = now, 0
        before = count
        count += sum(len(post.split(maxsplit=LONGEST + 1)) <= LONGEST + 1 for post in posts)
        self._asked[caller] = (since, count)
        if count > self._most:
            if before <= self._most:
                self._alarm(caller)
            wait = int(since + self._window - now) // 60 + 1
            raise Probing(f"Too many very short texts. Try again in {wait} minutes.")
