from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from core.models import AuditEvent
from mentors import services
from mentors.models import Mentor, MentorAvailability, MentorExpertise, SlotMentor
from partners.models import Partner, PartnerVerification
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyFactory, CompetencyFactory
from tests.factories.mentors import MentorFactory, SlotMentorFactory
from tests.factories.partners import PartnerFactory, PartnerMembershipFactory, SlotFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return PartnerMembershipFactory().user


@pytest.fixture
def partner(member):
    return member.partner_memberships.get().partner


@pytest.fixture
def mentor(partner) -> Mentor:
    return MentorFactory(partner=partner, with_user=True)


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def refused(call: Callable[[], Any], code: str, field: str = "", error: type[DomainError] = Invalid) -> None:
    def trace() -> list[Any]:
        models = (Mentor, MentorExpertise, MentorAvailability, SlotMentor, AuditEvent)
        return [list(m.objects.order_by("pk").values()) for m in models]

    before = trace()
    with pytest.raises(error) as refusal:
        call()
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert trace() == before


def test_a_member_names_a_mentor(member, partner) -> None:
    user = UserFactory()
    mentor = services.create_mentor(
        actor=member, partner_id=partner.pk, name="Budi", email="budi@example.com", capacity=2, user_id=user.pk
    )
    assert (mentor.partner, mentor.user, mentor.capacity) == (partner, user, 2)
    assert actions() == ["mentors.create_mentor"]


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"name": ""}, "text_missing", "name"),
        ({"email": "x"}, "email_invalid", "email"),
        ({"capacity": 0}, "capacity_range", "capacity"),
        ({"capacity": 51}, "capacity_range", "capacity"),
        ({"bio": "x" * 3001}, "text_too_long", "bio"),
        ({"user_id": 0}, "unknown_user", "user_id"),
    ],
)
def test_bad_profiles(member, partner, given, code: str, field: str) -> None:
    refused(
        lambda: services.create_mentor(**({"actor": member, "partner_id": partner.pk, "name": "Budi"} | given)),
        code,
        field,
    )


def test_an_account_belongs_to_one_mentor(member, partner, mentor) -> None:
    refused(
        lambda: services.create_mentor(actor=member, partner_id=partner.pk, name="Budi", user_id=mentor.user_id),
        "unknown_user",
        "user_id",
    )


def test_who_may_change_a_mentor(member, mentor) -> None:
    services.update_mentor(actor=member, mentor_id=mentor.pk, name="Budi", capacity=5)
    changed = services.update_mentor(actor=mentor.user, mentor_id=mentor.pk, name="Budi S.", is_active=False)
    assert (changed.name, changed.is_active) == ("Budi S.", False)
    stranger = PartnerMembershipFactory().user
    refused(lambda: services.update_mentor(actor=stranger, mentor_id=mentor.pk, name="x"), "not_found", error=NotFound)
    refused(
        lambda: services.create_mentor(actor=stranger, partner_id=mentor.partner_id, name="x"),
        "not_found",
        error=NotFound,
    )


def test_expertise_is_replaced(mentor) -> None:
    codes = [CompetencyFactory().code for _ in range(2)]
    services.set_expertise(actor=mentor.user, mentor_id=mentor.pk, items=[(codes[0], 3)])
    services.set_expertise(actor=mentor.user, mentor_id=mentor.pk, items=[(codes[1], 5)])
    assert list(mentor.expertise.values_list("competency_id", "level")) == [(codes[1], 5)]
    assert actions() == ["mentors.set_expertise"] * 2


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([("NONE", 3)], "unknown_competency"),
        ([("C", 0)], "level_range"),
        ([("C", 6)], "level_range"),
        ([("C", 1), ("C", 2)], "competency_twice"),
        ([("C", 1)] * 21, "too_many_competencies"),
    ],
)
def test_bad_expertise(mentor, items, code: str) -> None:
    CompetencyFactory(code="C")
    refused(lambda: services.set_expertise(actor=mentor.user, mentor_id=mentor.pk, items=items), code, "expertise")


def test_availability_is_replaced(mentor) -> None:
    for windows in ([(1, time(9), time(11))], [(2, time(13), time(15)), (2, time(9), time(11))]):
        services.set_availability(actor=mentor.user, mentor_id=mentor.pk, windows=windows)
    assert list(mentor.availability.values_list("weekday", "starts_at")) == [(2, time(9)), (2, time(13))]


@pytest.mark.parametrize(
    ("windows", "code"),
    [
        ([(8, time(9), time(11))], "unknown_weekday"),
        ([(1, time(11), time(9))], "ends_before_start"),
        ([(1, time(9), time(9))], "ends_before_start"),
        ([(1, time(9), time(11)), (1, time(10), time(12))], "windows_overlap"),
        ([(1, time(9), time(11))] * 22, "too_many_windows"),
    ],
)
def test_bad_availability(mentor, windows, code: str) -> None:
    refused(
        lambda: services.set_availability(actor=mentor.user, mentor_id=mentor.pk, windows=windows),
        code,
        "availability",
    )


