from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from .adapters import address_problem
from .models import Authority


class ReferForm(forms.Form):
    reports = forms.IntegerField(widget=forms.HiddenInput)
    authority = forms.ModelChoiceField(
        label=_("Refer to"), queryset=Authority.objects.filter(active=True)
    )


class AcknowledgeForm(forms.Form):
    reference = forms.CharField(
        label=_("Their reference number"),
        max_length=120,
        error_messages={"required": _("Type the reference the authority gave.")},
    )


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is cancelled"),
        max_length=500,
        error_messages={"required": _("Say why this letter is not to leave.")},
    )


class AuthorityForm(forms.ModelForm):  # type: ignore[type-arg]
    language = forms.ChoiceField(label=_("Language of letters"), choices=settings.LANGUAGES)

    class Meta:
        model = Authority
        fields = ["name", "adapter", "address", "language"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if problem := address_problem(data.get("adapter", ""), data.get("address", "")):
            self.add_error("address", _now(problem))
        return data
