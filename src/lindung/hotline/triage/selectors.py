"""What the detectors found, and which files of a case are known now."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy, ngettext

from lindung.hotline.casework import selectors as casework
from lindung.hotline.config import waiting
from lindung.hotline.custody import selectors as custody
from lindung.media import ListHit, StoreError
from lindung.runtime import storable

from . import files
from .left_out import left_out
from .models import Match, Media, Signal


@dataclass(frozen=True)
class SeenFile:
    """One file of a case, wherever in it it was found, and what the lists say of it now."""

    file: Media
    hits: list[ListHit]

    @property
    def proofs(self) -> list[ListHit]:
        """The hits that make the whole file known."""
        return [hit for hit in self.hits if files.makes_known(hit, self.file)]

    @property
    def doubted(self) -> list[ListHit]:
        """The hits that are disputed or say "not illegal"."""
        return [hit for hit in self.hits if files.is_doubted(hit)]

    @property
    def known(self) -> bool:
        return bool(self.proofs)


@dataclass(frozen=True)
class Files:
    """The files of a case. `whole`: every address was captured, and all of it examined."""

    seen: list[SeenFile] = field(default_factory=list)
    whole: bool = False
    problem: str = ""

    @property
    def known(self) -> int:
        return sum(one.known for one in self.seen)

    @property
    def all_known(self) -> bool:
        return self.whole and 0 < len(self.seen) == self.known


_LEFT_OUT = {
    "damaged": gettext_lazy(
        "The list of terms %(file)s is not used: it cannot be read. Get it from the partner again."
    ),
    "key": gettext_lazy(
        "The list of terms %(file)s is not used: %(key)s does not open it. "
        "Put the partner's key there."
    ),
    "ended": gettext_lazy(
        "The list of terms %(file)s is not used: it has ended. Ask the partner for a newer one."
    ),
}


_TASKS = {
    "triage.examine_report": gettext_lazy(
        "The report %(subject)s was not examined, %(count)s times: it is in no case yet, or not "
        "whole. The worker’s log says why (job %(id)s)."
    ),
    "triage.capture_again": gettext_lazy(
        "Case %(subject)s: a capture failed %(count)s times. The worker’s log says why "
        "(job %(id)s)."
    ),
}
_OTHER_TASK = gettext_lazy(
    "The job %(task)s failed %(count)s times %(subject)s. The worker’s log says why (job %(id)s)."
)


def alarms() -> list[str]:
    """A sentence for every job that fails, and every partner's list of terms that is left out."""
    return [
        *_failing(),
        *(
            _LEFT_OUT.get(why, _LEFT_OUT["damaged"])
            % {"file": file, "key": Path(file).with_suffix(".key")}
            for file, why in left_out(settings.ENV.home).items()
        ),
    ]


def _failing() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(waiting.QUESTION)
        now = waiting.of(cursor.fetchone()[0])
    said = [
        _TASKS.get(job.task, _OTHER_TASK)
        % {"subject": job.subject, "task": job.task, "count": job.attempts, "id": job.id}
        for job in now.failing
    ]
    if more := now.failing_in_all - len(now.failing):
        words = ngettext("%(count)s more job fails.", "%(count)s more jobs fail.", more)
        said.append(words % {"count": more})
    if now.dead:
        words = ngettext(
            "%(count)s job is held by a worker that is gone: is the worker running?",
            "%(count)s jobs are held by a worker that is gone: is the worker running?",
            now.dead,
        )
        said.append(words % {"count": now.dead})
    return said


def signals_of(case: str) -> list[Signal]:
    return list(Signal.objects.filter(case_id=case).order_by("-weight", "rule"))


def matches_of(case: str, found: Files) -> list[tuple[Match, bool]]:
    """The hits of a case as they were found, and whether each still stands on its list."""
    live = {(one.file.sha256, *_entry(hit)) for one in found.seen for hit in one.hits}
    matches = list(Match.objects.filter(case_id=case).order_by("list_name", "entry"))
    in_files = {one.file.sha256 for one in found.seen}
    with suppress(StoreError):
        for digest in {match.digest for match in matches} - in_files:
            live |= {(digest, *_entry(hit)) for hit in files.hits_of_digest(digest)}
    return [(match, (match.digest, match.list_name, match.entry) in live) for match in matches]


def _entry(hit: ListHit) -> tuple[str, str]:
    return storable(hit.list_name, 120), storable(hit.entry_id, 200)


def files_of(case: str, *, all_looks: bool = False) -> Files:
    """The files of a case, each once; known by what the lists say now, not by what they said.

    The lists are asked by looks only for files that they once matched so, unless `all_looks`.
    """
    looks = set(
        Match.objects.filter(case_id=case)
        .exclude(algorithm__in=files.DIGESTS)
        .values_list("digest", flat=True)
    )
    found: dict[object, Media] = {}
    for file in Media.objects.filter(case_id=case).order_by("pk"):
        found.setdefault(file.sha256 or file.pk, file)
    problem = ""
    seen = []
    for file in found.values():
        hits: list[ListHit] = []
        try:
            hits = files.hits_of(file, by_looks=all_looks or file.sha256 in looks)
        except StoreError as error:
            problem = str(error)
        seen.append(SeenFile(file, hits))
    return Files(seen, _is_whole(case), problem)


def _is_whole(case: str) -> bool:
    """Whether each address was captured whole, and each capture that kept something was examined.

    What a capture did not get is nowhere to be looked at, so a whole one makes up for it.
    """
    kept = [one for one in custody.evidence_of(case) if one.bundle]
    wanted = {item.id for item in casework.items_of(case) if item.url}
    return wanted <= {one.item_id for one in kept if one.outcome == "complete"} and all(
        one.policy == "full" and not one.unexamined for one in kept
    )
