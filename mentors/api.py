"""Mentors: who they are, what they know, which slots they guide."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from ninja import Query
from ninja.pagination import paginate

from accounts.auth import SignedInRequest
from accounts.roles import Role
from core.api import Pages
from core.policy import Router
from mentors import permissions, services
from mentors.models import Mentor, SlotMentor
from mentors.schemas import (
    AssignIn,
    AvailabilitySetIn,
    ExpertiseSetIn,
    MentorChangeIn,
    MentorFilters,
    MentorIn,
    MentorOut,
    SlotMentorOut,
)
from partners.permissions import get_visible_slot

router = Router(tags=["Mentors"])
VIEWERS = (Role.EMPLOYEE, Role.PARTNER, Role.MENTOR, Role.HR, Role.AUDITOR, Role.LEADERSHIP)


@router.get("/mentors", policy=VIEWERS, response=list[MentorOut])
@paginate(Pages)
def list_mentors(request: SignedInRequest, filters: Query[MentorFilters]) -> QuerySet[Mentor]:
    """Mentors I see: of my partner, and those named on slots I see."""
    return filters.filter(
        permissions.visible_mentors(request.user).prefetch_related("expertise", "availability", "days_off")
    )


@router.post("/mentors", policy=(Role.PARTNER,), response={201: MentorOut})
def create_mentor(request: SignedInRequest, data: MentorIn) -> Mentor:
    """Add a mentor to my partner."""
    return services.create_mentor(actor=request.user, **data.model_dump())


@router.get("/mentors/{uuid:mentor_id}", policy=VIEWERS, response=MentorOut)
def get_mentor(request: SignedInRequest, mentor_id: UUID) -> Mentor:
    """One mentor."""
    return permissions.get_visible_mentor(request.user, mentor_id)


@router.put("/mentors/{uuid:mentor_id}", policy=(Role.PARTNER, Role.MENTOR), response=MentorOut)
def update_mentor(request: SignedInRequest, mentor_id: UUID, data: MentorChangeIn) -> Mentor:
    """Change the profile; one who no longer guides stays on record."""
    return services.update_mentor(actor=request.user, mentor_id=mentor_id, **data.model_dump())


@router.put("/mentors/{uuid:mentor_id}/expertise", policy=(Role.PARTNER, Role.MENTOR), response=MentorOut)
def set_expertise(request: SignedInRequest, mentor_id: UUID, data: ExpertiseSetIn) -> Mentor:
    """Say anew what the mentor masters."""
    services.set_expertise(
        actor=request.user, mentor_id=mentor_id, items=[(line.competency, line.level) for line in data.expertise]
    )
    return permissions.get_visible_mentor(request.user, mentor_id)


@router.put("/mentors/{uuid:mentor_id}/availability", policy=(Role.PARTNER, Role.MENTOR), response=MentorOut)
def set_availability(request: SignedInRequest, mentor_id: UUID, data: AvailabilitySetIn) -> Mentor:
    """Say anew when the mentor has time each week, and on which days not."""
    services.set_availability(
        actor=request.user,
        mentor_id=mentor_id,
        windows=[(window.weekday, window.starts_at, window.ends_at) for window in data.windows],
        days_off=[(off.starts_on, off.ends_on) for off in data.days_off],
        time_zone=data.time_zone or "",
    )
    return permissions.get_visible_mentor(request.user, mentor_id)


@router.get("/slots/{uuid:slot_id}/mentors", policy=VIEWERS, response=list[SlotMentorOut])
def list_slot_mentors(request: SignedInRequest, slot_id: UUID) -> QuerySet[SlotMentor]:
    """Who guides this slot."""
    slot = get_visible_slot(request.user, slot_id)
    return SlotMentor.objects.filter(slot=slot).select_related("mentor").order_by("mentor__name")


@router.post("/slots/{uuid:slot_id}/mentors", policy=(Role.PARTNER,), response={201: SlotMentorOut})
def assign_mentor(request: SignedInRequest, slot_id: UUID, data: AssignIn) -> SlotMentor:
    """Tie a mentor of the same partner to the slot."""
    return services.assign_mentor(actor=request.user, slot_id=slot_id, mentor_id=data.mentor_id)


@router.delete("/slots/{uuid:slot_id}/mentors/{uuid:mentor_id}", policy=(Role.PARTNER,), response={204: None})
def unassign_mentor(request: SignedInRequest, slot_id: UUID, mentor_id: UUID) -> None:
    """The mentor no longer guides the slot."""
    services.unassign_mentor(actor=request.user, slot_id=slot_id, mentor_id=mentor_id)
