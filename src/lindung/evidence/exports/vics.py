"""VICS-shaped JSON: what readers of Project VIC's data model take in.

Reader-compatible, not certified. Category 0 is "not yet categorised": nothing here decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def vics_cases(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """One case whose media are the sealed files, by digest and size."""
    media = [
        {
            "MediaID": number,
            "Category": 0,
            "MD5": entry["md5"].upper(),
            "SHA1": entry["sha1"].upper(),
            "MediaSize": entry["size"],
            "MimeType": entry["kind"],
            "MediaFiles": [
                {
                    "MD5": entry["md5"].upper(),
                    "FileName": entry["name"],
                    "FilePath": manifest["address"],
                    "Created": manifest["sealed"],
                }
            ],
        }
        for number, entry in enumerate(manifest["files"], 1)
    ]
    return {
        "@odata.context": "http://github.com/ICMEC/ProjectVic/DataModels/2.0.xml/US/$metadata#Cases",
        "value": [
            {
                "CaseID": manifest["bundle"],
                "CaseNumber": manifest["bundle"],
                "ContactOrganization": manifest["operator"],
                "SourceApplicationName": "Lindung",
                "SourceApplicationVersion": manifest["versions"].get("lindung", ""),
                "TotalMediaFiles": len(media),
                "Media": media,
            }
        ],
    }
