"""Forms of a running placement, short enough for a phone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from asn.states import Level
from partners.kinds import EvaluationForm as EvaluationAsked
from partners.kinds import Ratings
from placements.models import Placement
from placements.selectors import goals
from placements.states import EndReason, EvaluatorRole, NoteVisibility
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
    notes = LongText(label=_("Notes"), max_length=3000, rows=3, required=False)
    visibility = forms.ChoiceField(
        label=_("Who may read the notes?"), choices=NoteVisibility.choices, initial=NoteVisibility.PAIR
    )


class PlanLineForm(forms.Form):
    """How one objective of the slot will be reached. Competency and levels come from the slot."""

    competency = forms.CharField(widget=forms.HiddenInput)
    activity = forms.CharField(label=_("What will you do for it?"), max_length=400)
    evidence = forms.CharField(label=_("What will show that it was reached?"), max_length=400)


PlanFormSet = forms.formset_factory(PlanLineForm, extra=0, max_num=20, absolute_max=20)


class EvaluationForm(forms.Form):
    """What the kind asks one side: a mark, a few words, and the levels reached."""

    def __init__(self, *args: Any, asked: EvaluationAsked, placement: Placement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["overall"] = forms.TypedChoiceField(
            label=str(asked.overall),
            coerce=int,
            choices=list(enumerate(asked.marks, start=1))[::-1],
            widget=forms.RadioSelect,
        )
        for question in asked.questions:
            self.fields[question.code] = LongText(
                label=question.label,
                help_text=question.help_text,
                max_length=question.limit,
                rows=3,
                required=question.required,
            )
        self.words = ("overall", *(question.code for question in asked.questions))
        rated = [] if asked.ratings is Ratings.NONE else goals(placement)
        self.codes = {f"level_{number}": goal.competency_id for number, goal in enumerate(rated)}
        for name, goal in zip(self.codes, rated, strict=True):
            self.fields[name] = self._level(goal.competency.name, goal.to_level, asked)

    @staticmethod
    def _level(name: str, goal: int, asked: EvaluationAsked) -> forms.TypedChoiceField:
        levels = [(level.value, f"{level.value} – {level.label}") for level in Level]
        if asked.ratings is Ratings.ASKED:
            choices = [("", _("Choose a level")), (0, _("0 – not shown")), *levels]
        else:
            choices = [("", _("I cannot say")), *levels]
        own = asked.role == EvaluatorRole.PARTICIPANT
        label = _("Your level now in %(competency)s") if own else _("Level shown in %(competency)s (goal %(level)s)")
        return forms.TypedChoiceField(
            label=label % {"competency": name, "level": goal},
            coerce=int,
            empty_value=None,
            required=asked.ratings is Ratings.ASKED,
            choices=choices,
        )

    @property
    def answers(self) -> dict[str, Any]:
        """Mark and words as the service takes them."""
        return {name: self.cleaned_data[name] for name in self.words}

    @property
    def ratings(self) -> list[tuple[str, int]]:
        """(competency code, level) of the answered competencies."""
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
