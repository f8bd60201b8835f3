"""Whom a change of a slot concerns: one answer for what a page says before it and for who is told after it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from partners.models import Slot
from placements.models import Application, Placement
from placements.states import LIVE_APPLICATION, RESERVING_PLACEMENT, ApplicationStatus

# On their way; who has a place is concerned as a participant.
UNDER_WAY = tuple(status for status in LIVE_APPLICATION if status != ApplicationStatus.ACCEPTED)


def applications_under_way(slot: Slot) -> QuerySet[Application]:
    """Drafts, those that somebody has to decide, those on the waitlist or offered a seat."""
    return Application.objects.filter(slot=slot, status__in=UNDER_WAY)


def placements_under_way(slot: Slot) -> QuerySet[Placement]:
    """Prepared, running, on hold or being finished; not those that are over."""
    return Placement.objects.filter(slot=slot, status__in=RESERVING_PLACEMENT)


@dataclass(frozen=True, slots=True)
class Concerned:
    """How many people a change would reach."""

    applicants: int
    participants: int


def concerned_by(slot: Slot) -> Concerned:
    """Two queries."""
    return Concerned(applications_under_way(slot).count(), placements_under_way(slot).count())
