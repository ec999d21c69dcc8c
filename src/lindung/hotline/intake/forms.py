"""The public forms: plain words, typed text kept, field-level messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core import signing
from django.http import QueryDict
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from lindung.text import NotUnderstood, canonicalise

from .models import About

MOST_ADDRESSES = 20
MOST_CONTACT = 200
MOST_WORDS = 40_000  # characters; in any script they fit into DATA_UPLOAD_MAX_MEMORY_SIZE or nearly
NONCE_SALT = "lindung.report"


def fresh_nonce() -> str:
    """A signed one-time number for one form."""
    return signing.Signer(salt=NONCE_SALT).sign(get_random_string(32))


class ReportForm(forms.Form):
    """Everything typed is a textarea: browsers put those back when somebody comes back to the page,
    and never offer them to the next person. None has a `maxlength`, which cuts in silence.
    """

    about = forms.ChoiceField(choices=About.choices, widget=forms.HiddenInput)
    nonce = forms.CharField(widget=forms.HiddenInput, max_length=200)
    where = forms.CharField(
        label=_("Where is it?"),
        help_text=_("A link, an @account or a phone number. One on each line."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )
    words = forms.CharField(
        label=_("What is it?"),
        help_text=_("A few words are enough."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    danger = forms.ChoiceField(
        label=_("Is a child in danger right now?"),
        choices=[("yes", _("Yes")), ("no", _("No")), ("unsure", _("I am not sure"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose yes, no or “I am not sure”.")},
    )
    is_child = forms.BooleanField(label=_("I am under 18"), required=False)
    contact = forms.CharField(
        label=_("How can we reach you?"),
        help_text=_("An e-mail address or a phone number. You can leave this out."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 1}),
    )
    pass_on = forms.BooleanField(
        label=_("You may give this to the police, so that they can reach me"), required=False
    )

    def clean_nonce(self) -> str:
        try:
            return signing.Signer(salt=NONCE_SALT).unsign(self.cleaned_data["nonce"])
        except signing.BadSignature:
            # A new number goes into the redrawn form, and what was typed stays.
            redrawn = cast(QueryDict, self.data).copy()
            redrawn["nonce"] = fresh_nonce()
            self.data = redrawn
            raise forms.ValidationError(
                _("This form could not be read. Please press “Send report” again.")
            ) from None

    def clean_words(self) -> str:
        words: str = self.cleaned_data["words"].replace("\r\n", "\n")
        if len(words) > MOST_WORDS:
            raise forms.ValidationError(
                _(
                    "This is %(now)s characters long; one report holds %(most)s. Take the end away "
                    "and send it in a second report."
                ),
                params={"now": len(words), "most": MOST_WORDS},
            )
        return words

    def clean_contact(self) -> str:
        contact = " ".join(self.cleaned_data["contact"].split())
        if len(contact) > MOST_CONTACT:
            raise forms.ValidationError(
                _("This is longer than %(most)s characters."), params={"most": MOST_CONTACT}
            )
        return contact

    def clean_where(self) -> tuple[str, ...]:
        lines = [line.strip() for line in self.cleaned_data["where"].splitlines()]
        lines = [line for line in lines if line]
        if len(lines) > MOST_ADDRESSES:
            raise forms.ValidationError(
                _("Please send at most %(most)s lines at once. You can send another report."),
                params={"most": MOST_ADDRESSES},
            )
        problems = []
        for number, line in enumerate(lines, 1):
            try:
                canonicalise(line, region=settings.ENV["COUNTRY"])
            except NotUnderstood as error:
                text = _now(str(error))
                problems.append(
                    text
                    if len(lines) == 1
                    else _now("Line %(number)s: %(text)s") % {"number": number, "text": text}
                )
        if problems:
            raise forms.ValidationError(problems)
        return tuple(lines)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("where") and not data.get("words", "").strip():
            self.add_error("where", _("Tell us where it is, or describe it in the next box."))
        return data


def as_typed(data: Mapping[str, Any]) -> ReportForm:
    """The form with what was typed so far, and no word about what is missing in it."""
    initial = {name: data.get(name, "") for name in ReportForm.base_fields}
    try:
        signing.Signer(salt=NONCE_SALT).unsign(initial["nonce"])
    except signing.BadSignature:
        initial["nonce"] = fresh_nonce()
    return ReportForm(initial=initial)


class CheckForm(forms.Form):
    receipt = forms.CharField(
        label=_("Your seven words"),
        max_length=200,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": _("Type the seven words of your receipt.")},
    )
