"""Fetching a list from where it comes: a file that is replaced, or an exchange by its deltas.

Exchanges (NCMEC, StopNCII, ThreatExchange) are spoken to through Meta's `threatexchange` library,
an optional extra. What it fetches is taken as it came, before the library narrows it to its own
signal types: the MD5 and SHA-1 of pictures on NCMEC's lists are kept.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import itertools
import json
import types
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lindung.media.digests import open_regular
from lindung.media.lists.database import StoreError
from lindung.media.lists.formats import Progress, stopncii
from lindung.media.lists.merging import ImportResult
from lindung.media.lists.reading import LENGTHS, Bad, Row, digest, kind_named, unfit
from lindung.media.lists.said import disputed
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
            "Exchanges need the threatexchange library: pip install '.[exchanges]'."
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
        updates = {(one.signalType.value, one.hashValue): one for one in page.hashRecords}
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
            if hasattr(value, "CSPFeedbacks"):
                row = stopncii.record(number, _plain(dataclasses.asdict(value)))
            elif isinstance(key, tuple):
                row = _of_signal(number, str(key[0]), str(key[1]), value)
            else:
                row = _of_ncmec(number, value)
            if isinstance(row, Row):
                if why := unfit({"entry_id": row.entry_id, "category": row.category}):
                    raise ValueError(why)
                yield row
            else:
                yield dataclasses.replace(row, harmless=True)
        except ValueError as error:
            yield Bad(number, str(error), harmless=True)


def _plain(value: Any) -> Any:
    """A record of the library as the JSON that it came from."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, set, tuple)):
        return [_plain(each) for each in value]
    return value.value if isinstance(value, enum.Enum) else value


def _of_ncmec(number: int, entry: Any) -> Row | Bad:
    prints = {} if entry.deleted else entry.fingerprints
    given = {kind.casefold(): text for kind, text in prints.items()}
    values = {kind: digest(kind, text) for kind, text in given.items() if kind in LENGTHS}
    name = f"{entry.member_id}-{entry.id}"
    if not values and not entry.deleted:
        raise ValueError(f"the entry {name} has no digest that we match")
    category = entry.classification or ""
    row = Row(name, category, "", "", "", values, None, bool(entry.deleted))
    said = itertools.chain.from_iterable(entry.feedback.values())
    against = [one.member.esp_name for one in said if one.feedback_type.value == "downvote"]
    return disputed(number, row, against)


def _of_signal(number: int, name: str, text: str, value: Any) -> Row | Bad:
    """A value that members have opinions of. What none calls harmful flags nobody."""
    kind = kind_named(name)
    if not kind:
        raise ValueError(f"{name} is not a kind we match")
    values = {kind: digest(kind, text)}
    opinions = value.get_as_opinions() if value is not None else []
    by_class: dict[str, list[str]] = {}
    for one in opinions:
        said = by_class.setdefault(one.category.name, [])
        said += [str(one.owner_app_id)] if hasattr(one, "owner_app_id") else []
    doubted = by_class.get(
        "NEGATIVE_CLASS", []
    )  # the trivial opinion of a plain value has no owner
    if "POSITIVE_CLASS" not in by_class:
        doubted = doubted + by_class.get("INVESTIGATION_SEED", [])
    gone = value is None or by_class.keys() == {"NEGATIVE_CLASS"}
    category = ", ".join(sorted({tag for one in opinions for tag in one.tags}))[:200]
    entry = f"{kind}:{text.casefold()}"
    return disputed(number, Row(entry, category, "", "", "", values, None, gone), doubted)
