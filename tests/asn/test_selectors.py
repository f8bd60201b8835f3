from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from asn.selectors import assessed_levels, gap_profile, gap_profiles, required_levels
from asn.states import AssessmentSource, GapStatus
from tests.factories.asn import (
    AgencyStandardFactory,
    AssessmentFactory,
    ClassStandardFactory,
    CompetencyFactory,
    EmployeeFactory,
    PositionStandardFactory,
    RegionalPriorityFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 5, 5)


@pytest.fixture
def person():
    return EmployeeFactory()


@pytest.fixture
def data():
    return CompetencyFactory(code="TEK-216-05")


def requires(person, competency, level: int):
    return PositionStandardFactory(position=person.position, competency=competency, level=level)


def line(person, today: date = TODAY):
    (found,) = gap_profile(person, today=today)
    return found


def test_position_goes_before_agency_before_class(person, data) -> None:
    def required():
        found = required_levels([person.position])[person.position_id]["TEK-216-05"]
        return found.level, found.source

    ClassStandardFactory(position_class=person.position.position_class, competency=data, level=2)
    assert required() == (2, "class")
    AgencyStandardFactory(agency=EmployeeFactory().agency, competency=data, level=5)
    assert required() == (2, "class")
    AgencyStandardFactory(agency=person.agency, competency=data, level=3)
    assert required() == (3, "agency")
    requires(person, data, 1)
    assert required() == (1, "position")


def test_a_competency_switched_off_is_not_required(person, data) -> None:
    requires(person, data, 3)
    data.is_active = False
    data.save()
    assert gap_profile(person) == []


def test_unknown_is_the_agencys_expected_gap_at_half_weight(person, data) -> None:
    requires(person, data, 4)
    found = line(person)
    assert (found.status, found.assessed, found.gap, found.weight) == (GapStatus.UNKNOWN, None, 1.0, 0.5)
    person.agency.expected_unknown_gap, person.agency.unknown_gap_weight = Decimal("2.5"), Decimal("0.25")
    person.agency.save()
    assert (line(person).gap, line(person).weight, line(person).weighted) == (2.5, 0.25, 0.625)


def test_unknown_is_never_more_than_what_is_required(person, data) -> None:
    requires(person, data, 1)
    person.agency.expected_unknown_gap = Decimal("3")
    person.agency.save()
    assert line(person).gap == 1.0


@pytest.mark.parametrize(
    ("required", "level", "gap", "status"),
    [(4, 1, 3.0, GapStatus.GAP), (3, 3, 0.0, GapStatus.MET), (2, 5, 0.0, GapStatus.MET)],
)
def test_a_gap_is_what_is_missing(person, data, required: int, level: int, gap: float, status: GapStatus) -> None:
    requires(person, data, required)
    AssessmentFactory(employee=person, competency=data, level=level)
    found = line(person, date.today())
    assert (found.gap, found.weight, found.status, found.assessed) == (gap, 1.0, status, level)


def test_an_assessment_is_expired_the_day_after_its_last(person, data) -> None:
    requires(person, data, 4)
    AssessmentFactory(employee=person, competency=data, level=2, assessed_on=date(2023, 5, 5), valid_until=TODAY)
    assert (line(person).status, line(person).weight) == (GapStatus.GAP, 1.0)
    late = line(person, TODAY + timedelta(days=1))
    assert (late.status, late.assessed, late.gap, late.weight) == (GapStatus.EXPIRED, 2, 2.0, 0.5)


def test_expired_is_flagged_even_where_the_level_was_met(person, data) -> None:
    requires(person, data, 2)
    AssessmentFactory(employee=person, competency=data, level=4, expired=True)
    found = line(person, date.today())
    assert (found.status, found.gap) == (GapStatus.EXPIRED, 0.0)


def test_a_self_rating_stands_beside_and_never_counts(person, data) -> None:
    requires(person, data, 3)
    AssessmentFactory(employee=person, competency=data, level=3, self_rated=True)
    found = line(person, date.today())
    assert (found.status, found.assessed, found.self_rating, found.gap) == (GapStatus.UNKNOWN, None, 3, 1.0)
    assert assessed_levels([person]) == {}


def test_the_latest_official_word_counts_and_on_one_day_the_stricter_method(person, data) -> None:
    requires(person, data, 5)
    for days, level, source in (
        (300, 1, AssessmentSource.ASSESSMENT_CENTRE),
        (10, 2, AssessmentSource.SUPERVISOR),
        (10, 3, AssessmentSource.COMPUTER_TEST),
    ):
        AssessmentFactory(
            employee=person,
            competency=data,
            level=level,
            source=source,
            assessed_on=date.today() - timedelta(days=days),
        )
    assert line(person, date.today()).assessed == 3
    assert assessed_levels([person]) == {person.pk: {data.code: 3}}


def test_a_regional_priority_multiplies_importance_and_ranks_first(person, data) -> None:
    other = CompetencyFactory(code="MAN-03")
    requires(person, other, 4)
    requires(person, data, 3)
    for competency in (other, data):
        AssessmentFactory(employee=person, competency=competency, level=1)
    assert [line.competency.code for line in gap_profile(person)] == ["MAN-03", "TEK-216-05"]
    RegionalPriorityFactory(agency=person.agency, competency=data, weight=Decimal("2.0"))
    RegionalPriorityFactory(competency=other, weight=Decimal("5.0"))
    first, second = gap_profile(person)
    assert (first.competency, first.importance, first.weighted) == (data, 2.0, 4.0)
    assert (second.importance, second.weighted) == (1.0, 3.0)


def test_many_cost_no_more_queries_than_one(django_assert_num_queries, data) -> None:
    people = [EmployeeFactory() for _ in range(3)]
    for person in people:
        requires(person, data, 3)
        AssessmentFactory(employee=person, competency=data)
    for some in (people[:1], people):
        with django_assert_num_queries(4):
            assert len(gap_profiles(some)) == len(some)
