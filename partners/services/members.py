"""Who acts for a partner: invited by a link in a mail, in a role, until the membership ends."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import User
from accounts.services import create_user, username_for
from asn.services.checks import check_choice
from core import audit, outbox
from core.errors import Conflict, Invalid, require
from core.links import make_link, open_link, revoke_links, use_link
from core.rows import lock
from core.services import service
from core.text import clean_email
from partners import events
from partners.models import Partner, PartnerInvitation, PartnerMembership
from partners.permissions import can_manage_members, visible_invitations, visible_partners
from partners.states import PartnerRole

JOIN = "join_partner"


@service
def add_partner_member(
    *, actor: User | None, partner_id: uuid.UUID, user_id: int, role: str = PartnerRole.MEMBER
) -> PartnerMembership:
    """Let a user act for the partner, or change in which role."""
    partner = lock(visible_partners(actor), partner_id)
    require(can_manage_members(actor, partner.pk))
    check_choice(role, PartnerRole.values, code="unknown_role", field="role")
    if not User.objects.filter(pk=user_id, is_active=True).exists():
        raise Invalid("unknown_user", field="user_id")
    if role != PartnerRole.OWNER:
        _keep_an_owner(partner, without=user_id)
    membership, _ = PartnerMembership.objects.update_or_create(
        partner=partner, user_id=user_id, defaults={"role": role, "is_active": True}
    )
    audit.record(actor=actor, action="partners.add_member", obj=partner, after={"user": user_id, "role": role})
    return membership


@service
def remove_partner_member(*, actor: User | None, partner_id: uuid.UUID, user_id: int) -> None:
    """End a membership; the last owner stays."""
    partner = lock(visible_partners(actor), partner_id)
    require(can_manage_members(actor, partner.pk))
    _keep_an_owner(partner, without=user_id)
    ended = PartnerMembership.objects.filter(partner=partner, user_id=user_id, is_active=True).update(is_active=False)
    if not ended:
        raise Invalid("unknown_user", field="user_id")
    audit.record(actor=actor, action="partners.remove_member", obj=partner, after={"user": user_id})
    outbox.announce(
        events.MEMBER_LEFT, key=f"{partner.pk}:{user_id}:{uuid.uuid4()}", partner_id=partner.pk, user_id=user_id
    )


def _keep_an_owner(partner: Partner, *, without: int) -> None:
    owners = partner.memberships.filter(role=PartnerRole.OWNER, is_active=True)
    if owners.filter(user_id=without).exists() and owners.count() == 1:
        raise Conflict("last_owner")


@service
def hand_over_partner(*, actor: User, partner_id: uuid.UUID, user_id: int) -> PartnerMembership:
    """Make another member owner and step back to member oneself, both at once."""
    partner = lock(visible_partners(actor), partner_id)
    require(can_manage_members(actor, partner.pk))
    heir = partner.memberships.filter(user_id=user_id, is_active=True).exclude(user=actor).first()
    if heir is None:
        raise Invalid("unknown_user", field="user_id")
    heir.role = PartnerRole.OWNER
    heir.save(update_fields=("role", "updated_at"))
    partner.memberships.filter(user=actor, is_active=True).update(role=PartnerRole.MEMBER)
    audit.record(actor=actor, action="partners.hand_over", obj=partner, after={"owner": user_id})
    return heir


@service
def invite_member(
    *,
    actor: User | None,
    partner_id: uuid.UUID,
    email: str,
    role: str = PartnerRole.MEMBER,
    now: datetime | None = None,
) -> PartnerInvitation:
    """Ask somebody by e-mail to act for the partner, with or without an account."""
    partner = lock(visible_partners(actor), partner_id)
    require(can_manage_members(actor, partner.pk))
    email = clean_email(email)
    if not email:
        raise Invalid("text_missing", field="email")
    check_choice(role, PartnerRole.values, code="unknown_role", field="role")
    if partner.memberships.filter(user__email__iexact=email, is_active=True).exists():
        raise Conflict("member_already", field="email")
    if partner.invitations.filter(email__iexact=email, accepted_at=None, revoked_at=None).exists():
        raise Conflict("invited_already", field="email")
    row = PartnerInvitation.objects.create(
        partner=partner,
        email=email,
        role=role,
        invited_by=actor,
        expires_at=(now or timezone.now()) + timedelta(days=PartnerInvitation.LASTS_DAYS),
    )
    audit.record(actor=actor, action="partners.invite_member", obj=row, after={"role": role})
    _announce(row)
    return row


@service
def resend_invitation(
    *, actor: User | None, invitation_id: uuid.UUID, now: datetime | None = None
) -> PartnerInvitation:
    """Send a new link, with all its time again; the one before opens no more."""
    row = _open_invitation(actor, invitation_id)
    if row.sendings >= row.MOST_SENDINGS:
        raise Conflict("invitation_sent_often", limit=row.MOST_SENDINGS)
    row.sendings += 1
    row.expires_at = (now or timezone.now()) + timedelta(days=row.LASTS_DAYS)
    row.save(update_fields=("sendings", "expires_at", "updated_at"))
    audit.record(actor=actor, action="partners.resend_invitation", obj=row, after={"sendings": row.sendings})
    _announce(row)
    return row


@service
def revoke_invitation(
    *, actor: User | None, invitation_id: uuid.UUID, now: datetime | None = None
) -> PartnerInvitation:
    """Take an invitation back; its link opens no more."""
    row = _open_invitation(actor, invitation_id)
    row.revoked_at = now or timezone.now()
    row.save(update_fields=("revoked_at", "updated_at"))
    revoke_links(actor=actor, purpose=JOIN, subject=row, now=row.revoked_at)
    audit.record(actor=actor, action="partners.revoke_invitation", obj=row)
    return row


def _open_invitation(actor: User | None, invitation_id: uuid.UUID) -> PartnerInvitation:
    row = lock(visible_invitations(actor), invitation_id)
    require(can_manage_members(actor, row.partner_id))
    if not row.is_open:
        raise Conflict("invitation_over", about=row)
    return row


def _announce(row: PartnerInvitation) -> None:
    outbox.announce(events.INVITATION_SENT, key=f"{row.pk}:{row.sendings}", invitation_id=row.pk, sending=row.sendings)


@service
def link_invitation(*, invitation_id: uuid.UUID, sending: int = 1) -> tuple[PartnerInvitation, str] | None:
    """The link for one sending of an invitation; None when it was sent again, taken back or accepted meanwhile."""
    row = PartnerInvitation.objects.select_for_update(no_key=True).get(pk=invitation_id)
    lasts = row.expires_at - timezone.now()
    if not row.is_open or row.sendings != sending or lasts <= timedelta(0):
        return None
    _, token = make_link(actor=row.invited_by, purpose=JOIN, subject=row, email=row.email, lasts=lasts)
    return row, token


def opened_invitation(*, token: str, user: User | None) -> PartnerInvitation:
    """The invitation behind a link; changes nothing."""
    link = open_link(token=token, purpose=JOIN, user=user)
    return PartnerInvitation.objects.select_related("partner", "invited_by").get(pk=link.subject_id)


@service
def accept_invitation(
    *, actor: User | None, token: str, name: str = "", password: str = "", language: str = "id"
) -> PartnerMembership:
    """Join the partner with the account one is signed in with, or with a new one of the invited address.

    An address that has an account already joins by signing in: the mail alone does not stand for its password.
    """
    link = use_link(actor=actor, token=token, purpose=JOIN)
    row = PartnerInvitation.objects.select_for_update(no_key=True).get(pk=link.subject_id)
    user = actor
    if user is None:
        if User.objects.filter(email__iexact=row.email).exists():
            raise Conflict("sign_in_to_accept")
        user = create_user(
            username=username_for(row.email), email=row.email, name=name, password=password, language=language
        )
    partner = Partner.objects.select_for_update(no_key=True).get(pk=row.partner_id)
    membership, created = PartnerMembership.objects.get_or_create(
        partner=partner, user=user, defaults={"role": row.role}
    )
    if not created and not membership.is_active:
        membership.role, membership.is_active = row.role, True
        membership.save(update_fields=("role", "is_active", "updated_at"))
    row.accepted_by, row.accepted_at = user, link.used_at
    row.save(update_fields=("accepted_by", "accepted_at", "updated_at"))
    audit.record(actor=user, action="partners.accept_invitation", obj=row, after={"role": membership.role})
    outbox.announce(events.MEMBER_JOINED, key=row.pk, partner_id=partner.pk, user_id=user.pk)
    return membership
