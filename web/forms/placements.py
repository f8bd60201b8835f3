"""Forms of a running placement, short enough for a phone."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from asn.models import Competency
from asn.states import Level
from placements.states import EndReason
from web.forms.fields import DateField, LongText


class LogbookForm(forms.Form):
    """One day. Date and hours come filled in: usually only one field is left to write."""

    entry_date = DateField(label=_("Day"))
    hours = forms.DecimalField(
        label=_("Hours"), min_value=Decimal("0.5"), max_value=Decimal("24"), max_digits=3, decimal_places=1
    )
    activity = LongText(label=_("What did you do?"), max_length=2000, rows=3)
    output = forms.CharField(label=_("What came of it?"), max_length=600, required=False)
    lesson = forms.CharField(label=_("What did you learn?"), max_length=600, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hours"].widget.attrs.update({"step": "0.5", "inputmode": "decimal"})


class SessionForm(forms.Form):
    """One mentoring meeting that took place."""

    held_on = DateField(label=_("Day"))
    minutes = forms.IntegerField(label=_("Minutes"), min_value=15, max_value=480, initial=60)
    agenda = forms.CharField(label=_("What was it about?"), max_length=600)
    notes = LongText(
        label=_("Notes"), help_text=_("Your mentor and HR can read them."), max_length=3000, rows=3, required=False
    )


class PlanLineForm(forms.Form):
    """How one objective of the slot will be reached. Competency and levels come from the slot."""

    competency = forms.CharField(widget=forms.HiddenInput)
    activity = forms.CharField(label=_("What will you do for it?"), max_length=400)
    evidence = forms.CharField(label=_("What will show that it was reached?"), max_length=400)


PlanFormSet = forms.formset_factory(PlanLineForm, extra=0, max_num=20, absolute_max=20)


class EvaluationForm(forms.Form):
    """The participant's view at the end, with the level reached in each objective."""

    overall = forms.TypedChoiceField(
        label=_("How useful was this placement, all in all?"),
        coerce=int,
        choices=[
            (5, _("5 – very useful")),
            (4, _("4 – useful")),
            (3, _("3 – partly")),
            (2, _("2 – little")),
            (1, _("1 – not useful")),
        ],
        widget=forms.RadioSelect,
    )
    strengths = LongText(label=_("What was good?"), max_length=2000, rows=3, required=False)
    improvements = LongText(label=_("What should be better?"), max_length=2000, rows=3, required=False)
    applied = LongText(label=_("What will you use at work, and when?"), max_length=2000, rows=3)

    def __init__(self, *args: Any, objectives: Sequence[Competency] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.codes = {f"level_{number}": competency.pk for number, competency in enumerate(objectives)}
        for name, competency in zip(self.codes, objectives, strict=True):
            self.fields[name] = forms.TypedChoiceField(
                label=_("Your level now in %(competency)s") % {"competency": competency.name},
                coerce=int,
                empty_value=None,
                required=False,
                choices=[
                    ("", _("I cannot say")),
                    *((level.value, f"{level.value} – {level.label}") for level in Level),
                ],
            )

    @property
    def ratings(self) -> list[tuple[str, int]]:
        """(competency code, level) of the answered objectives."""
        answers = ((code, self.cleaned_data.get(name)) for name, code in self.codes.items())
        return [(code, level) for code, level in answers if level is not None]


class StopForm(forms.Form):
    """Why a participant gives the seat back before the start."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[
            (reason.value, reason.label)
            for reason in (
                EndReason.PERSONAL,
                EndReason.HEALTH,
                EndReason.DUTY_CALL,
                EndReason.TRANSFER,
                EndReason.OTHER,
            )
        ],
    )
    note = forms.CharField(label=_("Note"), max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 2}))
