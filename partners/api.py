"""Partners, agreements, and slots from draft to closing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from ninja import File, Query
from ninja.files import UploadedFile
from ninja.pagination import paginate

from accounts.auth import SignedInRequest
from accounts.roles import Role
from asn.permissions import visible_agencies
from core.api import Pages
from core.policy import Router
from partners import permissions, selectors, services
from partners.kinds import Question, all_kinds
from partners.models import (
    Agreement,
    Partner,
    PartnerInvitation,
    PartnerMembership,
    PartnerVerification,
    Slot,
    VerificationStep,
)
from partners.schemas import (
    AcceptIn,
    AgreementFilters,
    AgreementIn,
    AgreementOut,
    AskAgainIn,
    CancelIn,
    CloneIn,
    HandOverIn,
    InvitationIn,
    InvitationOut,
    MemberOut,
    NewSlotIn,
    PartnerDataIn,
    PartnerFilters,
    PartnerIn,
    PartnerOut,
    PartnerRecordOut,
    RefuseIn,
    ReserveIn,
    ReturnIn,
    RoleIn,
    SlotDetailOut,
    SlotFilters,
    SlotIn,
    SlotKindOut,
    SlotOut,
    SlotRecordOut,
    StepOut,
    TerminateIn,
    VerificationOut,
    VerifyIn,
    WaiveIn,
)

router = Router()
READERS = (Role.PARTNER, Role.HR, Role.AUDITOR, Role.LEADERSHIP)
HOSTS = (Role.PARTNER, Role.HR)
VIEWERS = (Role.EMPLOYEE, Role.PARTNER, Role.MENTOR, Role.HR, Role.AUDITOR, Role.LEADERSHIP)


# Partners


@router.get("/partners", policy=VIEWERS, response=list[PartnerOut], tags=["Partners"])
@paginate(Pages)
def list_partners(request: SignedInRequest, filters: Query[PartnerFilters]) -> QuerySet[Partner]:
    """Partners I see: my own, those that asked my agency, those whose slots I see."""
    return filters.filter(permissions.visible_partners(request.user))


@router.post("/partners", policy=(Role.SIGNED_IN,), response={201: PartnerRecordOut}, tags=["Partners"])
def register_partner(request: SignedInRequest, data: PartnerIn) -> Partner:
    """Register an organisation and ask agencies to verify it; I become its owner."""
    about = services.PartnerData(**data.model_dump(exclude={"agency_ids"}))
    return services.register_partner(actor=request.user, data=about, agency_ids=data.agency_ids)


@router.get("/partners/{uuid:partner_id}", policy=VIEWERS, response=PartnerOut, tags=["Partners"])
def get_partner(request: SignedInRequest, partner_id: UUID) -> Partner:
    """One partner."""
    return permissions.get_visible_partner(request.user, partner_id)


@router.get("/partners/{uuid:partner_id}/record", policy=READERS, response=PartnerRecordOut, tags=["Partners"])
def get_partner_record(request: SignedInRequest, partner_id: UUID) -> Partner:
    """One partner with its registration data and what agencies say of it."""
    return permissions.get_visible_partner(request.user, partner_id)


@router.put("/partners/{uuid:partner_id}", policy=(Role.PARTNER,), response=PartnerRecordOut, tags=["Partners"])
def update_partner(request: SignedInRequest, partner_id: UUID, data: PartnerDataIn) -> Partner:
    """Change what my organisation says about itself."""
    about = services.PartnerData(**data.model_dump())
    return services.update_partner(actor=request.user, partner_id=partner_id, data=about)


@router.post(
    "/partners/{uuid:partner_id}/ask", policy=(Role.PARTNER,), response={201: VerificationOut}, tags=["Partners"]
)
def ask_verification(request: SignedInRequest, partner_id: UUID, data: VerifyIn) -> PartnerVerification:
    """Ask one more agency to verify my organisation."""
    return services.ask_verification(actor=request.user, partner_id=partner_id, agency_id=data.agency_id)


@router.post(
    "/partners/{uuid:partner_id}/ask-again", policy=(Role.PARTNER,), response=VerificationOut, tags=["Partners"]
)
def ask_verification_again(request: SignedInRequest, partner_id: UUID, data: AskAgainIn) -> PartnerVerification:
    """After a refusal: my organisation has corrected what was wrong, and the agency looks again."""
    return services.ask_verification_again(
        actor=request.user, partner_id=partner_id, agency_id=data.agency_id, note=data.note
    )


@router.get("/partners/{uuid:partner_id}/verification-steps", policy=READERS, response=list[StepOut], tags=["Partners"])
@paginate(Pages)
def list_verification_steps(request: SignedInRequest, partner_id: UUID) -> QuerySet[VerificationStep]:
    """What was asked and decided about the partner so far, by those agencies whose word I see."""
    partner = permissions.get_visible_partner(request.user, partner_id)
    seen = permissions.visible_verifications(request.user).filter(partner=partner)
    return VerificationStep.objects.filter(verification__in=seen)


# Members


@router.get("/partners/{uuid:partner_id}/members", policy=(Role.PARTNER,), response=list[MemberOut], tags=["Partners"])
@paginate(Pages)
def list_members(request: SignedInRequest, partner_id: UUID) -> QuerySet[PartnerMembership]:
    """Who acts for my organisation."""
    partner = permissions.get_visible_partner(request.user, partner_id)
    rows = permissions.visible_memberships(request.user).filter(partner=partner, is_active=True)
    return rows.select_related("user").order_by("user__name")


@router.post("/members/{uuid:membership_id}/role", policy=(Role.PARTNER,), response=MemberOut, tags=["Partners"])
def change_member_role(request: SignedInRequest, membership_id: UUID, data: RoleIn) -> PartnerMembership:
    """Change what a member may do; the last owner stays one."""
    row = permissions.get_visible_membership(request.user, membership_id)
    return services.add_partner_member(
        actor=request.user, partner_id=row.partner_id, user_id=row.user_id, role=data.role
    )


@router.post("/members/{uuid:membership_id}/end", policy=(Role.PARTNER,), response={204: None}, tags=["Partners"])
def end_membership(request: SignedInRequest, membership_id: UUID) -> None:
    """Somebody no longer acts for my organisation; the remaining members are told."""
    row = permissions.get_visible_membership(request.user, membership_id)
    services.remove_partner_member(actor=request.user, partner_id=row.partner_id, user_id=row.user_id)


@router.post("/partners/{uuid:partner_id}/hand-over", policy=(Role.PARTNER,), response=MemberOut, tags=["Partners"])
def hand_over_partner(request: SignedInRequest, partner_id: UUID, data: HandOverIn) -> PartnerMembership:
    """Make another member owner, and step back to member myself."""
    heir = permissions.get_visible_membership(request.user, data.membership_id)
    return services.hand_over_partner(actor=request.user, partner_id=partner_id, user_id=heir.user_id)


@router.get("/invitations", policy=(Role.PARTNER,), response=list[InvitationOut], tags=["Partners"])
@paginate(Pages)
def list_invitations(request: SignedInRequest) -> QuerySet[PartnerInvitation]:
    """Invitations of the organisations I own, newest first."""
    return permissions.visible_invitations(request.user)


@router.post(
    "/partners/{uuid:partner_id}/invitations",
    policy=(Role.PARTNER,),
    response={201: InvitationOut},
    tags=["Partners"],
)
def invite_member(request: SignedInRequest, partner_id: UUID, data: InvitationIn) -> PartnerInvitation:
    """Invite somebody by e-mail to act for my organisation."""
    return services.invite_member(actor=request.user, partner_id=partner_id, email=data.email, role=data.role)


@router.post(
    "/invitations/{uuid:invitation_id}/resend", policy=(Role.PARTNER,), response=InvitationOut, tags=["Partners"]
)
def resend_invitation(request: SignedInRequest, invitation_id: UUID) -> PartnerInvitation:
    """Send a new link; the one before opens no more."""
    return services.resend_invitation(actor=request.user, invitation_id=invitation_id)


@router.post(
    "/invitations/{uuid:invitation_id}/revoke", policy=(Role.PARTNER,), response=InvitationOut, tags=["Partners"]
)
def revoke_invitation(request: SignedInRequest, invitation_id: UUID) -> PartnerInvitation:
    """Take an invitation back."""
    return services.revoke_invitation(actor=request.user, invitation_id=invitation_id)


@router.post("/invitations/accept", policy=(Role.SIGNED_IN,), response={201: MemberOut}, tags=["Partners"])
def accept_invitation(request: SignedInRequest, data: AcceptIn) -> PartnerMembership:
    """Join the organisation that invited my address."""
    return services.accept_invitation(actor=request.user, token=data.token)


@router.get("/verifications", policy=READERS, response=list[VerificationOut], tags=["Partners"])
@paginate(Pages)
def list_verifications(request: SignedInRequest) -> QuerySet[PartnerVerification]:
    """Who has asked my agency, or whom my partner has asked."""
    return permissions.visible_verifications(request.user).order_by("-created_at")


@router.post("/partners/{uuid:partner_id}/verify", policy=(Role.HR,), response=VerificationOut, tags=["Partners"])
def verify_partner(request: SignedInRequest, partner_id: UUID, data: VerifyIn) -> PartnerVerification:
    """My agency trusts this partner."""
    return services.verify_partner(actor=request.user, agency_id=data.agency_id, partner_id=partner_id)


@router.post("/partners/{uuid:partner_id}/refuse", policy=(Role.HR,), response=VerificationOut, tags=["Partners"])
def refuse_partner(request: SignedInRequest, partner_id: UUID, data: RefuseIn) -> PartnerVerification:
    """My agency does not, and says why."""
    return services.refuse_partner(
        actor=request.user, agency_id=data.agency_id, partner_id=partner_id, reason=data.reason
    )


# Agreements


@router.get("/agreements", policy=READERS, response=list[AgreementOut], tags=["Partners"])
@paginate(Pages)
def list_agreements(request: SignedInRequest, filters: Query[AgreementFilters]) -> QuerySet[Agreement]:
    """Agreements of my partner or my agency; with ``ends_soon`` those that end within 90 days and are not renewed."""
    return filters.filter(permissions.visible_agreements(request.user))


@router.post("/agreements", policy=(Role.HR,), response={201: AgreementOut}, tags=["Partners"])
def create_agreement(request: SignedInRequest, data: AgreementIn) -> Agreement:
    """Enter a KB or PKS as a draft."""
    says = services.AgreementData(**data.model_dump(exclude={"agency_id", "partner_id"}))
    return services.create_agreement(
        actor=request.user, agency_id=data.agency_id, partner_id=data.partner_id, data=says
    )


@router.get("/agreements/{uuid:agreement_id}", policy=READERS, response=AgreementOut, tags=["Partners"])
def get_agreement(request: SignedInRequest, agreement_id: UUID) -> Agreement:
    """One agreement."""
    return permissions.get_visible_agreement(request.user, agreement_id)


@router.post("/agreements/{uuid:agreement_id}/file", policy=(Role.HR,), response=AgreementOut, tags=["Partners"])
def file_agreement(request: SignedInRequest, agreement_id: UUID, file: File[UploadedFile]) -> Agreement:
    """Keep the signed document with it, as PDF."""
    return services.file_agreement(actor=request.user, agreement_id=agreement_id, upload=file)


@router.post("/agreements/{uuid:agreement_id}/sign", policy=(Role.HR,), response=AgreementOut, tags=["Partners"])
def sign_agreement(request: SignedInRequest, agreement_id: UUID) -> Agreement:
    """Both sides have signed: slots may be published under it."""
    return services.sign_agreement(actor=request.user, agreement_id=agreement_id)


@router.post("/agreements/{uuid:agreement_id}/terminate", policy=(Role.HR,), response=AgreementOut, tags=["Partners"])
def terminate_agreement(request: SignedInRequest, agreement_id: UUID, data: TerminateIn) -> Agreement:
    """It ends before its time, and why."""
    return services.terminate_agreement(actor=request.user, agreement_id=agreement_id, reason=data.reason)


# Slots


@router.get("/slot-kinds", policy=(Role.SIGNED_IN,), response=list[SlotKindOut], tags=["Slots"])
def list_slot_kinds(request: SignedInRequest) -> list[dict[str, Any]]:
    """Kinds of slots and what each brings."""
    return [
        {
            "code": kind.code,
            "label": str(kind.label),
            "description": str(kind.description),
            "jp_planned": kind.jp_planned,
            "blocks_time": kind.blocks_time,
            "uses_sessions": kind.uses_sessions,
            "minimum_cohort": kind.minimum_cohort,
            "icon": kind.icon,
            "jp_form": kind.jp_form,
            "jp_basis": kind.jp_basis.value,
            "rhythm": kind.rhythm.value,
            "documents": [document.value for document in kind.documents],
            "evidence": [evidence.value for evidence in kind.evidence],
            "evaluations": [
                {
                    "role": form.role,
                    "stage": form.stage,
                    "required": form.required,
                    "overall": str(form.overall),
                    "questions": _questions(form.questions),
                    "ratings": form.ratings.value,
                }
                for form in kind.evaluations
            ],
            "questions": _questions(kind.questions),
        }
        for kind in all_kinds()
    ]


def _questions(asked: Sequence[Question]) -> list[dict[str, Any]]:
    return [
        {
            "code": question.code,
            "label": str(question.label),
            "help_text": str(question.help_text),
            "required": question.required,
            "limit": question.limit,
        }
        for question in asked
    ]


@router.get("/slots", policy=VIEWERS, response=list[SlotOut], tags=["Slots"])
@paginate(Pages)
def list_slots(request: SignedInRequest, filters: Query[SlotFilters]) -> QuerySet[Slot]:
    """Slots I see: on offer in my agency, of my partner, those I guide."""
    agency = visible_agencies(request.user).first()
    today = agency.today() if agency else None
    return selectors.slot_list(request.user, today=today, **filters.model_dump(exclude_none=True))


@router.post("/slots", policy=(Role.PARTNER,), response={201: SlotRecordOut}, tags=["Slots"])
def create_slot(request: SignedInRequest, data: NewSlotIn) -> Slot:
    """Begin a slot as a draft under an agreement."""
    return services.create_slot(actor=request.user, partner_id=data.partner_id, data=_slot_data(data))


@router.get("/slots/{uuid:slot_id}", policy=VIEWERS, response=SlotDetailOut, tags=["Slots"])
def get_slot(request: SignedInRequest, slot_id: UUID) -> Slot:
    """One slot."""
    return permissions.get_visible_slot(request.user, slot_id)


@router.get("/slots/{uuid:slot_id}/record", policy=READERS, response=SlotRecordOut, tags=["Slots"])
def get_slot_record(request: SignedInRequest, slot_id: UUID) -> Slot:
    """One slot with what passed between its partner and HR."""
    return permissions.get_visible_slot(request.user, slot_id)


@router.get("/slots/{uuid:slot_id}/similar", policy=VIEWERS, response=list[SlotOut], tags=["Slots"])
def list_similar_slots(request: SignedInRequest, slot_id: UUID) -> list[Slot]:
    """Up to three open slots that teach the same: the remedy for a full one."""
    slot = permissions.get_visible_slot(request.user, slot_id)
    return list(selectors.similar_open_slots(slot))


@router.put("/slots/{uuid:slot_id}", policy=(Role.PARTNER,), response=SlotRecordOut, tags=["Slots"])
def update_slot(request: SignedInRequest, slot_id: UUID, data: SlotIn) -> Slot:
    """Change a draft, or one that came back (it becomes a draft again)."""
    return services.update_slot(actor=request.user, slot_id=slot_id, data=_slot_data(data))


@router.post("/slots/{uuid:slot_id}/submit", policy=(Role.PARTNER,), response=SlotRecordOut, tags=["Slots"])
def submit_slot(request: SignedInRequest, slot_id: UUID) -> Slot:
    """Hand it to HR for review."""
    return services.submit_slot(actor=request.user, slot_id=slot_id)


@router.post("/slots/{uuid:slot_id}/return", policy=(Role.HR,), response=SlotRecordOut, tags=["Slots"])
def return_slot(request: SignedInRequest, slot_id: UUID, data: ReturnIn) -> Slot:
    """HR sends it back with a coded reason."""
    return services.return_slot(actor=request.user, slot_id=slot_id, reason=data.reason, note=data.note)


@router.post("/slots/{uuid:slot_id}/publish", policy=(Role.HR,), response=SlotRecordOut, tags=["Slots"])
def publish_slot(request: SignedInRequest, slot_id: UUID) -> Slot:
    """Let ASN apply; recommendations follow by themselves."""
    return services.publish_slot(actor=request.user, slot_id=slot_id)


@router.post("/slots/{uuid:slot_id}/pause", policy=HOSTS, response=SlotRecordOut, tags=["Slots"])
def pause_slot(request: SignedInRequest, slot_id: UUID) -> Slot:
    """No applications for now."""
    return services.pause_slot(actor=request.user, slot_id=slot_id)


@router.post("/slots/{uuid:slot_id}/resume", policy=HOSTS, response=SlotRecordOut, tags=["Slots"])
def resume_slot(request: SignedInRequest, slot_id: UUID) -> Slot:
    """Open again."""
    return services.resume_slot(actor=request.user, slot_id=slot_id)


@router.post("/slots/{uuid:slot_id}/close", policy=HOSTS, response=SlotRecordOut, tags=["Slots"])
def close_slot(request: SignedInRequest, slot_id: UUID) -> Slot:
    """No more applications."""
    return services.close_slot(actor=request.user, slot_id=slot_id)


@router.post("/slots/{uuid:slot_id}/cancel", policy=HOSTS, response=SlotRecordOut, tags=["Slots"])
def cancel_slot(request: SignedInRequest, slot_id: UUID, data: CancelIn) -> Slot:
    """It will not take place; everyone concerned is told."""
    return services.cancel_slot(actor=request.user, slot_id=slot_id, reason=data.reason, note=data.note)


@router.post("/slots/{uuid:slot_id}/confirm", policy=(Role.PARTNER,), response=SlotRecordOut, tags=["Slots"])
def confirm_slot(request: SignedInRequest, slot_id: UUID) -> Slot:
    """It still stands as written."""
    return services.confirm_slot(actor=request.user, slot_id=slot_id)


@router.post("/slots/{uuid:slot_id}/waive-cohort", policy=(Role.PARTNER,), response=SlotRecordOut, tags=["Slots"])
def waive_cohort(request: SignedInRequest, slot_id: UUID, data: WaiveIn) -> Slot:
    """Begin with fewer participants than the slot asked for, and say why."""
    return services.waive_cohort(actor=request.user, slot_id=slot_id, reason=data.reason)


@router.put("/slots/{uuid:slot_id}/reserve", policy=(Role.HR,), response=SlotRecordOut, tags=["Slots"])
def set_reserve(request: SignedInRequest, slot_id: UUID, data: ReserveIn) -> Slot:
    """Keep seats of a slot under review for people of one unit until a day."""
    return services.set_reserve(actor=request.user, slot_id=slot_id, **data.model_dump())


@router.post("/slots/{uuid:slot_id}/clone", policy=(Role.PARTNER,), response={201: SlotRecordOut}, tags=["Slots"])
def clone_slot(request: SignedInRequest, slot_id: UUID, data: CloneIn) -> Slot:
    """Copy it into a new draft, for the same city or another; with a new first day where its dates have passed."""
    return services.clone_slot(actor=request.user, slot_id=slot_id, **data.model_dump())


def _slot_data(data: SlotIn) -> services.SlotData:
    values = data.model_dump(exclude={"partner_id", "outcomes", "prerequisites", "meetings", "milestones"})
    return services.SlotData(
        **values,
        outcomes=[(line.competency, line.from_level, line.to_level) for line in data.outcomes],
        meetings=[(line.held_on, line.begins_at, line.ends_at, line.place) for line in data.meetings],
        milestones=[(line.title, line.due_on, line.proof) for line in data.milestones],
        prerequisites=[(line.competency, line.level, line.is_required) for line in data.prerequisites],
    )
