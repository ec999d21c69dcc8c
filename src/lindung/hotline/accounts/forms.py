from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.forms import ChangePasswordForm
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from . import doors, services
from .models import Person, Role


class SetupForm(forms.Form):
    """What a person chooses when they follow their one-time link."""

    username = forms.SlugField(
        label=_("User name"),
        max_length=40,
        help_text=_("Small letters, digits, hyphens."),
        error_messages={"invalid": _("Use small letters, digits and hyphens only.")},
    )
    name = forms.CharField(label=_("Your name, as colleagues know it"), max_length=80)
    password1 = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters. A few unrelated words are good."),
    )
    password2 = forms.CharField(
        label=_("The password again"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"].lower()
        if Person.objects.filter(username=username).exists():
            raise forms.ValidationError(_("This user name is taken. Choose another."))
        return username

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, second = data.get("password1"), data.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords differ. Type them again."))
        if first:
            try:
                validate_password(
                    first, Person(username=data.get("username", ""), name=data.get("name", ""))
                )
            except forms.ValidationError as error:
                self.add_error("password1", error)
        return data


class InviteForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class OwnPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """A new password: the database takes it from whoever proves the old one."""

    def save(self) -> None:
        services.change_password(
            self.user, old=self.cleaned_data["oldpassword"], new=self.cleaned_data["password1"]
        )


class Once(BaseAuthenticateForm):  # type: ignore[misc]
    """A code opens the door once (RFC 6238 section 5.2), and tries are counted in the database."""

    def clean_code(self) -> str:
        number = doors.attempt(context.request, "code", self.user.username)
        if number is None:
            raise get_account_adapter().validation_error("too_many_login_attempts")
        code: str = super().clean_code()
        if not doors.use_code(self.user.pk, normalize_user_code(code)):
            raise get_adapter().validation_error("incorrect_code")
        doors.good(number)
        return code


class SignInForm(Once, AuthenticateForm):  # type: ignore[misc]
    pass


class SignInAgainForm(Once, ReauthenticateForm):  # type: ignore[misc]
    pass
