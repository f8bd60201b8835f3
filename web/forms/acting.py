"""Who stands in for whom."""

from __future__ import annotations

import uuid
from typing import Any, cast

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from asn.models import ActingPeriod, Agency, Employee, Unit
from asn.states import AT_WORK, ActingReason, Capacity
from web.forms.agency import Filter, NameFilter
from web.forms.fields import DateField


def _leading(agency: Agency) -> QuerySet[Employee]:
    """People of an agency who lead others, at work and with an account."""
    leads = Exists(Employee.objects.filter(supervisor=OuterRef("pk"))) | Exists(
        Unit.objects.filter(head=OuterRef("pk"))
    )
    return _at_work(agency).filter(leads)


def _at_work(agency: Agency) -> QuerySet[Employee]:
    rows = Employee.objects.filter(agency=agency, status__in=AT_WORK, user__isnull=False)
    return rows.select_related("position").order_by("name", "pk")


class PersonField(forms.TypedChoiceField):
    """One of some people, by name and position."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=uuid.UUID, empty_value=None, **kwargs)

    def offer(self, people: QuerySet[Employee]) -> None:
        """Take these people for choice."""
        shown = [(str(row.pk), f"{row.full_name} – {row.position.title}") for row in people]
        self.choices = [("", _("Choose a person")), *shown]


class ActingForm(forms.Form):
    """A Plt. or Plh. as the order says."""

    capacity = forms.ChoiceField(
        label=_("Acts as"),
        choices=[(one.value, one.label) for one in (Capacity.PLH, Capacity.PLT)],
        initial=Capacity.PLH,
        widget=forms.RadioSelect,
    )
    holder_id = PersonField(label=_("Who is away"), help_text=_("For a Plh."), required=False)
    unit_id = forms.TypedChoiceField(
        label=_("Unit whose leading post is vacant"),
        help_text=_("For a Plt."),
        coerce=uuid.UUID,
        empty_value=None,
        required=False,
    )
    acting_id = PersonField(label=_("Who acts"))
    starts_on = DateField(label=_("First day"))
    ends_on = DateField(label=_("Last day"))
    reason = forms.ChoiceField(label=_("Reason"), choices=ActingReason.choices)
    note = forms.CharField(label=_("Note"), max_length=300, required=False)
    order_number = forms.CharField(label=_("Number of the order"), max_length=80)
    order_date = DateField(label=_("Date of the order"))

    def __init__(self, *args: Any, agency: Agency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        leading = _leading(agency)
        self.fields["holder_id"].offer(  # type: ignore[attr-defined]
            Employee.objects.filter(Q(pk__in=leading.values("pk")) | Q(subordinates__isnull=False), agency=agency)
            .select_related("position")
            .distinct()
            .order_by("name", "pk")
        )
        self.fields["acting_id"].offer(leading)  # type: ignore[attr-defined]
        vacant = Unit.objects.filter(Q(head=None) | ~Q(head__status__in=AT_WORK), agency=agency).order_by("name")
        self.fields["unit_id"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose a unit")),
            *((str(unit.pk), unit.name) for unit in vacant),
        ]

    def clean(self) -> dict[str, Any]:
        """Who is away for a Plh., which post for a Plt."""
        data = super().clean() or {}
        needed, other = ("unit_id", "holder_id") if data.get("capacity") == Capacity.PLT else ("holder_id", "unit_id")
        if not data.get(needed) and needed not in self.errors:
            self.add_error(needed, _("Choose one: it says whose place is taken."))
        data[other] = None
        return data


class DelegationForm(forms.Form):
    """A supervisor's own delegation."""

    acting_id = PersonField(label=_("Who decides in your place"))
    starts_on = DateField(label=_("First day"))
    ends_on = DateField(label=_("Last day"))
    reason = forms.ChoiceField(
        label=_("Reason"), choices=[row for row in ActingReason.choices if row[0] != ActingReason.VACANT]
    )
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args: Any, holder: Employee, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        near = Q(supervisor=holder) | Q(unit=holder.unit_id) | Q(pk__in=_leading(holder.agency).values("pk"))
        self.fields["acting_id"].offer(_at_work(holder.agency).filter(near).exclude(pk=holder.pk))  # type: ignore[attr-defined]


class SuperiorForm(forms.Form):
    """Who somebody answers to."""

    supervisor_id = PersonField(
        label=_("Supervisor"), help_text=_("People who lead others, and those of the same unit.")
    )

    def __init__(self, *args: Any, employee: Employee, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        near = Q(unit=employee.unit_id) | Q(pk__in=_leading(employee.agency).values("pk"))
        self.fields["supervisor_id"].offer(_at_work(employee.agency).filter(near).exclude(pk=employee.pk))  # type: ignore[attr-defined]


class HeadForm(forms.Form):
    """Who holds the leading post of a unit; nobody means that it is vacant."""

    employee_id = PersonField(
        label=_("Head of the unit"),
        help_text=_("People of this unit, and those who lead others. Choose nobody while the post is vacant."),
        required=False,
    )

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        near = Q(unit=unit) | Q(pk__in=_leading(unit.agency).values("pk")) | Q(pk=unit.head_id)
        people = Employee.objects.filter(near, agency=unit.agency, status__in=AT_WORK).select_related("position")
        field = cast(PersonField, self.fields["employee_id"])
        field.offer(people.order_by("name", "pk"))
        shown = list(field.choices)  # type: ignore[arg-type]
        field.choices = [("", _("Nobody: the post is vacant")), *shown[1:]]


class UnitFilter(Filter):
    """Name of the unit or its head, and whether somebody leads it."""

    q = NameFilter("name", "head__name", label=_("Unit or head"))
    post = django_filters.ChoiceFilter(
        label=_("Leading post"),
        method="by_post",
        choices=[("held", _("Held")), ("vacant", _("Vacant, or the head is away"))],
        empty_label=_("All"),
    )

    class Meta:
        model = Unit
        fields: list[str] = []

    def by_post(self, rows: QuerySet[Unit], name: str, value: str) -> QuerySet[Unit]:
        """Units with a head at work, or the others."""
        held = Q(head__status__in=AT_WORK)
        return rows.filter(held) if value == "held" else rows.exclude(held)


class ActingFilter(Filter):
    """Name, capacity and whether the period is in force."""

    opening = {"state": "open"}

    q = NameFilter("acting__name", "holder__name", "unit__name", label=_("Name or unit"))
    capacity = django_filters.ChoiceFilter(
        label=_("As"),
        choices=[(one.value, one.label) for one in (Capacity.PLT, Capacity.PLH, Capacity.DELEGATE)],
        empty_label=_("All"),
    )
    state = django_filters.ChoiceFilter(
        label=_("State"),
        method="by_state",
        empty_label=None,
        choices=[("open", _("In force or to come")), ("now", _("In force today")), ("all", _("All"))],
    )

    class Meta:
        model = ActingPeriod
        fields: list[str] = []

    def by_state(self, rows: QuerySet[ActingPeriod], name: str, value: str) -> QuerySet[ActingPeriod]:
        """Standing ones whose last day is to come, those of today, or all."""
        if value == "now":
            return rows.on_duty()  # type: ignore[attr-defined, no-any-return]
        if value == "open":
            return rows.filter(ended_at__isnull=True, ends_on__gte=self.agency.today())
        return rows
