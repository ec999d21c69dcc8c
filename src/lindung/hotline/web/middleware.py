"""What every answer carries, and how much a request may bring."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.urls import Resolver404, resolve

from . import views

Handler = Callable[[HttpRequest], HttpResponseBase]

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src {connect}",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), "
    "browsing-topics=(), publickey-credentials-get=(self), publickey-credentials-create=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cache-Control": "no-store",
    # Not "no-referrer": browsers would then send "Origin: null" and every form would be refused.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
INDEXED = ("report", "help")
DRAINED = 16 * 2**20
PIECE = 64 * 2**10


def headers(get_response: Handler) -> Handler:
    """Nothing from elsewhere, nothing inline, nothing kept, nothing embedded."""
    # The console's passkey script fetches its challenge; a public page fetches nothing.
    policy = CONTENT_POLICY.format(connect="'self'" if settings.PROCESS == "console" else "'none'")

    def handle(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response["Content-Security-Policy"] = policy
        for name, value in HEADERS.items():
            response[name] = value
        if not _may_be_indexed(request):
            response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return handle


def _may_be_indexed(request: HttpRequest) -> bool:
    if settings.PROCESS == "console" or request.method not in ("GET", "HEAD") or request.GET:
        return False
    try:
        return resolve(request.path_info).url_name in INDEXED
    except Resolver404:
        return False


def size_limit(get_response: Handler) -> Handler:
    """Answer 413 to a body above DATA_UPLOAD_MAX_MEMORY_SIZE, declared or found while reading."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        assert isinstance(limit, int)  # noqa: S101
        body: IO[bytes] = request.META["wsgi.input"]
        declared = request.META.get("CONTENT_LENGTH") or ""
        if declared:
            if not declared.isdecimal() or int(declared) > limit:
                # A browser shows our answer only once it has finished sending.
                _drain(body, int(declared) if declared.isdecimal() else 0)
                return views.too_large(request)
        elif "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            data = body.read(limit + 1)
            if len(data) > limit:
                _drain(body, DRAINED)
                return views.too_large(request)
            # Django reads only a body of declared length.
            request.META["CONTENT_LENGTH"] = str(len(data))
            request._stream = io.BytesIO(data)
        return get_response(request)

    return handle


def readable(get_response: Handler) -> Handler:
    """Answer 400, in words, to what no form of ours sends: odd charsets, NUL, broken bodies."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        charset = request.content_params.get("charset", "utf-8") if request.content_params else ""
        try:
            odd = charset.lower() not in ("", "utf-8", "utf8")
            odd = odd or "\0" in request.path
            if not odd:
                for fields in (request.GET, request.POST):
                    odd = odd or any("\0" in key or "\0" in value for key, value in _pairs(fields))
        except (BadRequest, SuspiciousOperation, MultiPartParserError, ValueError, LookupError):
            odd = True
        return views.unreadable(request) if odd else get_response(request)

    return handle


def _pairs(fields: QueryDict) -> list[tuple[str, str]]:
    return [(key, str(value)) for key, values in fields.lists() for value in values]


def _drain(body: IO[bytes], declared: int) -> None:
    left = min(declared, DRAINED)
    while left > 0 and (piece := body.read(min(left, PIECE))):
        left -= len(piece)
