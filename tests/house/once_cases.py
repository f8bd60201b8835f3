"""For each operation that writes, one request that it takes: who sends it, where to, with what.

A new operation needs a line in ``CASES``; ``test_once`` names those that are missing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.services import issue_token
from core import outbox
from incentives import services as incentives
from incentives.models import Award, AwardProposal
from partners import services as partners
from partners.kinds import JpBasis, KindPolicy
from partners.models import PartnerInvitation
from placements import services
from placements.models import Certificate, ChangeTask, LearningHourEntry, LogbookEntry, MentoringSession, Placement
from tests.api import Multipart
from tests.factories.accounts import UserFactory
from tests.factories.asn import (
    ActingPeriodFactory,
    AgencyFactory,
    AgencyMembershipFactory,
    AssessmentFactory,
    CompetencyFactory,
    CorrectionFactory,
    EmployeeFactory,
    UnitFactory,
)
from tests.factories.mentors import MentorFactory
from tests.factories.partners import (
    AgreementFactory,
    PartnerFactory,
    PartnerMembershipFactory,
    PartnerVerificationFactory,
)
from tests.factories.placements import MOTIVATION, Road, fill, letter_file, make_road, seats_come_free
from tests.placements.meetings import book, morning, running
from tests.placements.test_attendance import FIRST, WORKSHOP, days, mark, workshop
from web.models import Notification

_numbers = itertools.count(1)


@dataclass
class Case:
    """One request, ready to be sent."""

    user: User
    ids: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    at: datetime | None = None  # when it is sent, where today would be too early
    policy: KindPolicy | None = None  # what every placement is told to be meanwhile


def day(n: int) -> str:
    return (date.today() + timedelta(days=n)).isoformat()


def _slot_body(agreement_id: Any) -> dict[str, Any]:
    code = CompetencyFactory().code
    return {
        "agreement_id": agreement_id,
        "kind": "internship",
        "title": "Magang analisis data layanan",
        "description": "Ikut tim data mengolah laporan layanan dan menyusun dasbor untuk pimpinan.",
        "mode": "onsite",
        "place": "Surakarta",
        "starts_on": day(40),
        "ends_on": day(100),
        "hours_per_week": 20,
        "apply_by": day(20),
        "seats": 2,
        "outcomes": [{"competency": code, "from_level": 1, "to_level": 3}],
    }


def _agreement() -> Case:
    road = make_road()
    body = {"agency_id": road.agency.pk, "partner_id": road.slot.partner_id, "kind": "pks", "subject": "Magang ASN"}
    more = {"number_agency": f"074/{next(_numbers)}", "starts_on": day(-1), "ends_on": day(300)}
    return Case(road.hr, {}, body | more)


def _sign() -> Case:
    road = make_road()
    agreement = AgreementFactory(draft=True, agency=road.agency, partner=road.slot.partner)
    return Case(road.hr, {"agreement_id": agreement.pk})


def _terminate() -> Case:
    road = make_road()
    return Case(road.hr, {"agreement_id": road.slot.agreement_id}, {"reason": "Diakhiri bersama"})


def _agreement_file() -> Case:
    road = make_road()
    return Case(road.hr, {"agreement_id": road.slot.agreement_id}, Multipart({}, letter_file()))


def _ask_again() -> Case:
    row = PartnerVerificationFactory(refused=True)
    member = PartnerMembershipFactory(partner=row.partner)
    return Case(member.user, {"partner_id": row.partner_id}, {"agency_id": row.agency_id, "note": "NIB dilengkapi"})


def _member(body: Any = None) -> Callable[[], Case]:
    def build() -> Case:
        owner = PartnerMembershipFactory(owner=True)
        other = PartnerMembershipFactory(partner=owner.partner)
        return Case(owner.user, {"membership_id": other.pk}, body)

    return build


def _hand_over() -> Case:
    owner = PartnerMembershipFactory(owner=True)
    other = PartnerMembershipFactory(partner=owner.partner)
    return Case(owner.user, {"partner_id": owner.partner_id}, {"membership_id": other.pk})


def _invite() -> Case:
    owner = PartnerMembershipFactory(owner=True)
    return Case(owner.user, {"partner_id": owner.partner_id}, {"email": "rekan@example.com", "role": "member"})


def _invitation() -> Case:
    owner = PartnerMembershipFactory(owner=True)
    email = f"rekan{next(_numbers)}@example.com"
    row = partners.invite_member(actor=owner.user, partner_id=owner.partner_id, email=email)
    return Case(owner.user, {"invitation_id": row.pk})


def _accept() -> Case:
    case, user = _invitation(), UserFactory()
    PartnerInvitation.objects.filter(pk=case.ids["invitation_id"]).update(email=user.email)
    found = partners.link_invitation(invitation_id=case.ids["invitation_id"])
    assert found is not None
    return Case(user, {}, {"token": found[1]})


def _draft() -> Case:
    road = make_road()
    return Case(road.applicant, {}, {"slot_id": road.slot.pk, "motivation": MOTIVATION})


def _submit() -> Case:
    road = make_road()
    row = services.save_draft(actor=road.applicant, slot_id=road.slot.pk, motivation=MOTIVATION)
    return Case(road.applicant, {"application_id": row.pk}, {"consent": True})


def _application(step: str, who: str, body: Any = None, **apply: Any) -> Callable[[], Case]:
    def build() -> Case:
        road = make_road()
        row = road.apply(**apply) if step == "apply" else getattr(road, step)()
        row = road.application if isinstance(row, Placement) else row
        return Case(getattr(road, who), {"application_id": row.pk}, body)

    return build


def _to_waitlist() -> Case:
    road = make_road()
    row = road.clear()
    fill(road.slot)
    return Case(road.hr, {"application_id": row.pk})


def _offer(body: Any = None) -> Callable[[], Case]:
    def build() -> Case:
        road = make_road()
        row = road.wait()
        seats_come_free(road.slot)
        services.offer_free_seats(slot_id=road.slot.pk)
        return Case(road.applicant, {"application_id": row.pk}, body)

    return build


def _reserve() -> Case:
    road = make_road(submitted=True)
    return Case(
        road.hr,
        {"slot_id": road.slot.pk},
        {"seats": 1, "unit_id": str(road.employee.unit_id), "until": day(10)},
    )


def _revise() -> Case:
    road = make_road()
    pk = road.apply().pk
    services.return_application(actor=road.boss, application_id=pk, reason="incomplete", note="Rinci lagi.")
    return Case(road.applicant, {"application_id": pk})


def _placement(step: str, who: str, body: Any = None, *, day_of: str = "", **slot: Any) -> Callable[[], Case]:
    def build() -> Case:
        road = make_road(**slot)
        placement = getattr(road, step)()
        user = road.mentor.user if who == "mentor" else getattr(road, who)
        assert user is not None
        at = road.at(getattr(road.slot, day_of)) if day_of else None
        return Case(user, {"placement_id": placement.pk}, body(road) if callable(body) else body, at)

    return build


def _milestone(*, reported: bool, who: str, body: Any = None) -> Callable[[], Case]:
    def build() -> Case:
        road = make_road(kind="research", seats=4)
        road.start()
        at = road.at(road.slot.starts_on)
        ids = {"placement_id": road.placement.pk, "milestone_id": road.slot.milestones.earliest("due_on").pk}
        if reported:
            services.report_milestone(
                actor=road.applicant, **ids, text="Temuan diuji.", reached_on=road.slot.starts_on, now=at
            )
        answer = body(road) if callable(body) else body
        return Case(getattr(road, who), ids, answer, at)

    return build


def _resume() -> Case:
    case = _placement("start", "hr", {"note": "Kembali bertugas"})()
    services.hold_placement(actor=case.user, placement_id=case.ids["placement_id"], note="Sakit")
    return case


def _plan(road: Road) -> dict[str, Any]:
    return {
        "objectives": [
            {"competency": o.competency_id, "from_level": o.from_level, "to_level": o.to_level, "activity": "Dasbor"}
            for o in road.slot.outcomes.all()
        ]
    }


def _unagreed() -> Case:
    road = make_road()
    placement = road.accept()
    lines = [(o.competency_id, o.from_level, o.to_level, "Dasbor", "Dasbor") for o in road.slot.outcomes.all()]
    services.set_learning_plan(actor=road.applicant, placement_id=placement.pk, objectives=lines)
    assert road.mentor.user is not None
    return Case(road.mentor.user, {"placement_id": placement.pk})


def _letter(road: Road) -> Multipart:
    fields = {"number": f"800.1.4.1/{next(_numbers)}", "letter_date": day(0), "signer": "Sekretaris Daerah"}
    return Multipart(fields, letter_file())


def _deadlines() -> Case:
    hr = AgencyMembershipFactory()
    return Case(hr.user, {"agency_id": hr.agency_id}, {"pause_days": 60})


def _letterhead() -> Case:
    hr = AgencyMembershipFactory()
    return Case(hr.user, {"agency_id": hr.agency_id}, {"address": "Jalan Balai Kota 1"})


def _revoke() -> Case:
    road = make_road()
    certificate = Certificate.objects.get(placement=road.complete())
    return Case(road.hr, {"certificate_id": certificate.pk}, {"reason": "Terbit dua kali"})


def _entry(body: Any = None) -> Callable[[], Case]:
    def build() -> Case:
        road = make_road()
        placement, at = road.start(), road.at(road.slot.starts_on)
        entry: LogbookEntry = services.record_logbook_entry(
            actor=road.applicant,
            placement_id=placement.pk,
            entry_date=road.slot.starts_on,
            hours=Decimal("6"),
            activity="Mengolah data layanan",
            now=at,
        )
        assert road.mentor.user is not None
        return Case(road.mentor.user, {"entry_id": entry.pk}, body, at)

    return build


def _confirm_session() -> Case:
    road = make_road(mentoring=True)
    placement, at = road.start(), road.at(road.slot.starts_on)
    session: MentoringSession = services.record_session(
        actor=road.applicant,
        placement_id=placement.pk,
        held_on=road.slot.starts_on,
        minutes=60,
        agenda="Membahas rencana",
        now=at,
    )
    assert road.mentor.user is not None
    return Case(road.mentor.user, {"session_id": session.pk}, None, at)


def _booked(body: Any = None, *, after: bool = False) -> Callable[[], Case]:
    """A booked session of the second day, looked at on the first, or after it was to be held."""

    def build() -> Case:
        road = running()
        day = road.slot.starts_on + timedelta(days=1)
        session = book(road, day)
        at = road.at(day, 18) if after else morning(road)
        return Case(road.applicant, {"session_id": session.pk}, body(road) if callable(body) else body, at)

    return build


def _book() -> Case:
    road = running()
    body = {"starts_at": road.at(road.slot.starts_on).isoformat(), "agenda": "Membahas rencana", "place": "Ruang rapat"}
    return Case(road.applicant, {"placement_id": road.placement.pk}, body, morning(road))


def _attendance() -> Case:
    road = workshop()
    return Case(road.member, {"slot_id": road.slot.pk}, {"held_on": FIRST, "present": [road.placement.pk]})


def _answer_attendance(body: Any = None) -> Callable[[], Case]:
    def build() -> Case:
        road = workshop()
        (row,) = mark(road)
        return Case(road.applicant, {"attendance_id": row.pk}, body)

    return build


def _waive() -> Case:
    dates = {"starts_on": days(40), "ends_on": days(41), "apply_by": days(20), "meetings": [days(40)]}
    road = make_road(**{**WORKSHOP, **dates, "minimum_cohort": 3})
    return Case(road.member, {"slot_id": road.slot.pk}, {"reason": "Bahan sudah siap."})


def _session(road: Road) -> dict[str, Any]:
    return {"held_on": road.slot.starts_on, "minutes": 60, "agenda": "Membahas rencana"}


def _hours() -> Case:
    """The kind of this placement is told to be one whose hours are entered by hand."""
    road = make_road()
    placement = road.complete()
    body = {"hours": 10, "note": "Sesuai laporan"}
    by_hand = replace(placement.policy, jp_basis=JpBasis.MANUAL)
    return Case(road.hr, {"placement_id": placement.pk}, body, policy=by_hand)


def _reverse() -> Case:
    road = make_road()
    placement = road.complete()
    outbox.drain()
    line = LearningHourEntry.objects.get(placement=placement)
    return Case(road.hr, {"line_id": line.pk}, {"note": "Salah hitung"})


def _proposal(step: str = "", body: Any = None) -> Callable[[], Case]:
    def build() -> Case:
        road = make_road()
        incentives.create_award_rule(
            actor=road.hr,
            agency_id=road.agency.pk,
            code="teladan",
            name="Piagam Teladan",
            decided_by="Wali Kota",
            document="Piagam",
        )
        placement = road.complete()
        outbox.drain()
        proposal = AwardProposal.objects.get(placement=placement)
        at = road.at(road.slot.ends_on + timedelta(days=2))
        decree = {
            "decree_number": f"100.3.3.3/{next(_numbers)}",
            "decree_date": road.slot.ends_on + timedelta(days=1),
            "signer": "Wali Kota",
        }
        if step in ("grant", "hand_over"):
            incentives.verify_proposal(actor=road.hr, proposal_id=proposal.pk)
        if step == "hand_over":
            award: Award = incentives.grant_award(actor=road.hr, proposal_id=proposal.pk, now=at, **decree)
            return Case(road.hr, {"award_id": award.pk}, {"handed_over_on": road.slot.ends_on + timedelta(days=2)}, at)
        return Case(road.hr, {"proposal_id": proposal.pk}, decree if step == "grant" else body, at)

    return build


def _award_rule() -> Case:
    hr = AgencyMembershipFactory()
    body = {"agency_id": hr.agency_id, "code": "teladan", "name": "Piagam", "decided_by": "Wali Kota"}
    return Case(hr.user, {}, body | {"document": "Piagam"})


def _assess() -> Case:
    road = make_road()
    code = CompetencyFactory().code
    body = {"competency": code, "level": 2, "source": "assessment_centre", "assessed_on": day(-2)}
    return Case(road.hr, {"employee_id": road.employee.pk}, body)


def _match_run() -> Case:
    hr = AgencyMembershipFactory()
    return Case(hr.user, {}, {"agency_id": hr.agency_id})


def _match_policy() -> Case:
    hr = AgencyMembershipFactory()
    return Case(hr.user, {"agency_id": hr.agency_id}, {"first_place_ceiling": 60, "basis": "SE 12/2026"})


def _mentor(body: Callable[[], Any], *, fresh: bool = False) -> Callable[[], Case]:
    def build() -> Case:
        road = make_road()
        mentor = MentorFactory(partner=road.slot.partner) if fresh else road.mentor
        ids = {"mentor_id": mentor.pk, "slot_id": road.slot.pk}
        found = body()
        return Case(road.member, ids, {"mentor_id": mentor.pk} if fresh else found)

    return build


def _new_mentor() -> Case:
    member = PartnerMembershipFactory()
    return Case(member.user, {}, {"partner_id": member.partner_id, "name": "Budi Santoso"})


def _notification(*, one: bool) -> Callable[[], Case]:
    def build() -> Case:
        user = UserFactory()
        row = Notification.objects.create(user=user, event_key="x", code="application_cleared")
        return Case(user, {"notification_id": row.pk} if one else {})

    return build


def _register() -> Case:
    agency = AgencyFactory()
    return Case(UserFactory(), {}, {"kind": "company", "name": "PT Baru", "city": "Palu", "agency_ids": [agency.pk]})


def _ask_verification() -> Case:
    member = PartnerMembershipFactory(owner=True)
    return Case(member.user, {"partner_id": member.partner_id}, {"agency_id": AgencyFactory().pk})


def _decide_partner(body: Any = None) -> Callable[[], Case]:
    def build() -> Case:
        road = make_road()
        partner = PartnerFactory()
        PartnerVerificationFactory(agency=road.agency, partner=partner)
        return Case(road.hr, {"partner_id": partner.pk}, {"agency_id": road.agency.pk, **(body or {})})

    return build


def _update_partner() -> Case:
    member = PartnerMembershipFactory(owner=True)
    return Case(member.user, {"partner_id": member.partner_id}, {"kind": "company", "name": "PT Lain", "city": "Palu"})


def _slot(who: str, body: Any = None, **slot: Any) -> Callable[[], Case]:
    def build() -> Case:
        road = make_road(**slot)
        return Case(getattr(road, who), {"slot_id": road.slot.pk}, body)

    return build


def _new_slot() -> Case:
    road = make_road()
    return Case(road.member, {}, {"partner_id": road.slot.partner_id, **_slot_body(road.slot.agreement_id)})


def _update_slot() -> Case:
    road = make_road(draft=True)
    return Case(road.member, {"slot_id": road.slot.pk}, _slot_body(road.slot.agreement_id))


def _token() -> Case:
    user = UserFactory()
    token, _ = issue_token(actor=user, label="laporan")
    return Case(user, {"token_id": token.pk})


REASON = {"reason": "other_priority", "note": "Lihat rencana tahunan"}


def _supervisor_of() -> Case:
    road = make_road()
    return Case(road.hr, {"employee_id": road.employee.pk}, {"supervisor_id": None})


def _head() -> Case:
    road = make_road()
    return Case(road.hr, {"unit_id": road.employee.unit_id}, {"employee_id": road.supervisor.pk})


def _stand_in(road: Road) -> dict[str, Any]:
    colleague = EmployeeFactory(agency=road.agency, with_user=True)
    return {"acting_id": colleague.pk, "starts_on": day(0), "ends_on": day(5), "reason": "leave"}


def _acting() -> Case:
    road = make_road()
    order = {"agency_id": road.agency.pk, "capacity": "plh", "holder_id": road.supervisor.pk}
    return Case(road.hr, {}, _stand_in(road) | order | {"order_number": "800/1", "order_date": day(0)})


def _delegation() -> Case:
    road = make_road()
    return Case(road.boss, {}, _stand_in(road))


def _end_acting() -> Case:
    road = make_road()
    colleague = EmployeeFactory(agency=road.agency, with_user=True)
    period = ActingPeriodFactory(delegate=True, holder=road.supervisor, acting=colleague)
    return Case(road.boss, {"period_id": period.pk})


def _ask_correction() -> Case:
    row = AssessmentFactory(employee__with_user=True)
    return Case(
        row.employee.user, {"assessment_id": row.pk}, {"claimed_level": 3, "reason": "Laporan menyebut tingkat 3."}
    )


def _correction(body: Any = None, *, own: bool = False) -> Callable[[], Case]:
    def build() -> Case:
        row = CorrectionFactory()
        user = row.employee.user if own else AgencyMembershipFactory(agency=row.agency).user
        return Case(user, {"correction_id": row.pk}, body() if callable(body) else body)

    return build


def _change() -> Case:
    road = make_road()
    road.apply()
    services.note_change(employee_id=road.employee.pk, kinds=["unit"], changed_at=timezone.now())
    return Case(road.hr, {"task_id": ChangeTask.objects.get(employee=road.employee).pk}, {"choice": "continue"})


def _employment() -> Case:
    road = make_road()
    body = {
        "unit_id": UnitFactory(agency=road.agency).pk,
        "position_id": road.employee.position_id,
        "status": "active",
    }
    return Case(road.hr, {"employee_id": road.employee.pk}, body)


CASES: dict[str, Callable[[], Case]] = {
    "asn_delegate_decisions": _delegation,
    "asn_end_acting": _end_acting,
    "asn_name_acting": _acting,
    "asn_accept_correction": _correction(lambda: {"level": 3, "source": "assessment_centre", "assessed_on": day(0)}),
    "asn_change_employment": _employment,
    "placements_decide_change": _change,
    "asn_refuse_correction": _correction({"reason": "no_evidence"}),
    "asn_request_correction": _ask_correction,
    "asn_review_correction": _correction(),
    "asn_withdraw_correction": _correction(own=True),
    "asn_set_supervisor": _supervisor_of,
    "asn_set_unit_head": _head,
    "asn_set_letterhead": _letterhead,
    "asn_set_deadlines": _deadlines,
    "accounts_issue_token": lambda: Case(UserFactory(), {}, {"label": "laporan"}),
    "accounts_revoke_token": _token,
    "asn_record_assessment": _assess,
    "incentives_create_award_rule": _award_rule,
    "incentives_decline_proposal": _proposal(body={"reason": "Belum layak"}),
    "incentives_grant_award": _proposal("grant"),
    "incentives_hand_over_award": _proposal("hand_over"),
    "incentives_verify_proposal": _proposal(),
    "matching_read_skills": lambda: Case(
        EmployeeFactory(with_user=True).user, {}, {"text": "Menyusun dasbor data kependudukan"}
    ),
    "matching_request_match": _match_run,
    "matching_set_match_policy": _match_policy,
    "mentors_assign_mentor": _mentor(lambda: None, fresh=True),
    "mentors_create_mentor": _new_mentor,
    "mentors_set_availability": _mentor(
        lambda: {"windows": [{"weekday": 1, "starts_at": "09:00", "ends_at": "11:00"}]}
    ),
    "mentors_set_expertise": _mentor(lambda: {"expertise": [{"competency": CompetencyFactory().code, "level": 3}]}),
    "mentors_unassign_mentor": _mentor(lambda: None),
    "mentors_update_mentor": _mentor(lambda: {"name": "Sri Lestari", "is_active": True}),
    "partners_file_agreement": _agreement_file,
    "partners_ask_verification_again": _ask_again,
    "partners_change_member_role": _member({"role": "owner"}),
    "partners_end_membership": _member(),
    "partners_hand_over_partner": _hand_over,
    "partners_invite_member": _invite,
    "partners_resend_invitation": _invitation,
    "partners_revoke_invitation": _invitation,
    "partners_accept_invitation": _accept,
    "partners_ask_verification": _ask_verification,
    "partners_cancel_slot": _slot("member", {"reason": "no_capacity"}),
    "partners_clone_slot": _slot("member", {}),
    "partners_close_slot": _slot("member"),
    "partners_confirm_slot": _slot("member"),
    "partners_create_agreement": _agreement,
    "partners_create_slot": _new_slot,
    "partners_pause_slot": _slot("member"),
    "partners_publish_slot": _slot("hr", submitted=True),
    "partners_refuse_partner": _decide_partner({"reason": "Dokumen kurang"}),
    "partners_register_partner": _register,
    "partners_resume_slot": _slot("member", paused=True),
    "partners_return_slot": _slot("hr", {"reason": "outcomes_unclear", "note": "Rinci lagi."}, submitted=True),
    "partners_sign_agreement": _sign,
    "partners_submit_slot": _slot("member", draft=True),
    "partners_terminate_agreement": _terminate,
    "partners_update_partner": _update_partner,
    "partners_update_slot": _update_slot,
    "partners_verify_partner": _decide_partner(),
    "partners_waive_cohort": _waive,
    "partners_set_reserve": _reserve,
    "placements_accept_application": _application("approve", "member", {}),
    "placements_agree_learning_plan": _unagreed,
    "placements_approve_application": _application("clear", "hr", {}),
    "placements_clear_application": _application("apply", "boss", {}),
    "placements_complete_placement": _placement("prove", "mentor", day_of="ends_on"),
    "placements_answer_session": _booked({"held": True}, after=True),
    "placements_book_session": _book,
    "placements_cancel_session": _booked({"reason": "health"}),
    "placements_confirm_attendance": _answer_attendance(),
    "placements_confirm_offer": _offer(),
    "placements_confirm_session": _confirm_session,
    "placements_contest_attendance": _answer_attendance({"note": "Saya hadir sejak pagi."}),
    "placements_move_session": _booked(
        lambda road: {"starts_at": road.at(road.slot.starts_on + timedelta(days=2)).isoformat()}
    ),
    "placements_record_attendance": _attendance,
    "placements_write_session_note": _booked({"text": "Rencana dasbor", "visibility": "pair"}),
    "placements_decide_conflict": _application(
        "apply", "boss", {"outcome": "no_conflict"}, has_conflict=True, conflict_note="Saudara bekerja di sana."
    ),
    "placements_decline_offer": _offer({"reason": "personal"}),
    "placements_decline_application": _application("approve", "member", REASON),
    "placements_end_placement_early": _placement("start", "hr", {"reason": "health"}, day_of="starts_on"),
    "placements_enter_learning_hours": _hours,
    "placements_evaluate_placement": _placement(
        "start", "applicant", {"overall": 4, "applied": "Di loket."}, day_of="ends_on"
    ),
    "placements_report_milestone": _milestone(
        reported=False,
        who="applicant",
        body=lambda road: {"text": "Temuan diuji.", "reached_on": road.slot.starts_on.isoformat()},
    ),
    "placements_confirm_milestone": _milestone(reported=True, who="member"),
    "placements_return_milestone": _milestone(reported=True, who="member", body={"note": "Sebutkan datanya."}),
    "placements_hold_placement": _placement("start", "hr", {"note": "Sakit"}, day_of="starts_on"),
    "placements_issue_letter": _placement(
        "accept", "hr", {"letter_date": day(0), "signer_post": "Kepala BKPSDM", "signer_name": "Rini"}
    ),
    "placements_mark_no_show": _placement("prepare", "hr", {}, day_of="ends_on"),
    "placements_record_letter": _placement("accept", "hr", _letter),
    "placements_record_logbook_entry": _placement(
        "start",
        "applicant",
        lambda road: {"entry_date": road.slot.starts_on, "hours": "6.0", "activity": "Mengolah data"},
        day_of="starts_on",
    ),
    "placements_record_session": _placement("start", "applicant", _session, day_of="starts_on", mentoring=True),
    "placements_refuse_application": _application("apply", "boss", REASON),
    "placements_reject_application": _application("clear", "hr", REASON),
    "placements_resume_placement": _resume,
    "placements_return_application": _application("apply", "boss", REASON),
    "placements_revoke_certificate": _revoke,
    "placements_return_logbook_entry": _entry({"note": "Rinci lagi"}),
    "placements_reverse_learning_hours": _reverse,
    "placements_revise_application": _revise,
    "placements_save_draft": _draft,
    "placements_set_learning_plan": _placement("accept", "applicant", _plan),
    "placements_set_mentor": _placement("accept", "hr", lambda road: {"mentor_id": road.mentor.pk}),
    "placements_shortlist_application": _application("clear", "hr"),
    "placements_start_placement": _placement("prepare", "hr", day_of="starts_on"),
    "placements_submit_application": _submit,
    "placements_verify_logbook_entry": _entry(),
    "placements_waitlist_application": _to_waitlist,
    "placements_withdraw_application": _application("apply", "applicant", {}),
    "web_read_notification": _notification(one=True),
    "web_read_notifications": _notification(one=False),
    "web_set_language": lambda: Case(UserFactory(), {}, {"language": "en"}),
}
