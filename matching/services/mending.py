"""Healing what lost messages missed."""

from __future__ import annotations

import uuid

from django.db.models import Exists, F, OuterRef

from asn.models import Agency, Employee
from matching.models import EmployeeList, MatchState, SlotList
from matching.services.changes import refresh_employee, refresh_slot
from matching.services.runs import request_full_match, unfinished_runs
from matching.services.versions import usable_version
from matching.states import RunReason
from partners.models import Slot

ONE_BY_ONE = 20  # above this many, a run is cheaper than patches


def mend() -> int:
    """Find what lost messages missed, and have it done; returns how many refreshes and runs that took.

    Agencies on no or an old version get a run; slots and people without a list are looked at again; so are slots that
    have closed and people who have left without anybody saying so.
    """
    mended = 0
    states = {state.agency_id: state for state in MatchState.objects.annotate(version=F("generation__version"))}
    newest = usable_version()
    busy = set(unfinished_runs().values_list("agency_id", flat=True))
    staffed = Exists(Employee.objects.active().filter(agency=OuterRef("pk")))
    for agency in Agency.objects.filter(staffed).exclude(pk__in=busy):
        state = states.get(agency.pk)
        current = state if state and state.version == newest.pk else None
        slots, people = (_slots_to_mend(agency, current), _people_to_mend(agency, current)) if current else ([], [])
        if current is None or len(slots) + len(people) > ONE_BY_ONE:
            request_full_match(actor=None, agency_id=agency.pk, reason=RunReason.MENDED)
            mended += 1
            continue
        mended += sum(refresh_slot(slot_id=slot_id) for slot_id in slots)
        mended += sum(refresh_employee(employee_id=employee_id) for employee_id in people)
    return mended


def _slots_to_mend(agency: Agency, state: MatchState) -> list[uuid.UUID]:
    shown = Exists(SlotList.objects.filter(generation=state.generation_id, slot=OuterRef("pk"), is_open=True))
    slots = Slot.objects.filter(agency=agency)
    open_now = slots.open(agency.today())
    closed = slots.exclude(pk__in=open_now.values("pk")).filter(shown)
    return [*closed.values_list("pk", flat=True), *open_now.exclude(shown).values_list("pk", flat=True)]


def _people_to_mend(agency: Agency, state: MatchState) -> list[uuid.UUID]:
    shown = Exists(EmployeeList.objects.filter(generation=state.generation_id, employee=OuterRef("pk")))
    people = Employee.objects.filter(agency=agency)
    active = people.active()
    gone = people.exclude(pk__in=active.values("pk")).filter(shown)
    return [*gone.values_list("pk", flat=True), *active.exclude(shown).values_list("pk", flat=True)]
