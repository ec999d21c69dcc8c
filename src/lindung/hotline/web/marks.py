"""What turns the direction of writing, shown as a mark: an address must look like what it is."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

Handler = Callable[[HttpRequest], HttpResponseBase]

NAMES = {
    "\u061c": "ALM",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
}
TURNS = re.compile(f"[{''.join(NAMES)}]")


def marked(text: str) -> str:
    """The text with a visible name in the place of each character that turns it."""
    return TURNS.sub(lambda found: f"[{NAMES[found.group()]}]", text)


def pages(get_response: Handler) -> Handler:
    """No page of the console shows such a character, wherever its text comes from."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if isinstance(response, HttpResponse) and "html" in response.get("Content-Type", ""):
            text = response.content.decode()
            if TURNS.search(text):
                response.content = marked(text).encode()
        return response

    return handle
