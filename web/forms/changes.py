"""Changes of employment: entering one, and what becomes of applications and placements under way."""

from __future__ import annotations

import uuid
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asn.models import Employee, Position, Unit
from asn.states import EmployeeKind, EmployeeStatus, EmploymentChange
from placements.models import ChangeTask
from placements.states import ChangeStatus
from web.forms.acting import PersonField, SuperiorForm
from web.forms.agency import SOON, Filter, NameFilter
from web.forms.fields import DateField


class MomentField(forms.DateTimeField):
    """When what the page shows had last changed: it comes back to the microsecond, and unseen."""

    def __init__(self) -> None:
        formats = ["%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z"]
        super().__init__(widget=forms.HiddenInput, input_formats=formats)


class EmploymentForm(forms.Form):
    """Where somebody serves, as what, and until when."""

    unit_id = forms.TypedChoiceField(label=_("Unit"), coerce=uuid.UUID)
    position_id = forms.TypedChoiceField(label=_("Position"), coerce=uuid.UUID)
    status = forms.ChoiceField(label=_("Status"), choices=EmployeeStatus.choices)
    contract_starts_on = DateField(label=_("First day of the contract"), required=False)
    contract_ends_on = DateField(label=_("Last day of the contract"), required=False)
    retires_on = DateField(label=_("Retires on"), help_text=_("First day of retirement, if known."), required=False)
    known = MomentField()

    def __init__(self, *args: Any, employee: Employee, **kwargs: Any) -> None:
        names = ("unit_id", "position_id", "status", "contract_starts_on", "contract_ends_on", "retires_on")
        kwargs["initial"] = {name: getattr(employee, name) for name in names}
        kwargs["initial"]["known"] = employee.updated_at.isoformat()
        super().__init__(*args, **kwargs)
        units = Unit.objects.filter(agency=employee.agency_id).order_by("name")
        positions = Position.objects.filter(agency=employee.agency_id).order_by("title")
        self.fields["unit_id"].choices = [(str(row.pk), row.name) for row in units]  # type: ignore[attr-defined]
        self.fields["position_id"].choices = [(str(row.pk), row.title) for row in positions]  # type: ignore[attr-defined]
        if employee.kind == EmployeeKind.PNS:
            del self.fields["contract_starts_on"], self.fields["contract_ends_on"]


class ChangeForm(forms.Form):
    """What becomes of an application or placement."""

    choice = forms.ChoiceField(label=_("What becomes of it"), widget=forms.RadioSelect)
    supervisor_id = PersonField(
        label=_("New supervisor"), help_text=_("Only where it goes on under another supervisor."), required=False
    )
    note = forms.CharField(label=_("Note"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    known = MomentField()

    def __init__(self, *args: Any, task: ChangeTask, **kwargs: Any) -> None:
        kwargs["initial"] = {"known": task.changed_at.isoformat()}
        super().__init__(*args, **kwargs)
        self.fields["choice"].choices = [(one.value, one.label) for one in task.open_choices]  # type: ignore[attr-defined]
        offered = SuperiorForm(employee=task.employee).fields["supervisor_id"].choices  # type: ignore[attr-defined]
        self.fields["supervisor_id"].choices = offered  # type: ignore[attr-defined]


class ChangeFilter(Filter):
    """Name, what has changed, status and deadline."""

    opening = {"status": "open"}

    q = NameFilter("employee__name", nip="employee__nip")
    kind = django_filters.ChoiceFilter(
        label=_("What has changed"), method="by_kind", choices=EmploymentChange.choices, empty_label=_("All")
    )
    status = django_filters.ChoiceFilter(
        label=_("Status"), method="by_status", empty_label=None, choices=[*ChangeStatus.choices, ("all", _("All"))]
    )
    deadline = django_filters.ChoiceFilter(
        label=_("Deadline"),
        method="by_deadline",
        empty_label=_("Any"),
        choices=[("overdue", _("Overdue")), ("soon", _("Within three days"))],
    )

    class Meta:
        model = ChangeTask
        fields: list[str] = []

    def by_kind(self, rows: QuerySet[ChangeTask], name: str, value: str) -> QuerySet[ChangeTask]:
        """Among what has changed."""
        return rows.filter(kinds__contains=[value])

    def by_status(self, rows: QuerySet[ChangeTask], name: str, value: str) -> QuerySet[ChangeTask]:
        """One status, or all."""
        return rows if value == "all" else rows.filter(status=value)

    def by_deadline(self, rows: QuerySet[ChangeTask], name: str, value: str) -> QuerySet[ChangeTask]:
        """Past its deadline, or near it."""
        now = timezone.now()
        return rows.filter(due_at__lt=now) if value == "overdue" else rows.filter(due_at__range=(now, now + SOON))
