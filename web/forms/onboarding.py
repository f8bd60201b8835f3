"""How an organisation and its people come in: registration, invitations, members."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from asn.models import Agency
from partners.models import Partner, PartnerMembership
from partners.services import PartnerData
from partners.states import PartnerKind, PartnerRole
from web.forms.fields import LongText

_DIGITS = {"inputmode": "numeric", "autocomplete": "off"}


class OrganisationForm(forms.Form):
    """What an organisation says about itself."""

    kind = forms.ChoiceField(label=_("Kind of organisation"), choices=PartnerKind.choices)
    name = forms.CharField(label=_("Name of the organisation"), max_length=200)
    city = forms.CharField(label=_("City of the organisation"), max_length=80)
    address = forms.CharField(label=_("Address"), max_length=300, required=False)
    sector = forms.CharField(label=_("Sector"), max_length=80, required=False)
    nib = forms.CharField(
        label=_("NIB"),
        help_text=_("Business number of OSS, 13 digits. It makes verification quicker."),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs=_DIGITS),
    )
    npwp = forms.CharField(
        label=_("NPWP"),
        help_text=_("15 or 16 digits, with or without points."),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs=_DIGITS),
    )
    university_code = forms.CharField(
        label=_("PDDIKTI code"),
        help_text=_("For universities: 6 digits."),
        max_length=10,
        required=False,
        widget=forms.TextInput(attrs=_DIGITS),
    )
    website = forms.CharField(label=_("Website"), max_length=200, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    about = LongText(label=_("What you do"), max_length=3000, required=False)

    def data_of_partner(self, *, email: str = "") -> PartnerData:
        """The answers as the services take them."""
        names = OrganisationForm.base_fields
        return PartnerData(email=email, **{name: self.cleaned_data[name] for name in names})


def _cities(**kwargs: Any) -> forms.ModelMultipleChoiceField[Agency]:
    return forms.ModelMultipleChoiceField(
        label=_("Cities you want to work with"),
        help_text=_("The HR office of each city checks your organisation."),
        queryset=Agency.objects.order_by("name"),
        widget=forms.CheckboxSelectMultiple,
        **kwargs,
    )


class OwnOrganisationForm(OrganisationForm):
    """Registering from the account one has."""

    cities = _cities()


class RegisterForm(OrganisationForm):
    """Organisation and contact person in one go."""

    cities = _cities()
    contact = forms.CharField(
        label=_("Your name"), max_length=160, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("Your e-mail address"),
        help_text=_("We send a link there. You choose your password when you open it."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    consent = forms.BooleanField(
        label=_("I may speak for this organisation, and agree that these data are used to check it and to reach me.")
    )


class ProfileForm(OrganisationForm):
    """The profile, with the address that everybody may write to."""

    email = forms.EmailField(label=_("E-mail of the organisation"), max_length=254, required=False)

    def __init__(self, *args: Any, partner: Partner, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update({name: getattr(partner, name) for name in self.base_fields})


class PasswordForm(forms.Form):
    """The password of a new account."""

    password = forms.CharField(
        label=_("Choose a password"),
        help_text=_("At least ten characters; not only digits, no common word, not your name."),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class JoinForm(PasswordForm):
    """A new account of an invited person."""

    name = forms.CharField(label=_("Your name"), max_length=160, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    field_order = ("name", "password")


class AskForm(forms.Form):
    """One more city."""

    agency_id = forms.ModelChoiceField(label=_("City"), queryset=Agency.objects.none(), empty_label=_("Choose a city"))

    def __init__(self, *args: Any, partner: Partner, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Agency.objects.exclude(pk__in=partner.verifications.values("agency_id")).order_by("name")
        self.fields["agency_id"].queryset = others  # type: ignore[attr-defined]


class AskAgainForm(forms.Form):
    """What was corrected since the refusal."""

    note = LongText(label=_("What have you corrected?"), rows=2, max_length=300, required=False)


class InviteForm(forms.Form):
    """Whom to invite, and in which role."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    role = forms.ChoiceField(
        label=_("Role"),
        help_text=_("Owners also invite and end memberships."),
        choices=PartnerRole.choices,
        initial=PartnerRole.MEMBER,
    )


class HeirForm(forms.Form):
    """Who becomes owner in one's place."""

    heir = forms.ModelChoiceField(
        label=_("New owner"), queryset=PartnerMembership.objects.none(), empty_label=_("Choose a member")
    )

    def __init__(self, *args: Any, others: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["heir"]
        field.queryset = others  # type: ignore[attr-defined]
        field.label_from_instance = lambda row: row.user.name  # type: ignore[attr-defined]
