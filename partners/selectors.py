"""Reads of this room: lists of slots and what to offer instead of one that is full."""

from __future__ import annotations

import uuid
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import User
from partners.models import Slot, SlotOutcome
from partners.permissions import visible_slots


def slot_list(
    user: User | None,
    *,
    agency_id: uuid.UUID | None = None,
    partner_id: uuid.UUID | None = None,
    kind: str = "",
    mode: str = "",
    place: str = "",
    status: str = "",
    competency: str = "",
    text: str = "",
    max_hours_per_week: int | None = None,
    open_only: bool = False,
    needs_confirmation: bool = False,
    today: date | None = None,
) -> QuerySet[Slot]:
    """The slots a user sees, filtered; with partner and outcomes at hand.

    ``open_only`` asks for those that may be applied for on ``today``, or today by each agency's own date.
    """
    slots = visible_slots(user)
    if open_only:
        slots = slots.filter(pk__in=Slot.objects.open(today).values("pk"))
    exact = {
        "agency_id": agency_id,
        "partner_id": partner_id,
        "kind": kind,
        "mode": mode,
        "status": status,
        "place__iexact": place,
        "hours_per_week__lte": max_hours_per_week,
    }
    slots = slots.filter(**{name: value for name, value in exact.items() if value})
    if needs_confirmation:
        slots = slots.needing_confirmation()  # type: ignore[attr-defined]
    if competency:
        slots = slots.filter(Exists(SlotOutcome.objects.filter(slot=OuterRef("pk"), competency=competency)))
    if text:
        slots = slots.filter(
            Q(title__icontains=text) | Q(description__icontains=text) | Q(partner__name__icontains=text)
        )
    return slots.select_related("partner", "agency", "agreement").prefetch_related("outcomes__competency")


def similar_open_slots(slot: Slot, *, limit: int = 3, today: date | None = None) -> list[Slot]:
    """Open slots of the same agency that teach most of the same, those of the same kind first among equals."""
    taught = slot.outcomes.values("competency")
    shared = Count("outcomes", filter=Q(outcomes__competency__in=taught), distinct=True)
    return list(
        Slot.objects.open(today or slot.agency.today())
        .filter(agency=slot.agency_id)
        .exclude(pk=slot.pk)
        .annotate(shared=shared, same_kind=Count("pk", filter=Q(kind=slot.kind), distinct=True))
        .filter(shared__gt=0)
        .order_by("-shared", "-same_kind", "apply_by", "pk")
        .select_related("partner")[:limit]
    )
