from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from core.models import AuditEvent, OutboxEvent
from partners import services
from partners.models import Agreement, Partner, PartnerMembership, PartnerVerification, Slot
from partners.states import AgreementStatus, SlotStatus, VerificationStatus
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyFactory, AgencyMembershipFactory, CompetencyFactory, EmployeeFactory
from tests.factories.core import StoredFileFactory
from tests.factories.partners import (
    AgreementFactory,
    PartnerFactory,
    PartnerMembershipFactory,
    PartnerVerificationFactory,
    SlotFactory,
    SlotPrerequisiteFactory,
    days,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def agreement() -> Agreement:
    agreement = AgreementFactory()
    PartnerVerificationFactory(verified=True, agency=agreement.agency, partner=agreement.partner)
    return agreement


@pytest.fixture
def member(agreement):
    return PartnerMembershipFactory(partner=agreement.partner).user


@pytest.fixture
def hr(agreement):
    return AgencyMembershipFactory(agency=agreement.agency).user


@pytest.fixture
def data(agreement) -> services.SlotData:
    CompetencyFactory(code="TEK-A")
    CompetencyFactory(code="TEK-B")
    return services.SlotData(
        agreement_id=agreement.pk,
        kind="internship",
        title="Magang analisis data",
        description="Ikut tim data.",
        mode="onsite",
        place="Surakarta",
        starts_on=days(30),
        ends_on=days(90),
        hours_per_week=20,
        apply_by=days(20),
        seats=3,
        outcomes=[("TEK-A", 1, 3)],
        prerequisites=[("TEK-B", 1, True)],
        minimum_cohort=1,
        meetings=[],
        milestones=[],
    )


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def announced() -> list[str]:
    events = OutboxEvent.objects.order_by("pk")
    return [f"{e.name}:{e.payload['change']}" if "change" in e.payload else e.name for e in events]


def refused(call: Callable[[], Any], code: str, field: str = "", error: type[DomainError] = Invalid) -> None:
    """``call`` is refused with that code and field, and leaves no trace."""

    def trace() -> list[Any]:
        rows = [list(m.objects.order_by("pk").values()) for m in (Slot, Agreement, Partner, PartnerVerification)]
        return [*rows, AuditEvent.objects.count(), OutboxEvent.objects.count()]

    before = trace()
    with pytest.raises(error) as refusal:
        call()
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert trace() == before


class TestPartner:
    DATA = services.PartnerData(kind="company", name="PT Awan", city="Palu", nib="1234567890123")

    def test_registering_makes_an_owner_and_asks_each_agency(self) -> None:
        user, first, second = UserFactory(), AgencyFactory(), AgencyFactory()
        partner = services.register_partner(actor=user, data=self.DATA, agency_ids=[first.pk, second.pk])
        assert PartnerMembership.objects.get(partner=partner).role == "owner"
        assert {v.status for v in PartnerVerification.objects.all()} == {VerificationStatus.PENDING}
        assert actions() == ["partners.register_partner"]
        assert announced() == ["partners.partner_registered"] * 2

    @pytest.mark.parametrize(
        ("given", "code", "field"),
        [
            ({"kind": "club"}, "unknown_partner_kind", "kind"),
            ({"name": ""}, "text_missing", "name"),
            ({"name": "x" * 201}, "text_too_long", "name"),
            ({"nib": "123"}, "nib_format", "nib"),
            ({"nib": "9999999999999"}, "nib_taken", "nib"),
            ({"npwp": "12.345"}, "npwp_format", "npwp"),
            ({"university_code": "1"}, "university_code_format", "university_code"),
            ({"university_code": "001001"}, "university_code_of_other_kind", "university_code"),
            ({"website": "javascript:alert(1)"}, "url_invalid", "website"),
            ({"email": "x@"}, "email_invalid", "email"),
        ],
    )
    def test_bad_input(self, given: dict[str, str], code: str, field: str) -> None:
        PartnerFactory(nib="9999999999999")
        agency = AgencyFactory()
        refused(
            lambda: services.register_partner(
                actor=UserFactory(), data=replace(self.DATA, **given), agency_ids=[agency.pk]
            ),
            code,
            field,
        )

    def test_an_agency_is_named_and_exists(self) -> None:
        for agency_ids in ([], [uuid.uuid4()]):
            refused(
                lambda ids=agency_ids: services.register_partner(actor=UserFactory(), data=self.DATA, agency_ids=ids),
                "unknown_agency",
                "agency_ids",
            )

    def test_a_university_and_a_dotted_npwp(self) -> None:
        data = replace(
            self.DATA,
            kind="university",
            university_code="001001",
            npwp="01.234.567.8-901.234",
            website="https://u.ac.id",
        )
        partner = services.register_partner(actor=UserFactory(), data=data, agency_ids=[AgencyFactory().pk])
        assert (partner.university_code, partner.npwp) == ("001001", "012345678901234")

    def test_members_update_it_and_nobody_else(self, agreement, member, hr) -> None:
        services.update_partner(actor=member, partner_id=agreement.partner_id, data=self.DATA)
        services.update_partner(actor=member, partner_id=agreement.partner_id, data=self.DATA)
        assert Partner.objects.get().name == "PT Awan"
        assert AuditEvent.objects.order_by("-pk")[0].after == {"changed": []}

        def update(actor):
            return lambda: services.update_partner(actor=actor, partner_id=agreement.partner_id, data=self.DATA)

        refused(update(hr), "not_allowed", error=NotAllowed)
        refused(update(PartnerMembershipFactory().user), "not_found", error=NotFound)

    def test_verification_is_the_word_of_each_agency(self) -> None:
        asked = PartnerVerificationFactory()
        other = PartnerVerificationFactory(partner=asked.partner)
        hr = AgencyMembershipFactory(agency=asked.agency).user
        where = {"agency_id": asked.agency_id, "partner_id": asked.partner_id}
        assert services.verify_partner(actor=hr, **where).decided_by == hr
        refused(lambda: services.verify_partner(actor=hr, **where), "not_in_this_state", error=Conflict)
        refused(lambda: services.refuse_partner(actor=hr, reason=" ", **where), "text_missing", "reason")
        assert services.refuse_partner(actor=hr, reason="Izin habis", **where).status == VerificationStatus.REFUSED
        assert services.verify_partner(actor=hr, **where).reason == ""
        assert PartnerVerification.objects.get(pk=other.pk).status == VerificationStatus.PENDING
        assert announced() == ["partners.partner_decided"] * 3

    def test_who_may_verify(self) -> None:
        asked = PartnerVerificationFactory()

        def verify(actor):
            return lambda: services.verify_partner(actor=actor, agency_id=asked.agency_id, partner_id=asked.partner_id)

        auditor = AgencyMembershipFactory(agency=asked.agency, auditor=True).user
        own = AgencyMembershipFactory(agency=asked.agency).user
        PartnerMembershipFactory(partner=asked.partner, user=own)
        refused(verify(auditor), "not_allowed", error=NotAllowed)
        refused(verify(own), "own_partner", error=NotAllowed)
        refused(verify(AgencyMembershipFactory().user), "not_found", error=NotFound)
        refused(verify(None), "not_allowed", error=NotAllowed)

    def test_one_more_city(self, agreement, member) -> None:
        agency = AgencyFactory()
        services.ask_verification(actor=member, partner_id=agreement.partner_id, agency_id=agency.pk)
        refused(
            lambda: services.ask_verification(actor=member, partner_id=agreement.partner_id, agency_id=agency.pk),
            "verification_asked",
            error=Conflict,
        )
        refused(
            lambda: services.ask_verification(actor=member, partner_id=agreement.partner_id, agency_id=uuid.uuid4()),
            "unknown_agency",
            "agency_id",
        )

    def test_owners_say_who_acts_for_it_and_one_always_stays(self, agreement, member) -> None:
        owner = PartnerMembershipFactory(partner=agreement.partner, owner=True).user
        new = UserFactory()
        where = {"partner_id": agreement.partner_id}
        services.add_partner_member(actor=owner, user_id=new.pk, **where)
        services.remove_partner_member(actor=owner, user_id=new.pk, **where)
        assert not PartnerMembership.objects.get(user=new).is_active
        last = {"code": "last_owner", "error": Conflict}
        refused(lambda: services.remove_partner_member(actor=owner, user_id=owner.pk, **where), **last)
        refused(lambda: services.add_partner_member(actor=owner, user_id=owner.pk, role="member", **where), **last)
        refused(
            lambda: services.add_partner_member(actor=owner, user_id=new.pk, role="king", **where),
            "unknown_role",
            "role",
        )
        for call in (services.add_partner_member, services.remove_partner_member):
            refused(lambda call=call: call(actor=owner, user_id=0, **where), "unknown_user", "user_id")
            refused(lambda call=call: call(actor=member, user_id=0, **where), "not_allowed", error=NotAllowed)
        services.add_partner_member(actor=owner, user_id=new.pk, role="owner", **where)
        services.remove_partner_member(actor=new, user_id=owner.pk, **where)


class TestAgreement:
    DATA = services.AgreementData(
        kind="pks",
        number_agency="074/UJI/PKS",
        number_partner="7/MITRA",
        subject="Magang",
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
        signer_agency="Sekda",
        signer_partner="Direktur",
    )

    def create(self, agreement, actor, **given):
        return services.create_agreement(
            actor=actor,
            agency_id=agreement.agency_id,
            partner_id=agreement.partner_id,
            data=replace(self.DATA, **given),
        )

    def test_drafted_signed_terminated(self, agreement, hr) -> None:
        new = self.create(agreement, hr)
        assert not new.covers(date(2026, 2, 1), date(2026, 3, 1))
        assert services.sign_agreement(actor=hr, agreement_id=new.pk).covers(date(2026, 2, 1), date(2026, 3, 1))
        refused(lambda: services.sign_agreement(actor=hr, agreement_id=new.pk), "not_in_this_state", error=Conflict)
        ended = services.terminate_agreement(actor=hr, agreement_id=new.pk, reason="Mitra tutup")
        assert ended.status == AgreementStatus.TERMINATED
        assert actions() == [f"partners.{verb}_agreement" for verb in ("create", "sign", "terminate")]

    @pytest.mark.parametrize(
        ("given", "code", "field"),
        [
            ({"ends_on": date(2025, 12, 31)}, "ends_before_start", "ends_on"),
            ({"kind": "handshake"}, "unknown_agreement_kind", "kind"),
            ({"number_agency": ""}, "text_missing", "number_agency"),
            ({"number_agency": "LAMA"}, "number_taken", "number_agency"),
            ({"parent_id": uuid.uuid4()}, "unknown_agreement", "parent_id"),
            ({"file_id": uuid.uuid4()}, "unknown_file", "file_id"),
        ],
    )
    def test_bad_input(self, agreement, hr, given, code: str, field: str) -> None:
        AgreementFactory(agency=agreement.agency, number_agency="LAMA")
        refused(lambda: self.create(agreement, hr, **given), code, field)

    def test_parent_and_file_of_the_same_two(self, agreement, hr) -> None:
        general = AgreementFactory(agency=agreement.agency, partner=agreement.partner, kind="kb")
        file = StoredFileFactory(agency=agreement.agency)
        assert self.create(agreement, hr, parent_id=general.pk, file_id=file.pk).parent == general
        foreign = AgreementFactory(agency=agreement.agency, kind="kb")
        refused(
            lambda: self.create(agreement, hr, number_agency="2", parent_id=foreign.pk),
            "unknown_agreement",
            "parent_id",
        )
        refused(
            lambda: self.create(agreement, hr, number_agency="2", file_id=StoredFileFactory().pk),
            "unknown_file",
            "file_id",
        )

    def test_signing_needs_signers_and_trust(self, agreement, hr) -> None:
        bare = self.create(agreement, hr, signer_partner="")
        refused(lambda: services.sign_agreement(actor=hr, agreement_id=bare.pk), "text_missing", "signer_partner")
        new = self.create(agreement, hr, number_agency="2")
        PartnerVerification.objects.all().delete()
        refused(lambda: services.sign_agreement(actor=hr, agreement_id=new.pk), "partner_not_verified", error=Conflict)

    def test_only_hr(self, agreement, member) -> None:
        refused(lambda: self.create(agreement, member), "not_found", error=NotFound)
        refused(
            lambda: services.terminate_agreement(actor=member, agreement_id=agreement.pk, reason="x"),
            "not_allowed",
            error=NotAllowed,
        )
        refused(
            lambda: services.sign_agreement(actor=AgencyMembershipFactory().user, agreement_id=agreement.pk),
            "not_found",
            error=NotFound,
        )

    def test_ending_it_tells_about_its_slots(self, agreement, hr) -> None:
        slot = SlotFactory(agreement=agreement)
        SlotFactory(agreement=agreement, draft=True)
        services.terminate_agreement(actor=hr, agreement_id=agreement.pk, reason="Mitra tutup")
        assert announced() == ["partners.slot_changed:agreement_ended"]
        assert not Slot.objects.open(date.today()).filter(pk=slot.pk).exists()


class TestDraft:
    def test_a_member_drafts_a_slot(self, agreement, member, data) -> None:
        slot = services.create_slot(actor=member, partner_id=agreement.partner_id, data=data)
        assert (slot.status, slot.agency, slot.created_by) == (SlotStatus.DRAFT, agreement.agency, member)
        assert services.slot_data(slot) == data
        assert actions() == ["partners.create_slot"]
        assert announced() == []

    BAD: list[tuple[dict[str, Any], str, str]] = [
        ({"kind": "holiday"}, "unknown_kind", "kind"),
        ({"title": "  "}, "text_missing", "title"),
        ({"title": "x" * 161}, "text_too_long", "title"),
        ({"description": "x" * 6001}, "text_too_long", "description"),
        ({"description": "a\x00b"}, "text_control", "description"),
        ({"mode": "dream"}, "unknown_mode", "mode"),
        ({"place": ""}, "place_missing", "place"),
        ({"mode": "hybrid", "place": " "}, "place_missing", "place"),
        ({"ends_on": days(29)}, "ends_before_start", "ends_on"),
        ({"ends_on": days(30 + 366)}, "period_too_long", "ends_on"),
        ({"apply_by": days(31)}, "apply_by_after_start", "apply_by"),
        ({"apply_by": days(-2)}, "apply_by_past", "apply_by"),
        ({"hours_per_week": 0}, "hours_range", "hours_per_week"),
        ({"hours_per_week": 41}, "hours_range", "hours_per_week"),
        ({"seats": 0}, "seats_range", "seats"),
        ({"seats": 501}, "seats_range", "seats"),
        ({"outcomes": []}, "outcomes_missing", "outcomes"),
        ({"outcomes": [("TEK-Z", 1, 3)]}, "unknown_competency", "outcomes"),
        ({"outcomes": [("TEK-A", 1, 6)]}, "level_range", "outcomes"),
        ({"outcomes": [("TEK-A", -1, 3)]}, "level_range", "outcomes"),
        ({"outcomes": [("TEK-A", 0, 0)]}, "level_range", "outcomes"),
        ({"outcomes": [("TEK-A", 3, 3)]}, "outcome_not_rising", "outcomes"),
        ({"outcomes": [("TEK-A", 4, 2)]}, "outcome_not_rising", "outcomes"),
        ({"outcomes": [("TEK-A", 1, 3), ("TEK-A", 1, 2)]}, "competency_twice", "outcomes"),
        ({"outcomes": [("TEK-A", 1, 3)] * 9}, "too_many_outcomes", "outcomes"),
        ({"prerequisites": [("TEK-A", 1, True)] * 21}, "too_many_competencies", "prerequisites"),
        ({"prerequisites": [("TEK-Z", 1, True)]}, "unknown_competency", "prerequisites"),
        ({"prerequisites": [("TEK-B", 6, True)]}, "level_range", "prerequisites"),
        ({"prerequisites": [("TEK-B", 0, True)]}, "level_range", "prerequisites"),
        ({"prerequisites": [("TEK-A", 3, False)]}, "prerequisite_above_outcome", "prerequisites"),
        ({"prerequisites": [("TEK-B", 1, True), ("TEK-B", 2, True)]}, "competency_twice", "prerequisites"),
        ({"benefits": "x" * 401}, "text_too_long", "benefits"),
        ({"agreement_id": uuid.UUID(int=1)}, "unknown_agreement", "agreement_id"),
    ]

    @pytest.mark.parametrize(("given", "code", "field"), BAD, ids=lambda v: str(v)[:40])
    def test_bad_input(self, agreement, member, data, given, code: str, field: str) -> None:
        bad = replace(data, **given)
        refused(lambda: services.create_slot(actor=member, partner_id=agreement.partner_id, data=bad), code, field)
        slot = services.create_slot(actor=member, partner_id=agreement.partner_id, data=data)
        refused(lambda: services.update_slot(actor=member, slot_id=slot.pk, data=bad), code, field)
        assert services.slot_data(Slot.objects.get()) == data

    @pytest.mark.parametrize(
        ("ground", "code", "field"),
        [
            ({"starts_on": days(31)}, "slot_outside_agreement", "starts_on"),
            ({"ends_on": days(89)}, "slot_outside_agreement", "ends_on"),
            ({"kind": "kb"}, "agreement_too_general", "agreement_id"),
            ({"terminated": True}, "agreement_ended", "agreement_id"),
        ],
    )
    def test_the_agreement_carries_it(self, agreement, member, data, ground, code: str, field: str) -> None:
        other = AgreementFactory(agency=agreement.agency, partner=agreement.partner, **ground)
        bad = replace(data, agreement_id=other.pk)
        refused(lambda: services.create_slot(actor=member, partner_id=agreement.partner_id, data=bad), code, field)

    def test_another_partners_agreement_is_unknown(self, agreement, member, data) -> None:
        other = AgreementFactory(agency=agreement.agency)
        bad = replace(data, agreement_id=other.pk)
        refused(
            lambda: services.create_slot(actor=member, partner_id=agreement.partner_id, data=bad),
            "unknown_agreement",
            "agreement_id",
        )

    def test_the_deadline_passes_by_local_time(self) -> None:
        palu = AgreementFactory(agency=AgencyFactory(wita=True), starts_on=date(2026, 1, 1), ends_on=date(2027, 1, 1))
        member = PartnerMembershipFactory(partner=palu.partner).user
        CompetencyFactory(code="TEK-A")
        data = services.SlotData(
            agreement_id=palu.pk,
            kind="mentoring",
            title="Mentor",
            description="Bertemu mentor.",
            mode="online",
            starts_on=date(2026, 6, 1),
            ends_on=date(2026, 7, 1),
            hours_per_week=2,
            apply_by=date(2026, 5, 5),
            seats=1,
            outcomes=[("TEK-A", 0, 1)],
        )
        before = datetime(2026, 5, 5, 15, 59, tzinfo=UTC)
        assert services.create_slot(actor=member, partner_id=palu.partner_id, data=data, now=before).place == ""
        refused(
            lambda: services.create_slot(
                actor=member, partner_id=palu.partner_id, data=data, now=before + timedelta(minutes=1)
            ),
            "apply_by_past",
            "apply_by",
        )

    def test_a_returned_slot_is_taken_up_as_a_draft(self, agreement, member, data) -> None:
        slot = SlotFactory(agreement=agreement, returned=True)
        changed = services.update_slot(actor=member, slot_id=slot.pk, data=replace(data, seats=9))
        assert (changed.status, changed.seats) == (SlotStatus.DRAFT, 9)

    def test_what_is_published_stays(self, agreement, member, data) -> None:
        slot = SlotFactory(agreement=agreement)
        refused(
            lambda: services.update_slot(actor=member, slot_id=slot.pk, data=data),
            "slot_not_editable",
            error=Conflict,
        )

    def test_a_slot_stays_with_its_agency(self, agreement, member, data) -> None:
        slot = SlotFactory(agreement=agreement, draft=True)
        other = AgreementFactory(partner=agreement.partner)
        refused(
            lambda: services.update_slot(actor=member, slot_id=slot.pk, data=replace(data, agreement_id=other.pk)),
            "agreement_of_other_agency",
            "agreement_id",
        )

    def test_strangers(self, agreement, hr, data) -> None:
        stranger = PartnerMembershipFactory().user
        draft = SlotFactory(agreement=agreement, draft=True)
        submitted = SlotFactory(agreement=agreement, submitted=True)
        for actor in (stranger, hr):
            refused(
                lambda a=actor: services.update_slot(actor=a, slot_id=draft.pk, data=data),
                "not_found",
                error=NotFound,
            )
        refused(
            lambda: services.update_slot(actor=hr, slot_id=submitted.pk, data=data), "not_allowed", error=NotAllowed
        )
        refused(
            lambda: services.create_slot(actor=stranger, partner_id=agreement.partner_id, data=data),
            "not_found",
            error=NotFound,
        )
        refused(
            lambda: services.create_slot(actor=hr, partner_id=agreement.partner_id, data=data),
            "not_allowed",
            error=NotAllowed,
        )

    def test_a_clone_for_another_city_needs_that_citys_agreement(self, agreement, member) -> None:
        slot = SlotFactory(agreement=agreement)
        SlotPrerequisiteFactory(slot=slot)
        elsewhere = AgreementFactory(partner=agreement.partner)
        PartnerVerificationFactory(verified=True, agency=elsewhere.agency, partner=elsewhere.partner)
        copy = services.clone_slot(actor=member, slot_id=slot.pk, agreement_id=elsewhere.pk)
        assert (copy.agency, copy.status, copy.filled_seats) == (elsewhere.agency, SlotStatus.DRAFT, 0)
        assert services.slot_data(copy) == replace(services.slot_data(slot), agreement_id=elsewhere.pk)
        assert services.clone_slot(actor=member, slot_id=slot.pk).agency == agreement.agency
        foreign = AgreementFactory()
        refused(
            lambda: services.clone_slot(actor=member, slot_id=slot.pk, agreement_id=foreign.pk),
            "unknown_agreement",
            "agreement_id",
        )


class TestReview:
    @pytest.fixture
    def slot(self, agreement, member, data) -> Slot:
        slot = services.create_slot(actor=member, partner_id=agreement.partner_id, data=data)
        return services.submit_slot(actor=member, slot_id=slot.pk)

    def test_from_draft_to_published(self, slot, hr) -> None:
        noon = timezone.now()
        published = services.publish_slot(actor=hr, slot_id=slot.pk, now=noon)
        assert (published.published_by, published.published_at, published.confirmed_at) == (hr, noon, noon)
        assert actions() == [f"partners.{verb}_slot" for verb in ("create", "submit", "publish")]
        assert announced() == ["partners.slot_submitted", "partners.slot_published"]
        event = OutboxEvent.objects.last()
        assert event.payload == {"slot_id": str(slot.pk), "agency_id": str(slot.agency_id)}

    def test_a_second_decision_is_refused(self, slot, hr) -> None:
        services.publish_slot(actor=hr, slot_id=slot.pk)
        refused(lambda: services.publish_slot(actor=hr, slot_id=slot.pk), "not_in_this_state", error=Conflict)
        refused(
            lambda: services.return_slot(actor=hr, slot_id=slot.pk, reason="mentor_missing"),
            "not_in_this_state",
            error=Conflict,
        )

    def test_returned_with_a_coded_reason_and_round_again(self, slot, hr, member, data) -> None:
        refused(lambda: services.return_slot(actor=hr, slot_id=slot.pk, reason="mood"), "unknown_reason", "reason")
        refused(lambda: services.return_slot(actor=hr, slot_id=slot.pk, reason="other"), "text_missing", "note")
        back = services.return_slot(actor=hr, slot_id=slot.pk, reason="other", note="Lengkapi tempat")
        assert (back.status, back.return_note) == (SlotStatus.RETURNED, "Lengkapi tempat")
        services.submit_slot(actor=member, slot_id=slot.pk)
        assert announced() == ["partners.slot_submitted", "partners.slot_returned", "partners.slot_submitted"]

    def test_who_may_review(self, slot, hr, member) -> None:
        def publish(actor):
            return lambda: services.publish_slot(actor=actor, slot_id=slot.pk)

        PartnerMembershipFactory(partner=slot.partner, user=hr)
        auditor = AgencyMembershipFactory(agency=slot.agency, auditor=True).user
        for actor in (hr, member, auditor, None):
            refused(publish(actor), "not_allowed", error=NotAllowed)
        refused(publish(AgencyMembershipFactory().user), "not_found", error=NotFound)

    def test_the_partner_must_be_trusted(self, slot, hr) -> None:
        PartnerVerification.objects.all().delete()
        refused(lambda: services.publish_slot(actor=hr, slot_id=slot.pk), "partner_not_verified", error=Conflict)

    def test_the_agreement_must_be_signed(self, slot, hr, member, data) -> None:
        draft = AgreementFactory(agency=slot.agency, partner=slot.partner, draft=True)
        Slot.objects.filter(pk=slot.pk).update(agreement=draft)
        refused(
            lambda: services.publish_slot(actor=hr, slot_id=slot.pk),
            "agreement_not_in_force",
            "agreement_id",
            Conflict,
        )

    def test_what_was_fine_when_drafted_is_checked_again(self, slot, hr, agreement) -> None:
        later = timezone.now() + timedelta(days=22)
        refused(lambda: services.publish_slot(actor=hr, slot_id=slot.pk, now=later), "apply_by_past", "apply_by")
        Agreement.objects.filter(pk=agreement.pk).update(ends_on=days(80))
        refused(lambda: services.publish_slot(actor=hr, slot_id=slot.pk), "slot_outside_agreement", "ends_on")

    def test_a_draft_is_handed_in_once(self, slot, member) -> None:
        refused(lambda: services.submit_slot(actor=member, slot_id=slot.pk), "not_in_this_state", error=Conflict)


class TestLife:
    def test_paused_resumed_closed(self, agreement, member) -> None:
        slot = SlotFactory(agreement=agreement)
        for verb in ("pause", "resume", "close"):
            getattr(services, f"{verb}_slot")(actor=member, slot_id=slot.pk)
        assert Slot.objects.get().status == SlotStatus.CLOSED
        assert announced() == [f"partners.slot_changed:{change}" for change in ("paused", "resumed", "closed")]
        assert actions() == [f"partners.{verb}_slot" for verb in ("pause", "resume", "close")]
        refused(lambda: services.pause_slot(actor=member, slot_id=slot.pk), "not_in_this_state", error=Conflict)

    def test_resuming_needs_time_and_ground(self, agreement, member) -> None:
        slot = SlotFactory(agreement=agreement, paused=True)
        late = timezone.now() + timedelta(days=22)
        refused(
            lambda: services.resume_slot(actor=member, slot_id=slot.pk, now=late), "apply_by_past", "apply_by", Conflict
        )
        Agreement.objects.filter(pk=agreement.pk).update(status="terminated")
        refused(
            lambda: services.resume_slot(actor=member, slot_id=slot.pk),
            "agreement_not_in_force",
            "agreement_id",
            Conflict,
        )

    def test_one_that_filled_while_paused_comes_back_full(self, agreement, member) -> None:
        slot = SlotFactory(agreement=agreement, paused=True, seats=1)
        services.take_seat(slot_id=slot.pk)
        assert services.resume_slot(actor=member, slot_id=slot.pk).status == SlotStatus.FULL

    @pytest.mark.parametrize("situation", ["draft", "submitted", "returned", "paused", "full"])
    def test_cancelled_with_a_coded_reason(self, agreement, member, situation: str) -> None:
        slot = SlotFactory(agreement=agreement, **{situation: True})

        def cancel(**given):
            return services.cancel_slot(actor=member, slot_id=slot.pk, **given)

        refused(lambda: cancel(reason="mood"), "unknown_reason", "reason")
        refused(lambda: cancel(reason="other"), "text_missing", "note")
        assert cancel(reason="no_capacity").cancel_reason == "no_capacity"
        refused(lambda: cancel(reason="no_capacity"), "not_in_this_state", error=Conflict)
        assert announced() == ["partners.slot_changed:cancelled"]

    def test_hr_may_steer_and_employees_may_not(self, agreement, hr) -> None:
        slot = SlotFactory(agreement=agreement)
        employee = EmployeeFactory(agency=agreement.agency, with_user=True).user
        for call in (services.pause_slot, services.close_slot, services.confirm_slot):
            refused(lambda call=call: call(actor=employee, slot_id=slot.pk), "not_allowed", error=NotAllowed)
        refused(lambda: services.confirm_slot(actor=hr, slot_id=slot.pk), "not_allowed", error=NotAllowed)
        assert services.pause_slot(actor=hr, slot_id=slot.pk).status == SlotStatus.PAUSED

    def test_confirming_keeps_it_fresh(self, agreement, member) -> None:
        slot = SlotFactory(agreement=agreement)
        later = timezone.now() + timedelta(days=3)
        assert services.confirm_slot(actor=member, slot_id=slot.pk, now=later).confirmed_at == later
        draft = SlotFactory(agreement=agreement, draft=True)
        refused(lambda: services.confirm_slot(actor=member, slot_id=draft.pk), "not_in_this_state", error=Conflict)


class TestBatches:
    def test_partners(self) -> None:
        agency, owner, officer = AgencyFactory(), UserFactory(), UserFactory()
        rows = [
            services.PartnerRow(
                data=services.PartnerData(kind="company", name=f"PT {n}", city="Palu"),
                verified_for=[(agency.pk, officer.pk)],
                owner_ids=[owner.pk],
                member_ids=[officer.pk],
            )
            for n in range(3)
        ]
        assert len(services.import_partners(actor=None, rows=rows)) == 3
        assert PartnerVerification.objects.filter(status="verified", decided_by=officer).count() == 3
        assert actions() == ["partners.import_partners"]
        nib = replace(rows[0].data, nib="1234567890123")
        twice = [replace(rows[0], data=nib), replace(rows[1], data=nib)]
        refused(lambda: services.import_partners(actor=None, rows=twice), "nib_taken", "2.nib")
        refused(lambda: services.import_partners(actor=owner, rows=rows), "not_allowed", error=NotAllowed)

    def test_agreements(self, agreement, hr) -> None:
        def rows(*numbers: str, partner_id=agreement.partner_id):
            return [
                services.AgreementRow(partner_id=partner_id, data=replace(TestAgreement.DATA, number_agency=number))
                for number in numbers
            ]

        def load(rows):
            return services.import_agreements(actor=hr, agency_id=agreement.agency_id, rows=rows)

        assert {a.status for a in load(rows("1", "2"))} == {AgreementStatus.SIGNED}
        assert actions() == ["partners.import_agreements"]
        refused(lambda: load(rows("3", "3")), "number_taken", "2.number_agency")
        refused(lambda: load(rows("1")), "number_taken", "1.number_agency")
        refused(lambda: load(rows("4", partner_id=uuid.uuid4())), "unknown_partner", "1.partner_id")

    def test_slots_with_history(self, agreement, hr, data) -> None:
        past = replace(data, starts_on=days(-90), ends_on=days(-30), apply_by=days(-100))
        rows = [
            services.SlotRow(partner_id=agreement.partner_id, data=data),
            services.SlotRow(partner_id=agreement.partner_id, data=data, published_by_id=hr.pk),
            services.SlotRow(partner_id=agreement.partner_id, data=past, published_by_id=hr.pk, closed=True),
        ]

        def load(*rows):
            return services.import_slots(actor=hr, agency_id=agreement.agency_id, rows=rows)

        slots = load(*rows)
        assert [s.status for s in slots] == [SlotStatus.DRAFT, SlotStatus.PUBLISHED, SlotStatus.CLOSED]
        assert services.slot_data(Slot.objects.get(pk=slots[2].pk)) == past
        assert (actions(), announced()) == (["partners.import_slots"], [])
        good = rows[0]
        for bad, code, field in (
            (replace(good, data=replace(data, outcomes=[])), "outcomes_missing", "2.outcomes"),
            (replace(good, partner_id=uuid.uuid4()), "unknown_agreement", "2.agreement_id"),
            (replace(good, published_by_id=UserFactory().pk), "unknown_user", "2.published_by_id"),
        ):
            refused(lambda bad=bad: load(good, bad), code, field)
        Agreement.objects.update(status="draft")
        refused(lambda: load(rows[1]), "agreement_not_in_force", "1.agreement_id")
