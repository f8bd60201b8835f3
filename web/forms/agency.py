"""Filters and decisions of the HR office on applications and slots."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from asn.models import Agency, Unit
from core.search import by_words
from partners.kinds import kind_choices
from partners.models import Partner, Slot
from partners.states import ReturnReason, SlotStatus
from placements.models import Application, Placement
from placements.selectors import hours_to_enter
from placements.states import ApplicationStatus, DecisionReason, PlacementStatus
from web.forms.applications import DecisionForm
from web.forms.fields import DateField

REASONS_OF_HR = (
    DecisionReason.INCOMPLETE,
    DecisionReason.NOT_ELIGIBLE,
    DecisionReason.PREREQUISITES,
    DecisionReason.OTHER_CANDIDATES,
    DecisionReason.NOT_RELATED,
    DecisionReason.OTHER_PRIORITY,
    DecisionReason.NO_CAPACITY,
    DecisionReason.CONFLICT_OF_INTEREST,
    DecisionReason.OTHER,
)
UNDECIDED = (ApplicationStatus.SUBMITTED, ApplicationStatus.SHORTLISTED)
SOON = timedelta(days=3)
NIP_SHOWN = 3
_DIGITS = re.compile(r"[0-9]+")
SEARCH = forms.TextInput(attrs={"type": "search"})


class NameFilter(django_filters.CharFilter):
    """Names by what somebody remembers of them, among the rows the reader sees.

    A NIP has no place in an address: three digits are taken for its end, more of them find nobody.
    """

    def __init__(self, *fields: str, nip: str = "", label: str | Promise = "") -> None:
        self.fields, self.nip = fields, nip
        super().__init__(label=label or _("Name"), max_length=100, widget=SEARCH)

    def filter(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """By the end of a NIP, or by words."""
        if self.nip and _DIGITS.fullmatch(value or ""):
            return rows.filter(**{f"{self.nip}__endswith": value}) if len(value) == NIP_SHOWN else rows.none()
        return by_words(rows, value, *self.fields) if value else rows


class Filter(django_filters.FilterSet):
    """A list that opens with some filters set already; each choice is kept in the address."""

    opening: dict[str, str] = {}

    def __init__(self, data: QueryDict, queryset: QuerySet[Any], agency: Agency) -> None:
        self.agency = agency
        given = data.copy()
        for name, value in self.opening.items():
            given.setdefault(name, value)
        super().__init__(given, queryset=queryset)
        if "unit" in self.filters:
            self.filters["unit"].queryset = Unit.objects.filter(agency=agency).order_by("name")
        if "partner" in self.filters:
            offering = Slot.objects.filter(agency=agency).values("partner")
            self.filters["partner"].queryset = Partner.objects.filter(pk__in=offering).order_by("name")

    @property
    def active(self) -> int:
        """How many filters differ from what the list opens with."""
        return sum(1 for name in self.filters if (self.data.get(name) or "") != self.opening.get(name, ""))


class ApplicationFilter(Filter):
    """Name, unit, kind, partner, deadline and status; what waits for a decision first."""

    opening = {"status": "undecided"}

    q = NameFilter("employee__name", nip="employee__nip")
    status = django_filters.ChoiceFilter(
        label=_("Status"),
        method="by_status",
        empty_label=None,
        choices=[
            ("undecided", _("Needs a decision")),
            *((s.value, s.label) for s in ApplicationStatus if s != ApplicationStatus.DRAFT),
            ("all", _("All")),
        ],
    )
    unit = django_filters.ModelChoiceFilter(
        label=_("Unit"), field_name="employee__unit", queryset=Unit.objects.none(), empty_label=_("All units")
    )
    kind = django_filters.ChoiceFilter(
        label=_("Kind"), field_name="slot__kind", choices=kind_choices, empty_label=_("All kinds")
    )
    partner = django_filters.ModelChoiceFilter(
        label=_("Partner"), field_name="slot__partner", queryset=Partner.objects.none(), empty_label=_("All partners")
    )
    deadline = django_filters.ChoiceFilter(
        label=_("Deadline"),
        method="by_deadline",
        empty_label=_("Any"),
        choices=[("overdue", _("Overdue")), ("soon", _("Within three days"))],
    )

    class Meta:
        model = Application
        fields: list[str] = []

    def by_status(self, rows: QuerySet[Application], name: str, value: str) -> QuerySet[Application]:
        """One status, those that HR decides next, or all."""
        if value == "all":
            return rows
        return rows.filter(status__in=UNDECIDED) if value == "undecided" else rows.filter(status=value)

    def by_deadline(self, rows: QuerySet[Application], name: str, value: str) -> QuerySet[Application]:
        """Past its deadline, or near it."""
        now: datetime = timezone.now()
        return rows.filter(due_at__lt=now) if value == "overdue" else rows.filter(due_at__range=(now, now + SOON))


class PlacementFilter(Filter):
    """Name, status, unit, kind and partner."""

    q = NameFilter("employee__name", nip="employee__nip")
    status = django_filters.ChoiceFilter(
        label=_("Status"),
        method="by_status",
        choices=[*PlacementStatus.choices, ("hours", _("Completed, JP to be entered"))],
        empty_label=_("All statuses"),
    )
    unit = django_filters.ModelChoiceFilter(
        label=_("Unit"), field_name="employee__unit", queryset=Unit.objects.none(), empty_label=_("All units")
    )
    kind = django_filters.ChoiceFilter(
        label=_("Kind"), field_name="slot__kind", choices=kind_choices, empty_label=_("All kinds")
    )
    partner = django_filters.ModelChoiceFilter(
        label=_("Partner"), field_name="slot__partner", queryset=Partner.objects.none(), empty_label=_("All partners")
    )

    class Meta:
        model = Placement
        fields: list[str] = []

    def by_status(self, rows: QuerySet[Placement], name: str, value: str) -> QuerySet[Placement]:
        """One status, or those whose JP an officer has to enter."""
        return rows.filter(pk__in=hours_to_enter().values("pk")) if value == "hours" else rows.filter(status=value)


class SlotReviewFilter(Filter):
    """Words, status, kind, partner; what waits for review first."""

    opening = {"status": SlotStatus.SUBMITTED.value}

    q = django_filters.CharFilter(label=_("Words"), method="by_words", max_length=100, widget=SEARCH)
    status = django_filters.ChoiceFilter(
        label=_("Status"),
        method="by_status",
        empty_label=None,
        choices=[
            *((s.value, s.label) for s in SlotStatus if s != SlotStatus.DRAFT),
            ("confirm", _("Needs confirmation")),
            ("all", _("All")),
        ],
    )
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=kind_choices, empty_label=_("All kinds"))
    partner = django_filters.ModelChoiceFilter(
        label=_("Partner"), queryset=Partner.objects.none(), empty_label=_("All partners")
    )

    class Meta:
        model = Slot
        fields: list[str] = []

    def by_status(self, rows: QuerySet[Slot], name: str, value: str) -> QuerySet[Slot]:
        """One status, those that nobody has confirmed lately, or all."""
        if value == "confirm":
            return rows.needing_confirmation()  # type: ignore[attr-defined, no-any-return]
        return rows if value == "all" else rows.filter(status=value)

    def by_words(self, rows: QuerySet[Slot], name: str, words: str) -> QuerySet[Slot]:
        """A part of the title or of the partner's name."""
        return by_words(rows, words, "title", "partner__name")


