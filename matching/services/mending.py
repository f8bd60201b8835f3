"""Healing what lost messages missed."""

from __future__ import annotations

import uuid

from django.db.models import Exists, OuterRef, Q

from asn.models import Agency, Employee
from matching.models import MatchState, Recommendation
from matching.services.changes import refresh_employee, refresh_slot
from matching.services.runs import request_full_match, unfinished_runs
from matching.services.versions import usable_version
from matching.states import RunReason
from partners.models import Slot

MENDED_AT_ONCE = 50


def mend() -> int:
    """Find what lost messages missed, and have it done; returns how many refreshes that took.

    Agencies on no or an old version get a run; slots and people that changed since the last run and have no
    recommendations are looked at again; so are slots that have closed without anybody saying so.
    """
    mended = 0
    states = {state.agency_id: state for state in MatchState.objects.select_related("agency")}
    newest = usable_version()
    busy = set(unfinished_runs().values_list("agency_id", flat=True))
    for agency in Agency.objects.filter(Exists(Employee.objects.active().filter(agency=OuterRef("pk")))):
        state = states.get(agency.pk)
        if agency.pk in busy:
            continue
        if state is None or state.version_id != newest.pk:
            request_full_match(actor=None, agency_id=agency.pk, reason=RunReason.MENDED)
            mended += 1
            continue
        for slot_id in _slots_to_mend(agency, state)[:MENDED_AT_ONCE]:
            mended += refresh_slot(slot_id=slot_id)
        for employee_id in _people_to_mend(agency, state)[:MENDED_AT_ONCE]:
            mended += refresh_employee(employee_id=employee_id)
    return mended


def _slots_to_mend(agency: Agency, state: MatchState) -> list[uuid.UUID]:
    shown = Recommendation.objects.filter(version=state.version_id, slot=OuterRef("pk"))
    slots = Slot.objects.filter(agency=agency)
    open_now = slots.open(agency.today())
    closed = slots.exclude(pk__in=open_now.values("pk")).filter(Exists(shown))
    unseen = open_now.filter(
        ~Exists(shown), Q(published_at__gt=state.refreshed_at) | Q(updated_at__gt=state.refreshed_at)
    )
    return [*closed.values_list("pk", flat=True), *unseen.values_list("pk", flat=True)]


def _people_to_mend(agency: Agency, state: MatchState) -> list[uuid.UUID]:
    shown = Recommendation.objects.filter(version=state.version_id, employee=OuterRef("pk"))
    people = Employee.objects.active().filter(agency=agency, updated_at__gt=state.refreshed_at)
    return list(people.filter(~Exists(shown)).values_list("pk", flat=True))
