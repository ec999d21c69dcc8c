"""CASE/UCO 1.x JSON-LD, with the hotline terms of Project VIC's CAC ontology beside them.

https://caseontology.org; https://cacontology.projectvic.org (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

_CONTEXT = {
    "kb": "urn:lindung:",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "investigation": "https://ontology.caseontology.org/case/investigation/",
    "action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "hotlines": "https://cacontology.projectvic.org/hotlines/core#",
}


def case_graph(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """One investigative action by one tool for one hotline, and what it produced."""
    made = _Graph(str(manifest["bundle"]))
    hotline = made.add("organisation", ["identity:Organization", "hotlines:HotlineOrganization"],
                       {"core:name": manifest["operator"]})  # fmt: skip
    tool = made.add("tool", "tool:Tool", {
        "core:name": "Lindung", "tool:version": manifest["versions"].get("lindung", "unknown"),
    })  # fmt: skip
    address = made.add("address", ["observable:URL", "hotlines:URLReference"], {
        "core:hasFacet": [made.add("url-facet", "observable:URLFacet", _url(manifest["address"]))],
    })  # fmt: skip
    files = [_file(made, number, entry) for number, entry in enumerate(manifest["files"])]
    record = made.add("provenance", "investigation:ProvenanceRecord", {
        "core:description": f"Sealed capture: {manifest['outcome']}{_answered(manifest)}",
        "core:object": [address, *files],
        "investigation:exhibitNumber": manifest["bundle"],
    })  # fmt: skip
    made.add("capture", "investigation:InvestigativeAction", {
        "core:name": "Capture and sealing of a reported address",
        **{f"action:{end}Time": _time(manifest[key]) for end, key in
           (("start", "started"), ("end", "sealed")) if manifest.get(key)},
        "action:performer": hotline, "action:instrument": [tool],
        "action:object": [address], "action:result": [record, *files],
    })  # fmt: skip
    return {"@context": _CONTEXT, "@graph": made.nodes}


def _answered(manifest: Mapping[str, Any]) -> str:
    status = manifest.get("http_status")
    return "" if status is None else f"; HTTP status {status}"


class _Graph:
    def __init__(self, bundle: str) -> None:
        self.nodes: list[dict[str, Any]] = []
        self._bundle = bundle

    def add(
        self, part: str, kind: str | list[str], properties: Mapping[str, Any]
    ) -> dict[str, str]:
        """Put a node into the graph; returns the reference to it."""
        name = f"kb:{part}-{uuid5(NAMESPACE_URL, f'{self._bundle}/{part}')}"
        self.nodes.append({"@id": name, "@type": kind, **properties})
        return {"@id": name}


def _file(made: _Graph, number: int, entry: Mapping[str, Any]) -> dict[str, str]:
    hashes = [
        made.add(f"hash-{number}-{name}", "types:Hash", {
            "types:hashMethod": method,
            "types:hashValue": {"@type": "xsd:hexBinary", "@value": entry[name].upper()},
        })
        for name, method in (("sha256", "SHA256"), ("sha1", "SHA1"), ("md5", "MD5"))
    ]  # fmt: skip
    facets = [
        made.add(f"file-{number}-name", "observable:FileFacet",
                 {"observable:fileName": entry["name"], "observable:sizeInBytes": entry["size"]}),
        made.add(f"file-{number}-content", "observable:ContentDataFacet",
                 {"observable:hash": hashes, "observable:mimeType": entry["kind"],
                  "observable:sizeInBytes": entry["size"]}),
    ]  # fmt: skip
    kinds = ["observable:File", "hotlines:EvidenceItem"]
    return made.add(f"file-{number}", kinds, {"core:hasFacet": facets})


def _url(address: str) -> dict[str, Any]:
    facet: dict[str, Any] = {"observable:fullValue": address}
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return facet
    found = {"scheme": parts.scheme, "path": parts.path, "query": parts.query,
             "fragment": parts.fragment, "port": port}  # fmt: skip
    return facet | {f"observable:{name}": value for name, value in found.items() if value}


def _time(text: str) -> dict[str, str]:
    return {"@type": "xsd:dateTime", "@value": text}
