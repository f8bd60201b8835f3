"""Forms of the host of a placement."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from placements.models import Placement
from placements.states import DecisionReason, EndReason

REASONS_OF_PARTNER = (
    DecisionReason.NO_CAPACITY,
    DecisionReason.OTHER_CANDIDATES,
    DecisionReason.PREREQUISITES,
    DecisionReason.TIMING,
    DecisionReason.CONFLICT_OF_INTEREST,
    DecisionReason.OTHER,
)


class NoteForm(forms.Form):
    """What should change."""

    note = forms.CharField(label=_("What should be changed?"), max_length=600, widget=forms.Textarea(attrs={"rows": 2}))


class MentorForm(forms.Form):
    """Who guides the participant, among the mentors tied to the slot."""

    mentor_id = forms.UUIDField(label=_("Mentor"), widget=forms.Select)

    def __init__(self, *args: Any, placement: Placement, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"mentor_id": placement.mentor_id})
        super().__init__(*args, **kwargs)
        tied = placement.slot.slot_mentors.select_related("mentor").filter(mentor__is_active=True)
        self.fields["mentor_id"].widget.choices = [("", "–"), *((t.mentor_id, t.mentor.name) for t in tied)]  # type: ignore[attr-defined]


class PlanForm(forms.Form):
    """The learning plan: how each outcome of the slot is reached and shown."""

    def __init__(self, *args: Any, placement: Placement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        written = {o.competency_id: o for o in placement.objectives.all()}
        self._outcomes = list(placement.slot.outcomes.select_related("competency"))
        self._start = {}
        for number, outcome in enumerate(self._outcomes):
            known = written.get(outcome.competency_id)
            self._start[outcome.competency_id] = known.from_level if known else outcome.from_level
            self.fields[f"activity_{number}"] = forms.CharField(
                label=_("What will the participant do for it?"),
                max_length=400,
                initial=known.activity if known else "",
            )
            self.fields[f"evidence_{number}"] = forms.CharField(
                label=_("What will show that it was reached?"),
                max_length=400,
                initial=known.evidence if known else "",
            )

    def lines(self) -> list[dict[str, Any]]:
        """Competency with its levels and its two inputs."""
        return [
            {
                "competency": outcome.competency,
                "from": self._start[outcome.competency_id],
                "to": outcome.to_level,
                "activity": self[f"activity_{number}"],
                "evidence": self[f"evidence_{number}"],
            }
            for number, outcome in enumerate(self._outcomes)
        ]

    @property
    def objectives(self) -> list[tuple[str, int, int, str, str]]:
        """Rows as the service takes them."""
        return [
            (
                outcome.competency_id,
                self._start[outcome.competency_id],
                outcome.to_level,
                self.cleaned_data[f"activity_{number}"],
                self.cleaned_data[f"evidence_{number}"],
            )
            for number, outcome in enumerate(self._outcomes)
        ]


class EndForm(forms.Form):
    """Why a placement ends before its time."""

    reason = forms.ChoiceField(label=_("Reason"), choices=EndReason.choices)
    note = forms.CharField(label=_("Note"), max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 2}))
