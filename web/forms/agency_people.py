"""People of the agency: finding them, and entering what was measured."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from asn.models import Competency, Employee, Unit
from asn.states import AssessmentSource, EmployeeKind, Level
from web.forms.agency import Filter, NameFilter
from web.forms.fields import DateField


class EmployeeFilter(Filter):
    """Name, unit and employment."""

    q = NameFilter("name", nip="nip")
    unit = django_filters.ModelChoiceFilter(label=_("Unit"), queryset=Unit.objects.none(), empty_label=_("All units"))
    kind = django_filters.ChoiceFilter(
        label=_("Employment"), choices=EmployeeKind.choices, empty_label=_("PNS and PPPK")
    )

    class Meta:
        model = Employee
        fields: list[str] = []


class PurposeForm(forms.Form):
    """What a list with whole NIPs is for."""

    purpose = forms.CharField(
        label=_("What the list is for"),
        help_text=_("At least 10 characters. It is kept in the audit trail with your name."),
        min_length=10,
        max_length=200,
    )


class AssessmentForm(forms.Form):
    """One measured level. What a person says of oneself is entered by that person only."""

    competency_code = forms.ChoiceField(label=_("Competency"))
    level = forms.TypedChoiceField(
        label=_("Level"),
        coerce=int,
        choices=[("", _("Choose a level")), *((level.value, f"{level.value} – {level.label}") for level in Level)],
    )
    source = forms.ChoiceField(
        label=_("Measured by"),
        choices=[(s.value, s.label) for s in AssessmentSource if s != AssessmentSource.SELF],
        widget=forms.RadioSelect,
    )
    assessed_on = DateField(label=_("Day of the assessment"))
    note = forms.CharField(
        label=_("Note"), help_text=_("For example the number of the report."), max_length=300, required=False
    )

    def __init__(self, *args: Any, required: set[str], **kwargs: Any) -> None:
        """``required`` are the competencies of the person's position: they come first."""
        super().__init__(*args, **kwargs)
        own, others = [], defaultdict(list)
        for competency in Competency.objects.filter(is_active=True).order_by("field", "code"):
            row = (competency.pk, competency.name)
            if competency.pk in required:
                own.append(row)
            else:
                others[competency.field or _("Others")].append(row)
        self.fields["competency_code"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose a competency")),
            (_("Required by the position"), own),
            *others.items(),
        ]