def test_days_off_and_the_clock_they_are_read_on(mentor) -> None:
    off = [(date(2027, 3, 8), date(2027, 3, 12)), (date(2027, 3, 1), date(2027, 3, 1))]
    services.set_availability(
        actor=mentor.user, mentor_id=mentor.pk, windows=[], days_off=off, time_zone="Asia/Jayapura"
    )
    assert list(mentor.days_off.values_list("starts_on", "ends_on")) == sorted(off)
    services.set_availability(actor=mentor.user, mentor_id=mentor.pk, windows=[])
    mentor.refresh_from_db()
    assert (mentor.days_off.count(), mentor.time_zone) == (0, "Asia/Jayapura")


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"days_off": [(date(2027, 3, 2), date(2027, 3, 1))]}, "ends_before_start", "days_off"),
        (
            {"days_off": [(date(2027, 3, 1), date(2027, 3, 5)), (date(2027, 3, 5), date(2027, 3, 6))]},
            "days_off_overlap",
            "days_off",
        ),
        ({"days_off": [(date(2027, 3, 1), date(2027, 3, 1))] * 21}, "too_many_days_off", "days_off"),
        ({"time_zone": "Europe/Paris"}, "unknown_time_zone", "time_zone"),
    ],
)
def test_bad_days_off(mentor, more, code: str, field: str) -> None:
    refused(lambda: services.set_availability(actor=mentor.user, mentor_id=mentor.pk, windows=[], **more), code, field)


def test_a_mentor_lives_where_the_partner_is(member, partner) -> None:
    """By the city, else by the agency that knows the partner longest, else WIB."""
    make = lambda: services.create_mentor(actor=member, partner_id=partner.pk, name="Budi").time_zone  # noqa: E731
    Partner.objects.filter(pk=partner.pk).update(city="Bandung")
    PartnerVerification.objects.filter(partner=partner).delete()
    assert make() == "Asia/Jakarta"
    PartnerVerification.objects.create(agency=AgencyFactory(city="Palu", time_zone="Asia/Makassar"), partner=partner)
    assert make() == "Asia/Makassar"
    AgencyFactory(city="Jayapura", time_zone="Asia/Jayapura")
    Partner.objects.filter(pk=partner.pk).update(city="jayapura")
    assert make() == "Asia/Jayapura"


def test_tied_to_a_slot_and_untied(member, mentor) -> None:
    slot = SlotFactory(agreement__partner=mentor.partner)
    tie = {"actor": member, "slot_id": slot.pk, "mentor_id": mentor.pk}
    assert services.assign_mentor(**tie).agency == slot.agency
    refused(lambda: services.assign_mentor(**tie), "mentor_assigned", "mentor_id", Conflict)
    services.unassign_mentor(**tie)
    refused(lambda: services.unassign_mentor(**tie), "mentor_not_assigned", "mentor_id", Conflict)
    assert actions() == ["mentors.assign_mentor", "mentors.unassign_mentor"]


def test_a_mentor_of_another_partner_guides_nothing_here(member, mentor) -> None:
    slot = SlotFactory(agreement__partner=mentor.partner)
    for mentor_id in (MentorFactory().pk, uuid.uuid4()):
        refused(
            lambda pk=mentor_id: services.assign_mentor(actor=member, slot_id=slot.pk, mentor_id=pk),
            "mentor_of_other_partner",
            "mentor_id",
        )
    idle = MentorFactory(partner=mentor.partner, is_active=False)
    refused(
        lambda: services.assign_mentor(actor=member, slot_id=slot.pk, mentor_id=idle.pk),
        "mentor_inactive",
        "mentor_id",
    )


def test_an_ended_slot_and_a_neighbours(member, mentor) -> None:
    ended = SlotFactory(agreement__partner=mentor.partner, closed=True)
    refused(
        lambda: services.assign_mentor(actor=member, slot_id=ended.pk, mentor_id=mentor.pk),
        "not_in_this_state",
        error=Conflict,
    )
    for call in (services.assign_mentor, services.unassign_mentor):
        refused(
            lambda call=call: call(actor=member, slot_id=SlotFactory(draft=True).pk, mentor_id=mentor.pk),
            "not_found",
            error=NotFound,
        )
    own = SlotMentorFactory(mentor=mentor, slot__agreement__partner=mentor.partner).slot
    refused(
        lambda: services.unassign_mentor(actor=mentor.user, slot_id=own.pk, mentor_id=mentor.pk),
        "not_allowed",
        error=NotAllowed,
    )


def test_a_batch(partner, member) -> None:
    slot, user, code = SlotFactory(agreement__partner=partner), UserFactory(), CompetencyFactory().code
    row = services.MentorRow(
        partner_id=partner.pk,
        name="Budi",
        user_id=user.pk,
        expertise=[(code, 4)],
        availability=[(1, time(9), time(11))],
        slot_ids=[slot.pk],
    )
    plain = replace(row, user_id=None)
    for bad, bad_code, field in (
        (replace(plain, partner_id=uuid.uuid4()), "unknown_partner", "2.partner_id"),
        (replace(plain, partner_id=PartnerFactory().pk), "mentor_of_other_partner", "2.slot_ids"),
        (row, "unknown_user", "2.user_id"),
        (replace(plain, expertise=[(code, 9)]), "level_range", "2.expertise"),
    ):
        refused(lambda bad=bad: services.import_mentors(actor=None, rows=[row, bad]), bad_code, field)
    refused(lambda: services.import_mentors(actor=member, rows=[row]), "not_allowed", error=NotAllowed)
    (mentor,) = services.import_mentors(actor=None, rows=[row])
    assert (mentor.expertise.count(), mentor.availability.count(), mentor.slot_mentors.count()) == (1, 1, 1)
    assert actions() == ["mentors.import_mentors"]
