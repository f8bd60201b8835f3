"""Copying a slot: which cities take it, and where its dates go."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.errors import Invalid, NotAllowed, NotFound
from mentors.models import SlotMentor
from partners import services
from partners.models import Agreement, PartnerVerification, Slot
from tests.api import ask, told
from tests.factories.asn import AgencyFactory, AgencyMembershipFactory, UnitFactory
from tests.factories.mentors import MentorFactory
from tests.factories.partners import (
    AgreementFactory,
    PartnerMembershipFactory,
    PartnerVerificationFactory,
    SlotFactory,
    days,
)

pytestmark = pytest.mark.django_db


def elsewhere(slot: Slot, *, verified: bool = True, **agreement: Any) -> Agreement:
    """The same partner's agreement with another city."""
    row = AgreementFactory(partner=slot.partner, **agreement)
    PartnerVerificationFactory(verified=verified, agency=row.agency, partner=row.partner)
    return row


def code_of(ground: services.CopyGround) -> str:
    return ground.obstacle.code if ground.obstacle else ""


def past(**more: Any) -> Slot:
    """A slot of last season, to be applied for until 30 days ago."""
    return SlotFactory(closed=True, apply_by=days(-30), starts_on=days(-20), ends_on=days(40), **more)


def test_while_people_can_still_apply_the_dates_stay() -> None:
    slot = SlotFactory()
    dates = services.copy_dates(slot, today=slot.agency.today())
    assert (dates.starts_on, dates.ends_on, dates.apply_by) == (slot.starts_on, slot.ends_on, slot.apply_by)
    copy = services.clone_slot(actor=None, slot_id=slot.pk)
    assert services.slot_data(copy) == services.slot_data(slot)


def test_dates_that_have_passed_move_by_whole_weeks_with_the_same_length_and_meetings_and_milestones_alike() -> None:
    slot = past(kind="workshop", meetings=[days(-20), days(-6)])
    today = slot.agency.today()
    dates = services.copy_dates(slot, today=today)
    shift = dates.starts_on - slot.starts_on
    assert shift.days % 7 == 0
    assert today + services.copies.NOTICE <= dates.apply_by < today + services.copies.NOTICE + timedelta(weeks=1)
    assert (dates.ends_on - dates.starts_on, dates.starts_on - dates.apply_by) == (
        timedelta(days=60),
        timedelta(days=10),
    )
    assert [line[0] for line in dates.meetings] == [days(-20) + shift, days(-6) + shift]
    research = past(kind="research", milestones=[("Laporan", days(30), "Naskah")])
    [(_, due, proof)] = services.copy_dates(research, today=today).milestones
    assert (due - days(30), proof) == (shift, "Naskah")


def test_dates_that_have_passed_are_asked_anew_and_a_first_day_takes_the_others_along() -> None:
    slot = past(kind="workshop", meetings=[days(-20)], seats=20, minimum_cohort=10)
    with pytest.raises(Invalid) as refusal:
        services.clone_slot(actor=None, slot_id=slot.pk)
    assert (refusal.value.code, refusal.value.field) == ("apply_by_past", "apply_by")
    copy = services.clone_slot(actor=None, slot_id=slot.pk, starts_on=days(30))
    assert (copy.starts_on, copy.ends_on, copy.apply_by) == (days(30), days(90), days(20))
    assert [(m.held_on, m.begins_at) for m in copy.meetings.all()] == [(days(30), time(9))]
    assert (copy.meeting_days, copy.status, copy.published_at) == (1, "draft", None)
    services.submit_slot(actor=None, slot_id=copy.pk)  # it can be handed in as it is


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"starts_on": days(-1)}, "apply_by_past", "apply_by"),
        ({"starts_on": days(30), "apply_by": days(31)}, "apply_by_after_start", "apply_by"),
        ({"starts_on": days(30), "apply_by": days(-1)}, "apply_by_past", "apply_by"),
        ({"starts_on": days(30), "ends_on": days(29)}, "ends_before_start", "ends_on"),
        ({"starts_on": days(30), "ends_on": days(31)}, "copy_too_short", "ends_on"),
        ({"starts_on": days(900)}, "slot_outside_agreement", "ends_on"),
        ({"starts_on": date(2099, 12, 31)}, "date_too_far", "starts_on"),
    ],
)
def test_what_the_dates_may_not_be(given: dict[str, Any], code: str, field: str) -> None:
    slot = past(kind="workshop", meetings=[days(-20), days(-10)], seats=20)
    with pytest.raises(Invalid) as refusal:
        services.clone_slot(actor=None, slot_id=slot.pk, **given)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert Slot.objects.count() == 1


@pytest.mark.parametrize(
    ("agreement", "obstacle"),
    [
        ({}, ""),
        ({"kind": "kb"}, "agreement_too_general"),
        ({"draft": True}, "agreement_not_signed"),
        ({"terminated": True}, "agreement_ended"),
        ({"ends_on": days(-1)}, "agreement_over"),
    ],
)
def test_a_copy_stands_where_publication_would_let_it(agreement: dict[str, Any], obstacle: str) -> None:
    slot = SlotFactory()
    other = elsewhere(slot, **agreement)
    grounds = {ground.agency: ground for ground in services.copy_grounds(None, slot)}
    assert next(iter(grounds)) == slot.agency, "its own city first"
    assert code_of(grounds[other.agency]) == obstacle
    assert list(grounds[other.agency].agreements) == ([] if obstacle else [other])
    if not obstacle:
        assert services.clone_slot(actor=None, slot_id=slot.pk, agreement_id=other.pk).agency == other.agency
        return
    with pytest.raises(Invalid) as refusal:
        services.clone_slot(actor=None, slot_id=slot.pk, agreement_id=other.pk)
    assert (refusal.value.code, refusal.value.field) == (obstacle, "agreement_id")


