"""WACZ 1.1.1: the records of an opened bundle, for ReplayWeb.page."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator

from lindung.evidence.exports.posted import Posted, posted
from lindung.evidence.exports.surt import sort_key

_MOST_ASKED = 1 << 20
_FIXED = (1980, 1, 1, 0, 0, 0)


def write_wacz(opened: Path, manifest: Mapping[str, Any], out: Path) -> None:
    """Write the WACZ file `out` from the files of an opened bundle."""
    warc = opened / "archive.warc.gz"
    stamp = str(manifest.get("started") or manifest["sealed"])
    page = {"id": manifest["bundle"], "url": manifest["final_address"], "ts": stamp,
            "title": manifest["final_address"]}  # fmt: skip
    head = {"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}
    parts: dict[str, bytes | Path] = {
        "archive/archive.warc.gz": warc,
        "indexes/index.cdx": "".join(sorted(_index(warc))).encode(),
        "pages/pages.jsonl": f"{json.dumps(head)}\n{json.dumps(page)}\n".encode(),
    }
    resources = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        for path, content in parts.items():
            digest, size = sha256(), 0
            info = zipfile.ZipInfo(path, _FIXED)
            # told beforehand, so that only what is too large for it leaves the plain form: readers
            # in browsers know no other
            info.file_size = content.stat().st_size if isinstance(content, Path) else len(content)
            with file.open(info, "w") as member:
                for piece in _pieces(content):
                    member.write(piece)
                    digest.update(piece)
                    size += len(piece)
            resources.append({"name": path.rpartition("/")[2], "path": path,
                              "hash": f"sha256:{digest.hexdigest()}", "bytes": size})  # fmt: skip
        package = json.dumps(
            {
                "profile": "data-package",
                "wacz_version": "1.1.1",
                "software": f"lindung {manifest['versions'].get('lindung', '')}".strip(),
                "created": manifest["sealed"],
                "title": f"Sealed capture {manifest['bundle']}",
                "mainPageUrl": manifest["final_address"],
                "mainPageDate": stamp,
                "resources": resources,
            },
            indent=2,
        ).encode()
        file.writestr(zipfile.ZipInfo("datapackage.json", _FIXED), package)
        digest_of = {"path": "datapackage.json", "hash": f"sha256:{sha256(package).hexdigest()}"}
        name = zipfile.ZipInfo("datapackage-digest.json", _FIXED)
        file.writestr(name, json.dumps(digest_of, indent=2))


def _index(warc: Path) -> Iterator[str]:
    """CDXJ lines: the sort key, the time, and where a response lies in the file."""
    asked = _requests(warc)
    for record, records in _records(warc):
        url = record.rec_headers.get_header("WARC-Target-URI") or ""
        label = record.rec_headers.get_header("Lindung-Record")
        made = record.rec_type == "resource" and label == "synthesised-by-service-worker"
        if record.rec_type != "response" and not made:
            continue
        headers = record.http_headers
        kind = (headers.get_header("content-type") if headers
                else record.rec_headers.get_header("Content-Type")) or ""  # fmt: skip
        entry = {
            "url": url,
            "mime": kind.partition(";")[0].strip(),
            "status": headers.get_statuscode() if headers else "200",
            "digest": record.rec_headers.get_header(
                "WARC-Payload-Digest"
            ) or record.rec_headers.get_header("WARC-Block-Digest"),
            "filename": "archive.warc.gz",
        }  # fmt: skip
        request = asked.get(record.rec_headers.get_header("WARC-Record-ID"))
        if request is not None:
            entry |= {"method": request.method, "requestBody": request.body}
        key = sort_key(request.added_to(url) if request else url)
        moment = "".join(c for c in record.rec_headers.get_header("WARC-Date") if c.isdigit())
        while record.raw_stream.read(1 << 16):
            pass
        entry |= {"offset": str(records.get_record_offset()),
                  "length": str(records.get_record_length())}  # fmt: skip
        yield f"{key} {moment[:14]} {json.dumps(entry)}\n"


def _requests(warc: Path) -> dict[str, Posted]:
    """The requests that were no GET, by the response that answered each."""
    found: dict[str, Posted] = {}
    for record, _ in _records(warc):
        answer = record.rec_headers.get_header("WARC-Concurrent-To")
        if record.rec_type != "request" or not answer or record.http_headers is None:
            continue
        kind = record.http_headers.get_header("content-type") or ""
        body = record.content_stream().read(_MOST_ASKED)
        if (request := posted(record.http_headers.protocol, kind, body)) is not None:
            found[answer] = request
    return found


def _records(warc: Path) -> Iterator[tuple[Any, Any]]:
    with warc.open("rb") as file:
        records = ArchiveIterator(file)
        for record in records:
            yield record, records


def _pieces(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece
