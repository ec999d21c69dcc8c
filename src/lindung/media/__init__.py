"""What a picture or a video matches: hashes, exact radius search, hash lists."""

from lindung.media.digests import Digests, digests
from lindung.media.examine import (
    Examination,
    Matching,
    confirm,
    examine,
    hash_file,
    match,
    record,
    withdraw,
)
from lindung.media.index import CorruptIndexError, HammingIndex, Hits, compile_loops
from lindung.media.lists.banks import Negative
from lindung.media.lists.database import StoreError
from lindung.media.lists.matching import ListHit
from lindung.media.lists.merging import ImportResult
from lindung.media.lists.reading import ListFormatError
from lindung.media.lists.store import OWN_LIST, ListStatus, ListStore
from lindung.media.lists.syncing import EXCHANGES, ExchangeError, sync
from lindung.media.pdq import FOUND_AS, RADIUS
from lindung.media.questions.question import DONE, Question
from lindung.media.sandbox import Limits, Sandbox, SandboxError, compiling_said
from lindung.media.video import Frame, Video, VideoError, read_video

__all__ = [
    "DONE",
    "EXCHANGES",
    "FOUND_AS",
    "OWN_LIST",
    "RADIUS",
    "CorruptIndexError",
    "Digests",
    "Examination",
    "ExchangeError",
    "Frame",
    "HammingIndex",
    "Hits",
    "ImportResult",
    "Limits",
    "ListFormatError",
    "ListHit",
    "ListStatus",
    "ListStore",
    "Matching",
    "Negative",
    "Question",
    "Sandbox",
    "SandboxError",
    "StoreError",
    "Video",
    "VideoError",
    "compile_loops",
    "compiling_said",
    "confirm",
    "digests",
    "examine",
    "hash_file",
    "match",
    "read_video",
    "record",
    "sync",
    "withdraw",
]
