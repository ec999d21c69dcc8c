"""Fetching a list from where it comes: a file that is replaced, or an exchange by its deltas.

Exchanges (NCMEC, StopNCII, ThreatExchange) are spoken to through Meta's `threatexchange` library,
an optional extra. What it fetches is taken as it came, before the library narrows it to its own
signal types: the MD5 and SHA-1 of pictures on NCMEC's lists are kept.
"""

from __future__ import annotations

import dataclasses
import importlib
import itertools
import json
import types
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lindung.media.digests import open_regular
from lindung.media.lists.database import StoreError
from lindung.media.lists.merging import ImportResult
from lindung.media.lists.reading import ALIASES, LENGTHS, Bad, Row, digest, unfit
from lindung.media.lists.shapes import Progress
from lindung.media.lists.store import OWN_LIST, ListStore

EXCHANGES = ("ncmec", "stopncii", "threatexchange")
BATCH = 50_000  # records a transaction: an interrupted first fetch goes on from there


class ExchangeError(RuntimeError):
    """A list could not be fetched; the message says why and what to do."""


def sync(store: ListStore, list_name: str, progress: Progress | None = None) -> ImportResult:
    """Fetch a list anew from its source. A file replaces what was there, an exchange adds to it.

    What was fetched before a failure is kept, and the failure with it. Raises KeyError for a list
    that does not exist, ExchangeError, OSError, ListFormatError, StoreError.
    """
    source, checkpoint = store.source(list_name)
    try:
        if list_name == OWN_LIST:  # it may have got a source before the name was kept
            raise ExchangeError(
                f"{OWN_LIST!r} is the hotline's own list: confirmed cases fill it, no sync does."
            )
        if source.get("kind") == "file":
            path, columns = source["path"], source.get("columns")
            return store.import_file(path, list_name, columns, replace=True, progress=progress)
        if source.get("kind") != "exchange":
            raise ExchangeError(f"The list {list_name!r} has no source: import into it instead.")
        return _sync_exchange(store, list_name, _opened(source), checkpoint)
    except (OSError, ValueError, ExchangeError) as error:
        store.set_problem(list_name, str(error))
        raise


def _opened(source: Mapping[str, Any]) -> Any:
    """The exchange, signed in with the credentials that stand in a file of the operator's."""
    modules = {"ncmec": "ncmec", "stopncii": "stop_ncii", "threatexchange": "fb_threatexchange"}
    try:
        with warnings.catch_warnings():  # of libraries that it loads
            warnings.simplefilter("ignore")
            found: Any = importlib.import_module(
                f"threatexchange.exchanges.impl.{modules[source['exchange']]}_api"
            )
            ncmec: Any = importlib.import_module("threatexchange.exchanges.clients.ncmec.hash_api")
            dacite: Any = importlib.import_module("dacite")
    except ImportError as error:
        raise ExchangeError(
            "Exchanges need the threatexchange library: pip install 'lindung[exchanges]'."
        ) from error
    exchange, credentials = next(
        (value, value.get_credential_cls())
        for name, value in vars(found).items()
        if name.endswith("SignalExchangeAPI") and value.__module__ == found.__name__
    )
    settings = {"name": "lindung", "api": exchange.get_name(), "enabled": True}
    settings |= source.get("settings", {})
    try:
        environment = ncmec.NCMECEnvironment
        cast = dacite.Config(type_hooks={environment: lambda name: environment[name]}, cast=[set])
        config = dacite.from_dict(exchange.get_config_cls(), settings, cast)
        with open_regular(source["credentials"]) as file:
            secret = file.read().decode("utf-8")
        return exchange.for_collab(config, credentials._from_str(secret))
    except (dacite.DaciteError, KeyError, TypeError, ValueError) as error:
        raise ExchangeError(f"The settings of the exchange are not right: {error}.") from error


