"""Who may see and who may do with partners, agreements and slots.

``user`` is None for the system itself; a visitor's request never is.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.roles import Role, giving
from asn.models import Employee
from asn.permissions import agencies_of, serves
from asn.states import AgencyRole
from core.rows import find
from partners.models import Agreement, Partner, PartnerInvitation, PartnerMembership, PartnerVerification, Slot
from partners.states import PartnerRole, SlotStatus

# What an employee may see of an agency's slots: those that are or were on offer.
OFFERED = (SlotStatus.PUBLISHED, SlotStatus.FULL, SlotStatus.CLOSED)
_READERS = (AgencyRole.HR, AgencyRole.AUDITOR, AgencyRole.LEADERSHIP)

_slot_sources: list[Callable[[User], Q]] = []


def register_slot_visibility(source: Callable[[User], Q]) -> None:
    """Called once by each higher room (AppConfig.ready) whose rows let people see further slots."""
    _slot_sources.append(source)


def roles(user: User) -> tuple[QuerySet[Any, Any], ...]:
    """Whoever acts for a partner is PARTNER."""
    return (giving(Role.PARTNER, _memberships(user)),)


def _memberships(user: User | None) -> QuerySet[PartnerMembership]:
    return PartnerMembership.objects.filter(user=user, is_active=True)


def partners_of(user: User | None) -> QuerySet[PartnerMembership, uuid.UUID]:
    """Ids of the partners the user acts for, as a subquery."""
    return _memberships(user).values_list("partner_id", flat=True)


def visible_partners(user: User | None) -> QuerySet[Partner]:
    """One's own; for those who serve an agency, the partners that asked to be verified there; for
    employees, the partners of the slots they see."""
    if user is None:
        return Partner.objects.all()
    asked = PartnerVerification.objects.filter(agency__in=agencies_of(user, *_READERS)).values("partner_id")
    offering = visible_slots(user).values("partner_id")
    return Partner.objects.filter(Q(pk__in=partners_of(user)) | Q(pk__in=asked) | Q(pk__in=offering))


def get_visible_partner(user: User | None, partner_id: uuid.UUID) -> Partner:
    """The partner, or NotFound."""
    return find(visible_partners(user), partner_id)


def visible_memberships(user: User | None) -> QuerySet[PartnerMembership]:
    """Whoever acts for one's own partner."""
    if user is None:
        return PartnerMembership.objects.all()
    return PartnerMembership.objects.filter(partner__in=partners_of(user))


def get_visible_membership(user: User | None, membership_id: uuid.UUID) -> PartnerMembership:
    """The membership, or NotFound."""
    return find(visible_memberships(user), membership_id)


def visible_invitations(user: User | None) -> QuerySet[PartnerInvitation]:
    """Those of the partners one owns: an address is nobody else's business."""
    if user is None:
        return PartnerInvitation.objects.all()
    owned = _memberships(user).filter(role=PartnerRole.OWNER).values("partner_id")
    return PartnerInvitation.objects.filter(partner__in=owned)


def visible_verifications(user: User | None) -> QuerySet[PartnerVerification]:
    """One's own partner's standing, and what one's agency has to decide."""
    if user is None:
        return PartnerVerification.objects.all()
    return PartnerVerification.objects.filter(
        Q(partner__in=partners_of(user)) | Q(agency__in=agencies_of(user, *_READERS))
    )


def visible_agreements(user: User | None) -> QuerySet[Agreement]:
    """One's own partner's, and one's agency's."""
    if user is None:
        return Agreement.objects.all()
    return Agreement.objects.filter(Q(partner__in=partners_of(user)) | Q(agency__in=agencies_of(user, *_READERS)))


def get_visible_agreement(user: User | None, agreement_id: uuid.UUID) -> Agreement:
    """The agreement, or NotFound."""
    return find(visible_agreements(user), agreement_id)


def visible_slots(user: User | None) -> QuerySet[Slot]:
    """Employees: what their agency offers or offered; partner members: their own; HR, auditors and
    leadership: what has been handed in to their agency; and what higher rooms add (mentored, applied for)."""
    if user is None:
        return Slot.objects.all()
    employing = Employee.objects.filter(user=user).values("agency_id")
    seen = (
        Q(agency__in=employing, status__in=OFFERED)
        | Q(partner__in=partners_of(user))
        | (Q(agency__in=agencies_of(user, *_READERS)) & ~Q(status=SlotStatus.DRAFT))
    )
    for source in _slot_sources:
        seen |= source(user)
    return Slot.objects.filter(seen)


def get_visible_slot(user: User | None, slot_id: uuid.UUID) -> Slot:
    """The slot, or NotFound."""
    return find(visible_slots(user), slot_id)


def can_act_for(user: User | None, partner_id: uuid.UUID) -> bool:
    """Members draft, submit and look after the partner's slots; the system may too."""
    return user is None or _memberships(user).filter(partner_id=partner_id).exists()


def can_manage_members(user: User | None, partner_id: uuid.UUID) -> bool:
    """Owners say who acts for the partner."""
    owner = _memberships(user).filter(partner_id=partner_id, role=PartnerRole.OWNER)
    return user is None or owner.exists()


def can_verify_partners(user: User | None, agency_id: uuid.UUID) -> bool:
    """A named HR officer of the agency; never the system."""
    return serves(user, agency_id, AgencyRole.HR)


def can_manage_agreements(user: User | None, agency_id: uuid.UUID) -> bool:
    """HR of the agency keeps its agreements."""
    return user is None or serves(user, agency_id, AgencyRole.HR)


def can_edit_slot(user: User | None, slot: Slot) -> bool:
    """Members of the offering partner, while it is a draft or has come back."""
    return slot.status in (SlotStatus.DRAFT, SlotStatus.RETURNED) and can_act_for(user, slot.partner_id)


def can_review_slot(user: User | None, slot: Slot) -> bool:
    """A named HR officer of the agency who does not act for the partner."""
    return user is not None and serves(user, slot.agency_id, AgencyRole.HR) and not can_act_for(user, slot.partner_id)


def can_waive_cohort(user: User | None, slot: Slot) -> bool:
    """A named member of the offering partner: it is their time."""
    return user is not None and can_act_for(user, slot.partner_id)


def can_steer_slot(user: User | None, slot: Slot) -> bool:
    """Pausing, closing, cancelling: the partner and HR."""
    return can_act_for(user, slot.partner_id) or serves(user, slot.agency_id, AgencyRole.HR)
