"""What a team says of a milestone, and what the host answers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from placements.models import MilestoneReport
from web.forms.fields import DateField, LongText


class MilestoneForm(forms.Form):
    """What was reached, when, and what shows it."""

    text = LongText(label=_("What has been reached?"), max_length=2000, rows=5)
    reached_on = DateField(label=_("Reached on"))
    link = forms.URLField(
        label=_("Link to what shows it"),
        help_text=_("A secure address, https://…"),
        max_length=300,
        required=False,
        assume_scheme="https",
    )
    file = forms.FileField(label=_("Or a PDF"), required=False)

    def __init__(self, *args: Any, report: MilestoneReport | None, today: dt.date, **kwargs: Any) -> None:
        said = {"text": report.text, "reached_on": report.reached_on, "link": report.link} if report else {}
        kwargs["initial"] = {"reached_on": today} | said
        super().__init__(*args, **kwargs)


class MilestoneDecisionForm(forms.Form):
    """Confirmed, or what is missing."""

    note = LongText(label=_("What is missing (to return it)"), max_length=600, rows=3, required=False)
