"""What a picture or a video matches: hashes, exact radius search, hash lists."""

from lindung.media.digests import Digests, digests
from lindung.media.lists.reading import ListFormatError
from lindung.media.lists.store import ImportResult, ListHit, ListStatus, ListStore, StoreError

__all__ = [
    "Digests",
    "ImportResult",
    "ListFormatError",
    "ListHit",
    "ListStatus",
    "ListStore",
    "StoreError",
    "digests",
]
