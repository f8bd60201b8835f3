from __future__ import annotations

import uuid

import pytest

from asn import permissions as may
from core.errors import NotFound
from tests.factories.accounts import UserFactory
from tests.factories.asn import (
    AgencyFactory,
    AgencyMembershipFactory,
    AssessmentFactory,
    EmployeeFactory,
    PositionFactory,
    UnitFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    return AgencyFactory()


def test_employees_see_themselves_and_whom_they_lead(city) -> None:
    boss = EmployeeFactory(agency=city, with_user=True)
    staff = EmployeeFactory(agency=city, with_user=True, supervisor=boss)
    below = EmployeeFactory(agency=city, supervisor=staff)
    EmployeeFactory(agency=city)
    assert set(may.visible_employees(boss.user)) == {boss, staff}
    assert set(may.visible_employees(staff.user)) == {staff, below}


def test_hr_and_auditors_see_their_agency_leadership_sees_no_person(city) -> None:
    here, _elsewhere = EmployeeFactory(agency=city), EmployeeFactory()
    assert list(may.visible_employees(AgencyMembershipFactory(agency=city).user)) == [here]
    assert list(may.visible_employees(AgencyMembershipFactory(agency=city, auditor=True).user)) == [here]
    assert not may.visible_employees(AgencyMembershipFactory(agency=city, leadership=True).user).exists()
    assert not may.visible_employees(AgencyMembershipFactory(agency=city, is_active=False).user).exists()
    assert not may.visible_employees(UserFactory(is_superuser=True)).exists()
    assert may.visible_employees(None).count() == 2


GETTERS = [
    (may.get_visible_agency, AgencyFactory),
    (may.get_visible_unit, UnitFactory),
    (may.get_visible_position, PositionFactory),
    (may.get_visible_employee, EmployeeFactory),
    (may.get_visible_assessment, AssessmentFactory),
]


@pytest.mark.parametrize(("get", "factory"), GETTERS, ids=lambda v: getattr(v, "__name__", ""))
def test_a_neighbours_row_answers_like_a_missing_one(get, factory) -> None:
    foreign = factory()
    hr = AgencyMembershipFactory().user
    employee = EmployeeFactory(with_user=True).user
    for user in (hr, employee, UserFactory()):
        answers = []
        for pk in (foreign.pk, uuid.uuid4()):
            with pytest.raises(NotFound) as refusal:
                get(user, pk)
            answers.append((refusal.value.code, refusal.value.field, refusal.value.params))
        assert answers[0] == answers[1]
    assert get(None, foreign.pk) == foreign


def test_hr_gets_what_belongs_to_the_agency(city) -> None:
    hr = AgencyMembershipFactory(agency=city).user
    assessment = AssessmentFactory(employee=EmployeeFactory(agency=city))
    assert may.get_visible_assessment(hr, assessment.pk) == assessment
    assert may.get_visible_unit(hr, assessment.employee.unit_id).agency == city
    assert may.get_visible_position(hr, assessment.employee.position_id).agency == city
    assert may.get_visible_agency(hr, city.pk) == city


def test_who_may_look_at_gaps_and_who_may_assess(city) -> None:
    boss = EmployeeFactory(agency=city, with_user=True)
    person = EmployeeFactory(agency=city, with_user=True, supervisor=boss)
    colleague = EmployeeFactory(agency=city, with_user=True)
    hr = AgencyMembershipFactory(agency=city).user
    auditor = AgencyMembershipFactory(agency=city, auditor=True).user
    foreign_hr = AgencyMembershipFactory().user
    table = {
        "self": (person.user, True, False, True),
        "boss": (boss.user, True, True, False),
        "colleague": (colleague.user, False, False, False),
        "hr": (hr, True, True, False),
        "auditor": (auditor, True, False, False),
        "foreign hr": (foreign_hr, False, False, False),
        "system": (None, True, True, False),
    }
    found = {
        who: (user, may.can_view_gaps(user, person), may.can_assess(user, person), may.can_rate_self(user, person))
        for who, (user, *_) in table.items()
    }
    assert found == table


def test_hr_does_not_assess_itself(city) -> None:
    officer = EmployeeFactory(agency=city, with_user=True)
    AgencyMembershipFactory(agency=city, user=officer.user)
    assert not may.can_assess(officer.user, officer)


def test_only_hr_manages_an_agency(city) -> None:
    assert may.can_manage_agency(AgencyMembershipFactory(agency=city).user, city.pk)
    assert not may.can_manage_agency(AgencyMembershipFactory(agency=city, auditor=True).user, city.pk)
    assert not may.can_manage_agency(AgencyMembershipFactory().user, city.pk)
