"""A MISP event: unpublished and for the receiving organisation only, until somebody decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5


def misp_event(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The event as MISP's REST interface and `misp-modules` import take it."""

    def attribute(kind: str, value: str, category: str, note: str) -> dict[str, Any]:
        name = f"{manifest['bundle']}/{kind}/{value}"
        return {
            "uuid": str(uuid5(NAMESPACE_URL, name)), "type": kind, "category": category,
            "value": value, "comment": note, "to_ids": False, "distribution": "0",
        }  # fmt: skip

    attributes = [attribute("url", manifest["address"], "Network activity", "reported address")]
    if manifest["final_address"] != manifest["address"]:
        attributes.append(
            attribute("url", manifest["final_address"], "Network activity", "where it led")
        )
    if manifest.get("http_status") is not None:
        status = f"HTTP status {manifest['http_status']}"
        attributes.append(attribute("text", status, "Other", "what the site answered for the page"))
    attributes += [
        attribute(kind, entry[kind], "Payload delivery", f"{entry['name']} of the capture")
        for entry in manifest["files"]
        for kind in ("sha256", "sha1", "md5")
    ]
    return {
        "Event": {
            "uuid": manifest["bundle"],
            "info": f"Sealed capture {manifest['bundle']} by {manifest['operator']}",
            "date": manifest["sealed"][:10],
            "threat_level_id": "4",
            "analysis": "0",
            "distribution": "0",
            "published": False,
            "Tag": [{"name": "tlp:red"}],
            "Attribute": attributes,
        }
    }
