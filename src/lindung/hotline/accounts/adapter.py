"""How allauth is held to the hotline's rules."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAdapter(DefaultAccountAdapter):
    """Nobody signs up by themselves: accounts come from one-time links only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
