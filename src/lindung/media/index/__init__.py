"""Exact search of 256-bit codes within a Hamming radius."""

from lindung.media.index.container import CorruptIndexError
from lindung.media.index.hamming import HammingIndex, Hits

__all__ = ["CorruptIndexError", "HammingIndex", "Hits"]
