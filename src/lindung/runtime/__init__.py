"""What every floor stands on: compiled loops, whole files, locks, bounded reads, child processes.

No word of any domain is in here.
"""

from lindung.runtime.compiled import compiled
from lindung.runtime.files import sync_folder, write_whole, writing_whole
from lindung.runtime.folders import folder_for_a_while, sweep
from lindung.runtime.locks import locked, locked_or_not
from lindung.runtime.processes import (
    Access,
    die_with,
    landlock,
    landlock_version,
    landlocked,
    no_new_privileges,
)
from lindung.runtime.reading import UnusableFile, read_bounded, read_bounded_text
from lindung.runtime.stored_text import storable, visible

__all__ = [
    "Access",
    "UnusableFile",
    "compiled",
    "die_with",
    "folder_for_a_while",
    "landlock",
    "landlock_version",
    "landlocked",
    "locked",
    "locked_or_not",
    "no_new_privileges",
    "read_bounded",
    "read_bounded_text",
    "storable",
    "sweep",
    "sync_folder",
    "visible",
    "write_whole",
    "writing_whole",
]