class DeadlinesForm(forms.Form):
    """How many days each side has."""

    clearance_days = forms.IntegerField(label=_("Days for a clearance"), min_value=1, max_value=60)
    approval_days = forms.IntegerField(label=_("Days for the decision of HR"), min_value=1, max_value=60)
    acceptance_days = forms.IntegerField(label=_("Days for the answer of the partner"), min_value=1, max_value=60)
    offer_days = forms.IntegerField(label=_("Days to confirm a seat from the waitlist"), min_value=1, max_value=60)
    reminder_days = forms.IntegerField(
        label=_("Days until a partner is asked whether an offer still stands"), min_value=1, max_value=364
    )
    pause_days = forms.IntegerField(
        label=_("Days without confirmation until a slot is paused"),
        help_text=_("Longer than the days above. A confirmation opens the slot again."),
        min_value=2,
        max_value=365,
    )


class BatchForm(DecisionForm):
    """One decision on several applications."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, reasons=REASONS_OF_HR, **kwargs)


class ReserveForm(forms.Form):
    """How many seats of a slot are kept for whom, until when."""

    seats = forms.IntegerField(
        label=_("Seats kept for one unit"), min_value=0, max_value=500, help_text=_("0 for none.")
    )
    unit_id = forms.UUIDField(label=_("Unit"), widget=forms.Select, required=False)
    until = DateField(
        label=_("Kept until"), required=False, help_text=_("Afterwards seats that are left are everybody's.")
    )

    def __init__(self, *args: Any, agency: Agency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = Unit.objects.filter(agency=agency).order_by("name").values_list("pk", "name")
        self.fields["unit_id"].widget.choices = [("", _("None")), *units]  # type: ignore[attr-defined]


class ReturnSlotForm(forms.Form):
    """Why a slot goes back to the partner; publishing needs no reason."""

    reason = forms.ChoiceField(
        label=_("Reason"), required=False, choices=[("", _("Choose a reason")), *ReturnReason.choices]
    )
    note = forms.CharField(
        label=_("Note to the partner"),
        help_text=_("What should change before it can be published."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, is_return: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_return = is_return

    def clean(self) -> dict[str, Any]:
        """Whoever sends back says why."""
        data: dict[str, Any] = super().clean() or {}
        if self.is_return and not data.get("reason"):
            self.add_error("reason", _("Choose the reason: the partner has a right to know it."))
        elif self.is_return and data["reason"] == ReturnReason.OTHER and not data.get("note"):
            self.add_error("note", _("Write the reason in your own words."))
        return data
