"""Who may see and who may do with mentors. ``user`` is None for the system itself."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.roles import Role, giving
from core.rows import find
from mentors.models import Mentor, SlotMentor
from partners.models import Slot
from partners.permissions import can_act_for, partners_of, visible_slots


def roles(user: User) -> tuple[QuerySet[Any, Any], ...]:
    """An active mentor is MENTOR."""
    return (giving(Role.MENTOR, Mentor.objects.filter(user=user, is_active=True)),)


def mentored_slots(user: User) -> Q:
    """Slots the user guides."""
    return Q(pk__in=SlotMentor.objects.filter(mentor__user=user).values("slot_id"))


def visible_mentors(user: User | None) -> QuerySet[Mentor]:
    """Oneself, the mentors of one's partner, and those named on slots one sees."""
    if user is None:
        return Mentor.objects.all()
    named = SlotMentor.objects.filter(slot__in=visible_slots(user)).values("mentor_id")
    return Mentor.objects.filter(Q(user=user) | Q(partner__in=partners_of(user)) | Q(pk__in=named))


def get_visible_mentor(user: User | None, mentor_id: uuid.UUID) -> Mentor:
    """The mentor, or NotFound."""
    return find(visible_mentors(user), mentor_id)


def can_edit_mentor(user: User | None, mentor: Mentor) -> bool:
    """The mentor, and members of the partner."""
    return user is None or mentor.user_id == user.pk or can_act_for(user, mentor.partner_id)


def can_assign_mentor(user: User | None, slot: Slot) -> bool:
    """Members of the partner that offers the slot."""
    return can_act_for(user, slot.partner_id)
