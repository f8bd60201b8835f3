"""Filters of the list of slots; every choice is kept in the address."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from asn.models import Competency
from partners.kinds import kind_choices
from partners.models import Slot, SlotOutcome
from partners.states import SlotMode
from web.forms.fields import DateField


class _DateFilter(django_filters.Filter):
    field_class = DateField


class SlotFilter(django_filters.FilterSet):
    """Kind, mode, place, hours, dates, competency and words."""

    q = django_filters.CharFilter(
        label=_("Words"), method="by_words", max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=kind_choices, empty_label=_("All kinds"))
    mode = django_filters.ChoiceFilter(label=_("Mode"), choices=SlotMode.choices, empty_label=_("All modes"))
    competency = django_filters.ModelChoiceFilter(
        label=_("Teaches"),
        queryset=Competency.objects.none(),
        field_name="outcomes__competency",
        empty_label=_("All competencies"),
    )
    place = django_filters.ChoiceFilter(label=_("Place"), choices=[], empty_label=_("All places"))
    hours = django_filters.NumberFilter(
        label=_("Hours a week, max."), field_name="hours_per_week", lookup_expr="lte", min_value=1, max_value=40
    )
    starts = _DateFilter(label=_("Begins from"), field_name="starts_on", lookup_expr="gte")
    ends = _DateFilter(label=_("Ends until"), field_name="ends_on", lookup_expr="lte")

    class Meta:
        model = Slot
        fields: list[str] = []

    def __init__(self, data: Any, queryset: QuerySet[Slot]) -> None:
        super().__init__(data, queryset=queryset)
        taught = SlotOutcome.objects.filter(slot__in=queryset).values("competency")
        self.filters["competency"].queryset = Competency.objects.filter(pk__in=taught).order_by("name_id")
        places = queryset.exclude(place="").order_by("place").values_list("place", flat=True).distinct()
        self.filters["place"].extra["choices"] = [(place, place) for place in places]

    @property
    def active(self) -> int:
        """How many filters are set."""
        return sum(1 for name in self.filters if self.data.get(name))

    def by_words(self, slots: QuerySet[Slot], name: str, words: str) -> QuerySet[Slot]:
        """Indonesian word stems of title and description, or a part of title or partner."""
        found = SearchQuery(words, config="indonesian", search_type="websearch")
        return slots.annotate(text=SearchVector("title", "description", config="indonesian")).filter(
            Q(text=found) | Q(title__icontains=words) | Q(partner__name__icontains=words)
        )
