from __future__ import annotations

import uuid

import pytest

from core.errors import NotFound
from mentors.permissions import get_visible_mentor, visible_mentors
from partners import permissions as may
from partners.selectors import similar_open_slots, slot_list
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyFactory, AgencyMembershipFactory, CompetencyFactory, EmployeeFactory
from tests.factories.mentors import MentorFactory, SlotMentorFactory
from tests.factories.partners import (
    AgreementFactory,
    PartnerFactory,
    PartnerMembershipFactory,
    PartnerVerificationFactory,
    SlotFactory,
    days,
)

pytestmark = pytest.mark.django_db
LIVES = ("draft", "submitted", "returned", "published", "paused", "full", "closed", "cancelled")


@pytest.fixture
def agreement():
    return AgreementFactory()


@pytest.fixture
def slots(agreement):
    """One slot in each status."""
    return {life: SlotFactory(agreement=agreement, **({} if life == "published" else {life: True})) for life in LIVES}


def seen(user, slots) -> set[str]:
    pks = set(may.visible_slots(user).values_list("pk", flat=True))
    return {life for life, slot in slots.items() if slot.pk in pks}


def test_who_sees_which_slots(agreement, slots) -> None:
    city = agreement.agency
    employee = EmployeeFactory(agency=city, with_user=True).user
    handed_in = set(LIVES) - {"draft"}
    assert seen(employee, slots) == {"published", "full", "closed"}
    assert seen(PartnerMembershipFactory(partner=agreement.partner).user, slots) == set(LIVES)
    assert seen(AgencyMembershipFactory(agency=city).user, slots) == handed_in
    assert seen(AgencyMembershipFactory(agency=city, auditor=True).user, slots) == handed_in
    assert seen(AgencyMembershipFactory(agency=city, leadership=True).user, slots) == handed_in
    assert seen(None, slots) == set(LIVES)
    for stranger in (
        UserFactory(),
        UserFactory(is_superuser=True),
        EmployeeFactory(with_user=True).user,
        PartnerMembershipFactory().user,
        AgencyMembershipFactory().user,
        PartnerMembershipFactory(partner=agreement.partner, is_active=False).user,
        AgencyMembershipFactory(agency=city, is_active=False).user,
    ):
        assert seen(stranger, slots) == set()


def test_a_mentor_sees_the_slots_of_that_mentor(agreement, slots) -> None:
    mentor = MentorFactory(partner=agreement.partner, with_user=True)
    SlotMentorFactory(slot=slots["paused"], mentor=mentor)
    assert seen(mentor.user, slots) == {"paused"}


def test_who_sees_which_partner(agreement) -> None:
    partner = agreement.partner
    hr = AgencyMembershipFactory(agency=agreement.agency).user
    assert not may.visible_partners(hr).exists()
    PartnerVerificationFactory(agency=agreement.agency, partner=partner)
    assert list(may.visible_partners(hr)) == [partner]
    employee = EmployeeFactory(agency=agreement.agency, with_user=True).user
    assert not may.visible_partners(employee).exists()
    SlotFactory(agreement=agreement)
    assert list(may.visible_partners(employee)) == [partner]
    assert not may.visible_agreements(employee).exists()
    assert list(may.visible_agreements(hr)) == [agreement]
    assert list(may.visible_verifications(hr)) == list(may.visible_verifications(None))


