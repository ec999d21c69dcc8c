"""Where a request comes from: the connection itself, or what the operator's own proxy says."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

Handler = Callable[[HttpRequest], HttpResponseBase]
ADDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")


def from_proxy(get_response: Handler) -> Handler:
    """Believe what a proxy added only where LINDUNG_PROXY names the proxy's address."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        meta = request.META
        if meta.get("REMOTE_ADDR", "") in settings.ENV["PROXY"]:
            # The last entry is the one that our own proxy wrote.
            last = meta.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
            meta["REMOTE_ADDR"] = _address(last) or meta["REMOTE_ADDR"]
            if meta.get("HTTP_X_FORWARDED_PROTO", "").strip().lower() == "https":
                meta["wsgi.url_scheme"] = "https"
        for name in ADDED:
            meta.pop(name, None)
        return get_response(request)

    return handle


def network_of(request: HttpRequest) -> str:
    """The address that a request comes from; of IPv6 the network, which one person has whole."""
    text = _address(request.META.get("REMOTE_ADDR", ""))
    if ":" not in text:
        return text
    return str(ipaddress.ip_network(f"{text}/64", strict=False))


def _address(text: str) -> str:
    try:
        found = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return ""
    if found.version == 6 and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(found)