def _sync_exchange(
    store: ListStore, list_name: str, exchange: Any, kept: Mapping[str, Any]
) -> ImportResult:
    dacite: Any = importlib.import_module("dacite")
    checkpoint = dacite.from_dict(exchange.get_checkpoint_cls(), dict(kept)) if kept else None
    fresh = checkpoint is not None and checkpoint.is_stale()
    if fresh:  # the other side no longer tells what was withdrawn since: begin anew
        checkpoint = None
    total = ImportResult()
    deltas = _deltas(exchange, checkpoint)
    try:
        while batch := _batch(deltas, None if fresh else BATCH):
            rows = itertools.chain.from_iterable(exchange_rows(delta.updates) for delta in batch)
            mark = json.dumps(dataclasses.asdict(batch[-1].checkpoint))
            done = store.import_rows(rows, list_name, replace=fresh, checkpoint=mark)
            total.add(done)
            fresh = False
    except StoreError:
        raise
    except Exception as error:  # the library's own failure over an answer, whatever its type
        raise ExchangeError(f"The exchange could not be read: {error}") from error
    return total


def _deltas(exchange: Any, checkpoint: Any) -> Iterator[Any]:
    """The library's deltas; StopNCII's from its client, as the library drops their withdrawals."""
    if not hasattr(exchange, "api"):
        yield from exchange.fetch_iter([], checkpoint)
        return
    start = {"start_timestamp": checkpoint.update_time} if checkpoint else {}
    for page in exchange.api.fetch_hashes_iter(**start):
        updates = {
            (record.signalType.value, record.hashValue): (
                None if record.hashStatus.value in ("Withdrawn", "Deleted") else record
            )
            for record in page.hashRecords
        }
        mark = exchange.get_checkpoint_cls().from_stopncii_fetch(page)
        yield types.SimpleNamespace(updates=updates, checkpoint=mark)


def _batch(deltas: Iterator[Any], most: int | None) -> list[Any]:
    batch: list[Any] = []
    size = 0
    for delta in deltas:
        batch.append(delta)
        size += len(delta.updates)
        if most is not None and size >= most:
            break
    return batch


def exchange_rows(updates: Mapping[Any, Any]) -> Iterable[Row | Bad]:
    """The rows of one delta of the library: NCMEC's entries, or values by (type, text).

    An answer comes whole or not at all, so a record that cannot be taken harms no other.
    """
    for number, (key, value) in enumerate(updates.items(), 1):
        if not isinstance(key, tuple) and value is None:
            continue
        try:
            if isinstance(key, tuple):
                row = _of_signal(str(key[0]), str(key[1]), value)
            else:
                row = _of_ncmec(value)
            texts = {"entry_id": row.entry_id, "category": row.category}
            if why := unfit(texts | {"disputed_by": " ".join(row.disputed_by)}):
                raise ValueError(why)
            yield row
        except ValueError as error:
            yield Bad(number, str(error), harmless=True)


def _of_ncmec(entry: Any) -> Row:
    prints = {} if entry.deleted else entry.fingerprints
    given = {kind.casefold(): text for kind, text in prints.items()}
    values = {kind: digest(kind, text) for kind, text in given.items() if kind in LENGTHS}
    name = f"{entry.member_id}-{entry.id}"
    if not values and not entry.deleted:
        raise ValueError(f"the entry {name} has no digest that we match")
    category = entry.classification or ""
    return Row(name, category, "", "", "", values, None, bool(entry.deleted))


def _of_signal(kind: str, text: str, value: Any) -> Row:
    plain = kind.casefold().replace("_", "")
    plain = ALIASES.get(plain, plain)
    if plain not in LENGTHS:
        raise ValueError(f"{kind} is not a kind we match")
    values = {plain: digest(plain, text)}
    tags, doubters = _said(value)
    name = f"{plain}:{text.casefold()}"
    category = ", ".join(sorted(tags))[:200]
    gone = value is None
    return Row(name, category, "", "", "", values, None, gone, (), tuple(sorted(doubters)))


def _said(value: Any) -> tuple[set[str], set[str]]:
    """The tags that members put on a value, and the members who say it does not belong."""
    if hasattr(value, "CSPFeedbacks"):
        feedback = value.CSPFeedbacks
        against = [one for one in feedback if one.feedbackValue.value == "NotBlocked"]
        tags = {tag for one in feedback for tag in one.tags}
        return tags, {one.source or "a member" for one in against}
    opinions = value.get_as_opinions() if value is not None else []
    against = [one for one in opinions if one.category.name == "NEGATIVE_CLASS"]
    tags = {tag for one in opinions for tag in one.tags}
    return tags, {str(getattr(one, "owner_app_id", "a member")) for one in against}