@pytest.mark.parametrize(
    ("get", "factory"),
    [
        (may.get_visible_partner, PartnerFactory),
        (may.get_visible_agreement, AgreementFactory),
        (may.get_visible_slot, SlotFactory),
        (get_visible_mentor, MentorFactory),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_a_neighbours_row_answers_like_a_missing_one(get, factory) -> None:
    foreign = factory()
    users = (
        PartnerMembershipFactory().user,
        AgencyMembershipFactory().user,
        EmployeeFactory(with_user=True).user,
        MentorFactory(with_user=True).user,
    )
    for user in users:
        answers = []
        for pk in (foreign.pk, uuid.uuid4()):
            with pytest.raises(NotFound) as refusal:
                get(user, pk)
            answers.append((refusal.value.code, refusal.value.field, refusal.value.params))
        assert answers[0] == answers[1]
    assert get(None, foreign.pk) == foreign


def test_who_sees_which_mentor(agreement) -> None:
    mentor = MentorFactory(partner=agreement.partner, with_user=True)
    employee = EmployeeFactory(agency=agreement.agency, with_user=True).user
    assert list(visible_mentors(mentor.user)) == [mentor]
    assert list(visible_mentors(PartnerMembershipFactory(partner=agreement.partner).user)) == [mentor]
    assert not visible_mentors(employee).exists()
    SlotMentorFactory(slot=SlotFactory(agreement=agreement), mentor=mentor)
    assert list(visible_mentors(employee)) == [mentor]


def test_who_may_do_what(agreement, slots) -> None:
    member = PartnerMembershipFactory(partner=agreement.partner).user
    owner = PartnerMembershipFactory(partner=agreement.partner, owner=True).user
    hr = AgencyMembershipFactory(agency=agreement.agency).user
    auditor = AgencyMembershipFactory(agency=agreement.agency, auditor=True).user
    foreign_hr = AgencyMembershipFactory().user
    people = [member, owner, hr, auditor, foreign_hr, None]
    draft, submitted = slots["draft"], slots["submitted"]
    partner, agency = agreement.partner_id, agreement.agency_id
    table = {
        "act": ([may.can_act_for(u, partner) for u in people], "yyn nny"),
        "members": ([may.can_manage_members(u, partner) for u in people], "nyn nny"),
        "edit draft": ([may.can_edit_slot(u, draft) for u in people], "yyn nny"),
        "edit submitted": ([may.can_edit_slot(u, submitted) for u in people], "nnn nnn"),
        "review": ([may.can_review_slot(u, submitted) for u in people], "nny nnn"),
        "steer": ([may.can_steer_slot(u, submitted) for u in people], "yyy nny"),
        "verify": ([may.can_verify_partners(u, agency) for u in people], "nny nnn"),
        "agreements": ([may.can_manage_agreements(u, agency) for u in people], "nny nny"),
    }
    found = {what: "".join("y" if yes else "n" for yes in answers) for what, (answers, _) in table.items()}
    assert found == {what: wanted.replace(" ", "") for what, (_, wanted) in table.items()}


class TestLists:
    def test_filters(self, agreement) -> None:
        employee = EmployeeFactory(agency=agreement.agency, with_user=True).user
        data = CompetencyFactory(code="TEK-D")
        magang = SlotFactory(agreement=agreement, title="Magang data", outcomes=[(data.code, 1, 2)])
        mentor = SlotFactory(agreement=agreement, title="Mentor", mentoring=True, online=True)
        full = SlotFactory(agreement=agreement, title="Penuh", full=True)
        SlotFactory()

        def found(**filters):
            return set(slot_list(employee, **filters))

        assert found() == {magang, mentor, full}
        assert found(kind="mentoring") == found(mode="online") == found(max_hours_per_week=5) == {mentor}
        assert found(place="surakarta", open_only=True) == {magang}
        assert found(status="full") == {full}
        assert found(competency="TEK-D") == found(text="magang DATA") == {magang}
        assert found(text=agreement.partner.name) == found(partner_id=agreement.partner_id) == found()
        assert found(agency_id=AgencyFactory().pk) == set()
        assert found(open_only=True, today=days(21)) == set()

    @pytest.mark.parametrize("rows", [1, 3])
    def test_the_list_costs_the_same_for_any_number(self, agreement, rows: int, django_assert_num_queries) -> None:
        for _ in range(rows):
            SlotFactory(agreement=agreement)
        with django_assert_num_queries(3):
            for slot in slot_list(None):
                assert slot.partner.name
                assert slot.agency.name
                assert [o.competency.name for o in slot.outcomes.all()]

    def test_instead_of_a_full_one(self, agreement) -> None:
        a, b = CompetencyFactory().code, CompetencyFactory().code
        both, one = [(a, 1, 3), (b, 1, 3)], [(a, 1, 2)]
        full = SlotFactory(agreement=agreement, outcomes=both, full=True)
        near = SlotFactory(agreement=agreement, outcomes=both, apply_by=days(30))
        same_kind = SlotFactory(agreement=agreement, outcomes=one, apply_by=days(25))
        other_kind = SlotFactory(agreement=agreement, outcomes=one, mentoring=True)
        SlotFactory(agreement=agreement)
        SlotFactory(agreement=agreement, outcomes=both, closed=True)
        SlotFactory(outcomes=both)
        assert similar_open_slots(full) == [near, same_kind, other_kind]
        assert similar_open_slots(full, limit=1) == [near]
        assert similar_open_slots(near, today=days(29)) == []
