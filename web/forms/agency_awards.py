"""Criteria of awards, and the decree that grants one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from partners.kinds import kind_choices
from web.forms.fields import DateField, LongText


class RuleForm(forms.Form):
    """A criterion that everyone of the agency can read."""

    name = forms.CharField(label=_("Name of the award"), max_length=160)
    code = forms.SlugField(
        label=_("Short name"), help_text=_("Letters, digits and hyphens, such as magang-teladan."), max_length=60
    )
    description = LongText(label=_("What it is given for"), max_length=2000, rows=3, required=False)
    decided_by = forms.CharField(label=_("Who decides"), help_text=_("For example the mayor."), max_length=120)
    document = forms.CharField(
        label=_("What is issued"), help_text=_("For example a charter or a mayor's decree."), max_length=80
    )
    legal_basis = forms.CharField(label=_("Legal basis"), max_length=200, required=False)
    kinds = forms.MultipleChoiceField(
        label=_("Kinds of slot"),
        help_text=_("None ticked means all kinds."),
        choices=kind_choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    minimum_mentor_rating = forms.DecimalField(
        label=_("Mentor's final rating, at least"),
        min_value=Decimal("1"),
        max_value=Decimal("5"),
        max_digits=2,
        decimal_places=1,
        initial=Decimal("4"),
    )
    needs_level_gain = forms.BooleanField(
        label=_("The mentor saw at least one objective reached"), initial=True, required=False
    )
    points = forms.IntegerField(
        label=_("Points"), help_text=_("Points have no legal value."), min_value=0, max_value=1000, initial=0
    )


class DecreeForm(forms.Form):
    """No award without number, date and signer."""

    decree_number = forms.CharField(label=_("Number of the decree"), max_length=80)
    decree_date = DateField(label=_("Date of the decree"))
    signer = forms.CharField(label=_("Signed by"), help_text=_("Position and name, as on the letter."), max_length=160)


class DeclineForm(forms.Form):
    """Why an award is not granted."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It is kept on record with your name."),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class HandOverForm(forms.Form):
    """The day of the ceremony."""

    handed_over_on = DateField(label=_("Handed over on"))


AWARD_FORMS: dict[str, type[Any]] = {"grant": DecreeForm, "decline": DeclineForm, "hand_over": HandOverForm}
