from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Category

REASON = {"required": _("Write one sentence: what you saw in the reasons, and why you decide so.")}


class AssessForm(forms.Form):
    category = forms.ChoiceField(label=_("Classification"), choices=Category.choices)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages=REASON,
    )


class ConfirmForm(forms.Form):
    agrees = forms.TypedChoiceField(
        label=_("Do you agree?"),
        choices=[("yes", _("I agree")), ("no", _("I do not agree"))],
        widget=forms.RadioSelect,
        coerce=lambda value: value == "yes",
    )
    note = forms.CharField(
        label=_("Note"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
