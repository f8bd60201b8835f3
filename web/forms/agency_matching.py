"""What HR decides about the recommendations."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from matching.states import LEAST_CEILING


class CeilingForm(forms.Form):
    """How much of the first places one partner may have, and on what basis."""

    first_place_ceiling = forms.IntegerField(
        label=_("Highest share of one partner, in percent"),
        help_text=_("100 means no ceiling."),
        min_value=LEAST_CEILING,
        max_value=100,
    )
    basis = forms.CharField(
        label=_("Basis"),
        help_text=_("Who decided this and why, such as the number of a circular or the minutes of a meeting."),
        max_length=300,
    )
    confirm = forms.BooleanField(
        label=_("Yes, all recommendations of the agency shall be made anew under this ceiling")
    )
