"""The hotline: a report beside a bare INSERT view, a flood, and 100,000 cases beside 100."""

from __future__ import annotations

from bench.hotlines import flood, many, post


def main() -> None:
    post.main()
    many.main()
    flood.main()
