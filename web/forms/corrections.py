"""Requests to correct a measured level."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asn.models import Correction
from asn.states import AssessmentSource, CorrectionRefusal, CorrectionStatus, Level
from web.forms.agency import SOON, Filter, NameFilter
from web.forms.agency_placements import PdfField
from web.forms.fields import DateField

LEVELS = [("", _("Choose a level")), *((level.value, f"{level.value} – {level.label}") for level in Level)]


class CorrectionForm(forms.Form):
    """Which level is right, and why."""

    claimed_level = forms.TypedChoiceField(label=_("The right level, as you see it"), coerce=int, choices=LEVELS)
    reason = forms.CharField(
        label=_("Why"),
        help_text=_("At least 10 characters: what is wrong, and where the right level can be read."),
        min_length=10,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    evidence = PdfField(
        label=_("Evidence as PDF"),
        help_text=_("Optional: the report or certificate that shows it. At most 10 MB."),
        required=False,
    )


class AcceptForm(forms.Form):
    """The right level, as a new assessment."""

    level = forms.TypedChoiceField(label=_("Level"), coerce=int, choices=LEVELS)
    source = forms.ChoiceField(
        label=_("Measured by"),
        choices=[(s.value, s.label) for s in AssessmentSource if s != AssessmentSource.SELF],
    )
    assessed_on = DateField(label=_("Day of the assessment"))
    note = forms.CharField(
        label=_("Note"), help_text=_("For example the number of the report."), max_length=300, required=False
    )


class RefuseForm(forms.Form):
    """Why the level stays."""

    reason = forms.ChoiceField(label=_("Reason"), choices=[("", _("Choose a reason")), *CorrectionRefusal.choices])
    note = forms.CharField(
        label=_("Note"),
        help_text=_("The person reads it."),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class CorrectionFilter(Filter):
    """Name, status and deadline."""

    opening = {"status": "open"}

    q = NameFilter("employee__name", nip="employee__nip")
    status = django_filters.ChoiceFilter(
        label=_("Status"),
        method="by_status",
        empty_label=None,
        choices=[("open", _("Needs a decision")), *CorrectionStatus.choices, ("all", _("All"))],
    )
    deadline = django_filters.ChoiceFilter(
        label=_("Deadline"),
        method="by_deadline",
        empty_label=_("Any"),
        choices=[("overdue", _("Overdue")), ("soon", _("Within three days"))],
    )

    class Meta:
        model = Correction
        fields: list[str] = []

    def by_status(self, rows: QuerySet[Correction], name: str, value: str) -> QuerySet[Correction]:
        """One status, those that HR decides next, or all."""
        if value == "all":
            return rows
        return rows.open() if value == "open" else rows.filter(status=value)  # type: ignore[attr-defined, no-any-return]

    def by_deadline(self, rows: QuerySet[Correction], name: str, value: str) -> QuerySet[Correction]:
        """Past its deadline, or near it."""
        now = timezone.now()
        return rows.filter(due_at__lt=now) if value == "overdue" else rows.filter(due_at__range=(now, now + SOON))
