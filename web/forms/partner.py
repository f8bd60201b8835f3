"""Forms of a partner: the slot in sections, and its small decisions."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from asn.models import Competency, Unit
from asn.states import Level
from core.errors import Invalid
from partners.kinds import KindPolicy, all_kinds, get_kind, kind_choices
from partners.models import Agreement, Slot
from partners.services import SlotData
from partners.states import CancelReason, SlotMode, SlotStatus
from web.forms.fields import DateField, LongText, TimeField

OUTCOME_ROWS = 5
PREREQUISITE_ROWS = 3
MOST_OUTCOMES = 8
MOST_LINES = 20
MEETING_ROWS = 3
MOST_MEETINGS = 40
MILESTONE_ROWS = 3
MOST_MILESTONES = 20
ANSWER = "answers."  # begins the name of a field that the chosen kind adds

LEVELS = [(level.value, f"{level.value} – {level.label}") for level in Level]


def competency_choices() -> list[Any]:
    """Active competencies by field, after a first line that chooses none."""
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for competency in Competency.objects.filter(is_active=True).order_by("field", "code"):
        groups[competency.field].append((competency.pk, competency.name))
    return [("", _("Choose a competency")), *groups.items()]


class OutcomeForm(forms.Form):
    """What is taught: from which level to which."""

    competency = forms.ChoiceField(label=_("Competency"), required=False)
    from_level = forms.TypedChoiceField(
        label=_("From level"),
        coerce=int,
        empty_value=None,
        required=False,
        choices=[("", "–"), (0, _("0 – no experience needed")), *LEVELS[:4]],
    )
    to_level = forms.TypedChoiceField(
        label=_("To level"), coerce=int, empty_value=None, required=False, choices=[("", "–"), *LEVELS]
    )

    def __init__(self, *args: Any, choices: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["competency"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A line is filled in wholly or not at all."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("competency"):
            for name in ("from_level", "to_level"):
                if name in self.fields and data.get(name) is None:
                    self.add_error(name, _("Choose a level."))
        return data


class PrerequisiteForm(forms.Form):
    """What is presupposed."""

    competency = forms.ChoiceField(label=_("Competency"), required=False)
    level = forms.TypedChoiceField(
        label=_("At least level"), coerce=int, empty_value=None, required=False, choices=[("", "–"), *LEVELS]
    )
    is_required = forms.BooleanField(label=_("Without it nobody can take part"), required=False)

    def __init__(self, *args: Any, choices: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["competency"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A line is filled in wholly or not at all."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("competency") and data.get("level") is None:
            self.add_error("level", _("Choose a level."))
        return data


OutcomeFormSet = forms.formset_factory(
    OutcomeForm, extra=OUTCOME_ROWS, max_num=MOST_OUTCOMES, absolute_max=MOST_OUTCOMES
)
PrerequisiteFormSet = forms.formset_factory(
    PrerequisiteForm, extra=PREREQUISITE_ROWS, max_num=MOST_LINES, absolute_max=MOST_LINES
)


class MeetingForm(forms.Form):
    """A date on which the group meets, in the time of the city."""

    held_on = DateField(label=_("Day"), required=False)
    begins_at = TimeField(label=_("From"), required=False)
    ends_at = TimeField(label=_("To"), required=False)
    place = forms.CharField(label=_("Room or link"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        """A line is filled in wholly or not at all."""
        data: dict[str, Any] = super().clean() or {}
        if any(data.values()):
            for name in ("held_on", "begins_at", "ends_at"):
                if data.get(name) is None and name not in self.errors:
                    self.add_error(name, _("Fill this in, or empty the line."))
        return data


MeetingFormSet = forms.formset_factory(
    MeetingForm, extra=MEETING_ROWS, max_num=MOST_MEETINGS, absolute_max=MOST_MEETINGS
)


class MilestoneForm(forms.Form):
    """What the team has reached by a day, and what shows it."""

    title = forms.CharField(label=_("What is reached"), max_length=160, required=False)
    due_on = DateField(label=_("By"), required=False)
    proof = forms.CharField(label=_("What shows it"), max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        """A line is filled in wholly or not at all."""
        data: dict[str, Any] = super().clean() or {}
        if any(data.values()):
            for name in ("title", "due_on"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("Fill this in, or empty the line."))
        return data


MilestoneFormSet = forms.formset_factory(
    MilestoneForm, extra=MILESTONE_ROWS, max_num=MOST_MILESTONES, absolute_max=MOST_MILESTONES
)


def unit_choices(agreements: Sequence[Agreement]) -> list[tuple[Any, Any]]:
    """Units of the cities of these agreements, after a first line that chooses none."""
    agencies = {agreement.agency_id: agreement.agency for agreement in agreements}
    units = (
        Unit.objects.filter(agency__in=agencies).order_by("agency__name", "name").values_list("pk", "agency", "name")
    )
    many = len(agencies) > 1
    return [("", _("None")), *((pk, f"{agencies[city].city} · {name}" if many else name) for pk, city, name in units)]


class SlotForm(forms.Form):
    """A slot without its lines of competencies."""

    agreement_id = forms.UUIDField(
        label=_("Agreement"), widget=forms.Select, help_text=_("The slot belongs to the city of this agreement.")
    )
    kind = forms.ChoiceField(label=_("Kind"), widget=forms.RadioSelect)
    title = forms.CharField(label=_("Title"), max_length=160)
    description = LongText(
        label=_("What will people do, with whom, and what will they take home?"),
        max_length=6000,
        rows=8,
        help_text=_("Four to eight sentences. The model reads them, so write as you would tell a colleague."),
    )
    mode = forms.ChoiceField(label=_("Mode"), choices=SlotMode.choices, widget=forms.RadioSelect)
    place = forms.CharField(label=_("Place"), max_length=120, required=False, help_text=_("Not needed when online."))
    starts_on = DateField(label=_("First day"))
    ends_on = DateField(label=_("Last day"))
    apply_by = DateField(label=_("Apply until"))
    hours_per_week = forms.IntegerField(label=_("Hours a week"), min_value=1, max_value=40)
    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=500)
    reserved_seats = forms.IntegerField(
        label=_("Of these, kept for one unit"),
        min_value=0,
        max_value=500,
        required=False,
        help_text=_("Only as agreed with the city; empty for none."),
    )
    reserve_unit_id = forms.UUIDField(label=_("Unit"), widget=forms.Select, required=False)
    reserve_until = DateField(
        label=_("Kept until"), required=False, help_text=_("Afterwards seats that are left are everybody's.")
    )
    benefits = forms.CharField(
        label=_("Benefits"), max_length=400, required=False, help_text=_("Only what the agreement names.")
    )
    cost = forms.CharField(label=_("Cost for the city or the person"), max_length=200, required=False)

    def __init__(self, *args: Any, agreements: Sequence[Agreement], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kind_choices()  # type: ignore[attr-defined]
        self.chosen = chosen_kind(self.data if self.is_bound else self.initial)
        if self.chosen.gathers_group:
            self.fields["minimum_cohort"] = forms.IntegerField(
                label=_("Smallest group"),
                help_text=_("With fewer participants it does not begin, unless you agree to it later."),
                min_value=self.chosen.minimum_cohort,
                initial=self.chosen.minimum_cohort,
            )
        for question in self.chosen.questions:
            self.fields[f"{ANSWER}{question.code}"] = LongText(
                label=question.label,
                help_text=question.help_text,
                max_length=question.limit,
                rows=4,
                required=question.required,
            )
        self.fields["agreement_id"].widget.choices = [  # type: ignore[attr-defined]
            ("", _("Choose an agreement")),
            *(
                (a.pk, f"{a.agency.name} · {a.number_agency} · {a.starts_on:%d/%m/%Y}–{a.ends_on:%d/%m/%Y}")
                for a in agreements
            ),
        ]

        self.fields["reserve_unit_id"].widget.choices = unit_choices(agreements)  # type: ignore[attr-defined]

    def clean_reserved_seats(self) -> int:
        """Empty is none."""
        return self.cleaned_data["reserved_seats"] or 0

    @property
    def answers(self) -> list[Any]:
        """The fields that the chosen kind adds."""
        return [self[name] for name in self.fields if name.startswith(ANSWER) or name == "minimum_cohort"]


def chosen_kind(values: Mapping[str, Any]) -> KindPolicy:
    """The kind named in these values; the first one as long as none is."""
    try:
        return get_kind(str(values.get("kind", "")))
    except Invalid:
        return all_kinds()[0]


def slot_initial(slot: Slot) -> dict[str, Any]:
    """A stored slot as the form shows it."""
    names = [name for name in SlotForm.base_fields if name != "agreement_id"]
    answers: dict[str, Any] = {f"{ANSWER}{code}": words for code, words in slot.answers.items()}
    answers["minimum_cohort"] = slot.minimum_cohort
    return {"agreement_id": slot.agreement_id, **answers, **{name: getattr(slot, name) for name in names}}


def typed_slot(typed: QueryDict) -> dict[str, Any]:
    """What has been typed so far, unchecked, as the form shows it again."""
    known = {*SlotForm.base_fields, "minimum_cohort"}
    return {name: typed[name] for name in typed if name in known or name.startswith(ANSWER)}


def typed_lines(typed: QueryDict) -> dict[str, list[dict[str, Any]]]:
    """The lines of competencies chosen so far, unchecked, by formset."""
    lines: dict[str, list[dict[str, Any]]] = {}
    forms_of: dict[str, type[forms.Form]] = {
        "outcomes": OutcomeForm,
        "prerequisites": PrerequisiteForm,
        "meetings": MeetingForm,
        "milestones": MilestoneForm,
    }
    for prefix, form in forms_of.items():
        rows = [
            {name: typed.get(f"{prefix}-{number}-{name}", "") for name in form.base_fields}
            for number in range(MOST_MEETINGS)
        ]
        lines[prefix] = [row for row in rows if row[next(iter(form.base_fields))]]
    return lines


def slot_data(form: SlotForm, outcomes: Any, prerequisites: Any, meetings: Any, milestones: Any) -> SlotData:
    """The answers as the service takes them."""
    answers = dict(form.cleaned_data)
    agreement_id: uuid.UUID = answers.pop("agreement_id")
    more = {name.removeprefix(ANSWER): answers.pop(name) for name in list(answers) if name.startswith(ANSWER)}
    return SlotData(
        agreement_id=agreement_id,
        outcomes=[
            (line["competency"], line["from_level"], line["to_level"])
            for line in outcomes.cleaned_data
            if line.get("competency")
        ],
        prerequisites=[
            (line["competency"], line["level"], line["is_required"])
            for line in prerequisites.cleaned_data
            if line.get("competency")
        ],
        answers=more,
        meetings=[
            (line["held_on"], line["begins_at"], line["ends_at"], line["place"])
            for line in (meetings.cleaned_data if meetings else [])
            if line.get("held_on")
        ],
        milestones=[
            (line["title"], line["due_on"], line["proof"])
            for line in (milestones.cleaned_data if milestones else [])
            if line.get("title")
        ],
        **answers,
    )


class SlotStatusFilter(forms.Form):
    """Which of our slots to show."""

    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("All")), ("confirm", _("Needs confirmation")), *SlotStatus.choices],
    )
    text = forms.CharField(label=_("Words"), required=False, max_length=80)


class WaiveForm(forms.Form):
    """Why a slot begins with fewer participants than it asked for; HR reads it."""

    reason = forms.CharField(
        label=_("Why it begins with fewer"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


class CancelForm(forms.Form):
    """Why a slot is cancelled; everyone concerned reads it."""

    reason = forms.ChoiceField(label=_("Reason"), choices=CancelReason.choices)
    note = forms.CharField(label=_("Note"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class MentorTieForm(forms.Form):
    """Tie a mentor to a slot."""

    mentor_id = forms.UUIDField(label=_("Mentor"), widget=forms.Select)

    def __init__(self, *args: Any, mentors: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mentor_id"].widget.choices = [  # type: ignore[attr-defined]
            ("", _("Choose a mentor")),
            *((mentor.pk, mentor.name) for mentor in mentors),
        ]


class MentorProfileForm(forms.Form):
    """A mentor of the partner."""

    name = forms.CharField(label=_("Name"), max_length=160)
    occupation = forms.CharField(label=_("Occupation"), max_length=160, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    bio = LongText(label=_("Experience in a few sentences"), max_length=2000, rows=4, required=False)
    capacity = forms.IntegerField(label=_("Participants at one time"), min_value=1, max_value=50, initial=3)
