"""Compiled loops: Numba, kept on disk where a place can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a loop at its first call; threads may run it side by side.

    The result is cached beside the source, else in the user's cache. Where neither can be
    written (a read-only install without a home) it is compiled anew in each process.
    """
    import numba  # slow to import, and most of what stands on this floor compiles nothing

    try:
        return cast(F, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # "no locator available"
        return cast(F, numba.njit(nogil=True)(function))
