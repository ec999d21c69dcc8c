from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from .models import Category

REASON = {"required": _("Write one sentence: what you saw in the reasons, and why you decide so.")}


class _AsSeen(forms.Form):
    """The form of a page that shows so many `captures`; when one came in since, it comes back."""

    captures = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, captures: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._captures = self.fields["captures"].initial = captures

    def clean(self) -> None:
        super().clean()
        if self.cleaned_data.get("captures") not in (None, self._captures):
            typed = cast(QueryDict, self.data).copy()
            typed["captures"] = str(self._captures)
            self.data = typed
            raise forms.ValidationError(
                _("A capture came in since you opened this page. Look at it, then save again.")
            )


class AssessForm(_AsSeen):
    """`marked` files are shown in a table of their own, with what is known of each beside its box.

    A choice is a file as the person saw it: when a doubt about it has come up since, its choice
    is another one, and the mark is not taken over. `assessment` is the newest that the person read.
    """

    assessment = forms.CharField(required=False, widget=forms.HiddenInput)
    marked = forms.MultipleChoiceField(
        required=False,
        error_messages={
            "invalid_choice": _(
                "What is known of a marked file has changed since you opened this page. "
                "Look at the marks again."
            )
        },
    )
    category = forms.ChoiceField(
        label=_("Classification"),
        choices=[("", _("Choose one")), *Category.choices],  # none is taken by not choosing
        error_messages={"required": _("Choose a classification.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages=REASON,
    )

    def __init__(self, *args: Any, files: Mapping[str, str] | None = None, **how: Any) -> None:
        """`files`: the choices, and the SHA-256 digest that each stands for."""
        super().__init__(*args, **how)
        self._digests = files or {}
        self.fields["marked"].choices = [(c, c) for c in self._digests]  # type: ignore[attr-defined]

    def clean_marked(self) -> list[str]:
        return [self._digests[choice] for choice in self.cleaned_data["marked"]]


class ConfirmForm(_AsSeen):
    """`assessment` and the number of `reports` are what the person read."""

    assessment = forms.UUIDField(widget=forms.HiddenInput)
    reports = forms.IntegerField(widget=forms.HiddenInput)
    agrees = forms.TypedChoiceField(
        label=_("Do you agree?"),
        choices=[("yes", _("I agree")), ("no", _("I do not agree"))],
        widget=forms.RadioSelect,
        coerce=lambda value: value == "yes",
    )
    note = forms.CharField(
        label=_("Note"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
