"""What a picture or a video matches: hashes, exact radius search, hash lists."""

from lindung.media.digests import Digests, digests
from lindung.media.index import CorruptIndexError, HammingIndex, Hits
from lindung.media.lists.merging import ImportResult
from lindung.media.lists.reading import ListFormatError
from lindung.media.lists.store import ListHit, ListStatus, ListStore, StoreError

__all__ = [
    "CorruptIndexError",
    "Digests",
    "HammingIndex",
    "Hits",
    "ImportResult",
    "ListFormatError",
    "ListHit",
    "ListStatus",
    "ListStore",
    "StoreError",
    "digests",
]