@pytest.mark.parametrize(
    ("standing", "obstacle"),
    [(None, "city_not_asked"), ("pending", "city_not_decided"), ("refused", "city_refused")],
)
def test_a_city_that_does_not_trust_the_partner_takes_no_copy(standing: str | None, obstacle: str) -> None:
    slot = SlotFactory()
    other = AgreementFactory(partner=slot.partner)
    if standing:
        PartnerVerificationFactory(
            agency=other.agency, partner=slot.partner, **({standing: True} if standing == "refused" else {})
        )
    [ground] = [g for g in services.copy_grounds(None, slot) if g.agency == other.agency]
    assert (code_of(ground), ground.agreements) == (obstacle, ())
    with pytest.raises(Invalid, match=obstacle):
        services.clone_slot(actor=None, slot_id=slot.pk, agreement_id=other.pk)
    # the twin: trusted, the same agreement takes it
    PartnerVerification.objects.filter(agency=other.agency).delete()
    PartnerVerificationFactory(verified=True, agency=other.agency, partner=slot.partner)
    assert services.clone_slot(actor=None, slot_id=slot.pk, agreement_id=other.pk).agreement == other


def test_a_city_without_an_agreement_says_so() -> None:
    slot = SlotFactory()
    agency = AgencyFactory()
    PartnerVerificationFactory(verified=True, agency=agency, partner=slot.partner)
    [ground] = [g for g in services.copy_grounds(None, slot) if g.agency == agency]
    assert code_of(ground) == "agreement_missing"


def test_a_reserve_moves_along_in_its_city_and_stays_behind_in_another() -> None:
    slot = past(seats=3)
    unit = UnitFactory(agency=slot.agency)
    Slot.objects.filter(pk=slot.pk).update(reserved_seats=2, reserve_unit=unit, reserve_until=days(-35))
    SlotMentor.objects.create(slot=slot, agency=slot.agency, mentor=MentorFactory(partner=slot.partner))
    copy = services.clone_slot(actor=None, slot_id=slot.pk, starts_on=days(30))
    assert (copy.reserved_seats, copy.reserve_unit, copy.reserve_until) == (2, unit, days(15))
    away = services.clone_slot(
        actor=None, slot_id=slot.pk, agreement_id=elsewhere(slot).pk, starts_on=days(30), apply_by=days(25)
    )
    assert (away.reserved_seats, away.reserve_unit, away.reserve_until, away.apply_by) == (0, None, None, days(25))
    assert not SlotMentor.objects.filter(slot__in=[copy, away]).exists()


def test_members_of_the_partner_copy_and_nobody_else() -> None:
    slot = SlotFactory()
    member = PartnerMembershipFactory(partner=slot.partner).user
    hr = AgencyMembershipFactory(agency=slot.agency).user
    assert services.clone_slot(actor=member, slot_id=slot.pk).created_by == member
    with pytest.raises(NotAllowed):
        services.clone_slot(actor=hr, slot_id=slot.pk)
    with pytest.raises(NotFound):
        services.clone_slot(actor=PartnerMembershipFactory().user, slot_id=slot.pk)
    # the same partner's members see no agreement of another partner
    with pytest.raises(Invalid, match="unknown_agreement"):
        services.clone_slot(actor=member, slot_id=slot.pk, agreement_id=AgreementFactory().pk)


def test_the_api_names_field_and_remedy() -> None:
    slot = past()
    member = PartnerMembershipFactory(partner=slot.partner).user
    path = f"slots/{slot.pk}/clone"
    refusal = told(ask(member, "POST", path, {}), 422)
    assert (refusal["code"], refusal["field"]) == ("apply_by_past", "apply_by")
    kb = told(ask(member, "POST", path, {"agreement_id": str(elsewhere(slot, kind="kb").pk)}), 422)
    assert (kb["code"], kb["field"]) == ("agreement_too_general", "agreement_id")
    assert "PKS" in kb["remedy"]
    said = told(ask(member, "POST", path, {"starts_on": days(30).isoformat()}), 201)
    assert (said["status"], said["ends_on"], said["apply_by"]) == ("draft", days(90).isoformat(), days(20).isoformat())
    told(ask(AgencyMembershipFactory(agency=slot.agency).user, "POST", path, {}), 403)
    told(ask(PartnerMembershipFactory().user, "POST", path, {}), 404)


def test_today_is_the_citys_own() -> None:
    slot = SlotFactory(apply_by=days(0), starts_on=days(10))
    assert services.clone_slot(actor=None, slot_id=slot.pk).apply_by == days(0)
    with pytest.raises(Invalid, match="apply_by_past"):
        services.clone_slot(actor=None, slot_id=slot.pk, now=timezone.now() + timedelta(days=1))
