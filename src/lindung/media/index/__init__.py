"""Exact search of 256-bit codes within a Hamming radius."""

from lindung.media.index.container import CorruptIndexError
from lindung.media.index.hamming import HammingIndex, Hits
from lindung.media.index.immutable import compile_loops

__all__ = ["CorruptIndexError", "HammingIndex", "Hits", "compile_loops"]
