"""Sort keys of addresses as web archives write them: `com,example)/path?query`.

Written to the values that the `surt` package of the Internet Archive gives (a table of them is in
the tests); the package itself is under the AGPL and not used.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, ip_address
from urllib.parse import quote, unquote_to_bytes, urlsplit

_KEPT = "".join(chr(c) for c in range(0x21, 0x7F) if chr(c) not in "#%")
_WWW = re.compile(r"^www\d*\.")
_IN_PATH = re.compile(r"\(\w\([0-9a-z]{24}\)\)/?")
_IN_QUERY = re.compile(
    r"(?:^|(?<=&))(?:(?:jsessionid|phpsessid|sid)=[0-9a-z]{32}|aspsessionid[a-z]{8}=[a-z]{24}"
    r"|cfid=[^&]+&cftoken=[^&]+)(?:&|$)"
)


def sort_key(url: str) -> str:
    """The sort key of an http or https address; anything else is its own."""
    url = url.encode("utf-8", "replace").decode()  # half characters
    try:
        parts = urlsplit(url.strip().replace("\\", "%5c"))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return quote(url, safe=_KEPT)
    if parts.scheme not in ("http", "https") or not host:
        return quote(url, safe=_KEPT + "%")
    place = f":{port}" if port not in (None, 443 if parts.scheme == "https" else 80) else ""
    path = _plain(_resolved(parts.path)).lower()
    path = _IN_PATH.sub("", path)
    path = path.rstrip("/") or "/"
    query = _IN_QUERY.sub("", _plain(parts.query).lower()).rstrip("&")
    query = "?" + "&".join(sorted(query.split("&"))) if query else ""
    return f"{_reversed(host)}{place}){path}{query}"


def _reversed(host: str) -> str:
    host = host.strip(".").lower()
    if host.isdecimal() and int(host) < 1 << 32:
        host = str(IPv4Address(int(host)))
    try:
        if ip_address(host).version == 6:
            return host
    except ValueError:
        host = _WWW.sub("", host)
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            host = quote(host)
    return ",".join(reversed(host.split(".")))


def _resolved(path: str) -> str:
    done: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del done[-1:]
        elif part not in ("", "."):
            done.append(part)
    return "/" + "/".join(done)


def _plain(text: str) -> str:
    """Escaped as little as can be, each byte in one way."""
    before, now = b"", text.encode("utf-8", "replace")
    while now != before:
        before, now = now, unquote_to_bytes(now)
    return quote(now, safe=_KEPT)
