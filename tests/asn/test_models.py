"""The database refuses nonsense, whoever writes it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from asn.models import Agency, Employee
from asn.states import AssessmentSource
from tests.factories.accounts import UserFactory
from tests.factories.asn import (
    AgencyFactory,
    AgencyMembershipFactory,
    AgencyStandardFactory,
    AssessmentFactory,
    ClassStandardFactory,
    CompetencyFactory,
    CompetencyLevelFactory,
    EmployeeFactory,
    PositionFactory,
    PositionStandardFactory,
    RegionalPriorityFactory,
    UnitFactory,
)

pytestmark = pytest.mark.django_db


def refuses(name: str):
    return pytest.raises(IntegrityError, match=name)


@pytest.mark.parametrize("gap", ["0", "4.5", "-1"])
def test_expected_gap_has_a_range(gap: str) -> None:
    with refuses("agency_unknown_gap_range"):
        AgencyFactory(expected_unknown_gap=Decimal(gap))


@pytest.mark.parametrize("field", ["unknown_gap_weight", "expired_gap_weight"])
@pytest.mark.parametrize("weight", ["0", "1.1"])
def test_weights_have_a_range(field: str, weight: str) -> None:
    with refuses("agency_weights_range"):
        AgencyFactory(**{field: Decimal(weight)})


@pytest.mark.parametrize(
    ("factory", "field", "name"),
    [
        (CompetencyLevelFactory, "level", "level_in_range"),
        (ClassStandardFactory, "level", "class_standard_level_range"),
        (AgencyStandardFactory, "level", "agency_standard_level_range"),
        (PositionStandardFactory, "level", "position_standard_level_range"),
    ],
)
@pytest.mark.parametrize("level", [0, 6])
def test_levels_are_one_to_five(factory, field: str, name: str, level: int) -> None:
    with refuses(name):
        factory(**{field: level})


def test_an_assessment_is_at_most_five() -> None:
    with refuses("assessment_level_range"):
        AssessmentFactory(level=6)


def test_an_assessment_is_valid_after_it_was_made() -> None:
    with refuses("assessment_valid_after_made"):
        AssessmentFactory(assessed_on=date(2026, 2, 1), valid_until=date(2026, 1, 31))


@pytest.mark.parametrize("nip", ["19850615201001100", "19850615201001100X", ""])
def test_a_nip_is_eighteen_digits(nip: str) -> None:
    with refuses("employee_nip_18_digits"):
        EmployeeFactory(nip=nip)


def test_nobody_is_their_own_supervisor() -> None:
    employee = EmployeeFactory()
    with refuses("employee_not_own_supervisor"):
        Employee.objects.filter(pk=employee.pk).update(supervisor=employee)


@pytest.mark.parametrize(
    "dates", [(date(2026, 2, 1), date(2026, 1, 1)), (date(2026, 2, 1), None), (None, date(2026, 2, 1))]
)
def test_a_contract_has_both_ends_in_order(dates: tuple[date | None, date | None]) -> None:
    with refuses("employee_contract_ordered"):
        EmployeeFactory(contract_starts_on=dates[0], contract_ends_on=dates[1])


@pytest.mark.parametrize("weight", ["0.9", "5.1"])
def test_a_priority_has_a_range(weight: str) -> None:
    with refuses("regional_priority_weight_range"):
        RegionalPriorityFactory(weight=Decimal(weight))


def test_what_may_be_there_once() -> None:
    agency, user, competency = AgencyFactory(), UserFactory(), CompetencyFactory()
    employee = EmployeeFactory(agency=agency, user=user)
    position = PositionFactory(agency=agency)
    assessed = AssessmentFactory(employee=employee, competency=competency)
    once = [
        (AgencyFactory, {"code": agency.code}, "code"),
        (AgencyMembershipFactory, {"agency": agency, "user": user}, "agency_membership_once"),
        (UnitFactory, {"agency": agency, "code": "U"}, "unit_code_once"),
        (PositionFactory, {"agency": agency, "code": "J"}, "position_code_once"),
        (CompetencyLevelFactory, {"competency": competency}, "level_described_once"),
        (CompetencyLevelFactory, {"competency": None}, "level_described_once"),
        (ClassStandardFactory, {"competency": competency}, "class_standard_once"),
        (AgencyStandardFactory, {"agency": agency, "competency": competency}, "agency_standard_once"),
        (PositionStandardFactory, {"position": position, "competency": competency}, "position_standard_once"),
        (RegionalPriorityFactory, {"agency": agency, "competency": competency}, "regional_priority_once"),
        (EmployeeFactory, {"agency": agency, "nip": employee.nip}, "nip"),
        (EmployeeFactory, {"agency": agency, "user": user}, "user"),
        (
            AssessmentFactory,
            {"employee": employee, "competency": competency, "assessed_on": assessed.assessed_on},
            "assessment_once_a_day",
        ),
    ]
    for factory, values, name in once:
        if not factory._meta.model.objects.filter(**values).exists():
            factory(**values)
        with refuses(name), transaction.atomic():
            factory(**values)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda a, b: UnitFactory(agency=a, parent=UnitFactory(agency=b)), "asn_unit_parent_id_same_agency"),
        (lambda a, b: EmployeeFactory(agency=a, unit=UnitFactory(agency=b)), "asn_employee_unit_id_same_agency"),
        (
            lambda a, b: EmployeeFactory(agency=a, position=PositionFactory(agency=b)),
            "asn_employee_position_id_same_agency",
        ),
        (
            lambda a, b: EmployeeFactory(agency=a, supervisor=EmployeeFactory(agency=b)),
            "asn_employee_supervisor_id_same_agency",
        ),
        (
            lambda a, b: PositionStandardFactory(agency=a, position=PositionFactory(agency=b)),
            "asn_positionstandard_position_id_same_agency",
        ),
        (
            lambda a, b: AssessmentFactory(agency=a, employee=EmployeeFactory(agency=b)),
            "asn_assessment_employee_id_same_agency",
        ),
    ],
)
def test_no_row_points_across_agencies(make, name: str) -> None:
    a, b = AgencyFactory(), AgencyFactory()
    with refuses(name), transaction.atomic():
        make(a, b)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_today_is_the_date_on_the_wall_there() -> None:
    from datetime import UTC, datetime

    late = datetime(2026, 5, 5, 16, 30, tzinfo=UTC)
    assert AgencyFactory().today(late) == date(2026, 5, 5)
    palu: Agency = AgencyFactory(wita=True)
    assert (palu.today(late), palu.zone_label) == (date(2026, 5, 6), "WITA")


def test_self_ratings_are_not_official() -> None:
    from asn.models import OFFICIAL_SOURCES

    assert set(AssessmentSource.values) - {s.value for s in OFFICIAL_SOURCES} == {"self"}
