from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from asn.models import Assessment, Employee
from tests.api import ask, told
from tests.factories.accounts import UserFactory
from tests.factories.asn import (
    AgencyFactory,
    AgencyMembershipFactory,
    AssessmentFactory,
    CompetencyFactory,
    CompetencyLevelFactory,
    EmployeeFactory,
    PositionStandardFactory,
    UnitFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def hr() -> Any:
    return AgencyMembershipFactory()


def test_agencies_are_listed_for_everyone_and_opened_for_their_own() -> None:
    agency = AgencyFactory()
    user = UserFactory()
    (listed,) = told(ask(user, "GET", "agencies"))["items"]
    assert (listed["id"], listed["city"]) == (str(agency.pk), agency.city)
    assert "clearance_days" not in listed
    employee = EmployeeFactory(agency=agency, with_user=True)
    assert told(ask(employee.user, "GET", f"agencies/{agency.pk}"))["clearance_days"] == 5


def test_hr_finds_people_and_never_gets_a_nip(hr: Any) -> None:
    unit = UnitFactory(agency=hr.agency)
    first = EmployeeFactory(agency=hr.agency, unit=unit, name="Bayu Prakoso", title_back="S.T.")
    EmployeeFactory(agency=hr.agency, name="Citra Lestari")
    EmployeeFactory(name="Bayu Orang Lain")
    found = told(ask(hr.user, "GET", "employees", query={"q": "bayu"}))
    assert found["count"] == 1
    (person,) = found["items"]
    assert person["name"] == "Bayu Prakoso, S.T."
    assert person["nip_last3"] == first.nip[-3:]
    assert first.nip not in str(found)
    assert person["unit"] == {"id": str(unit.pk), "name": unit.name}
    assert told(ask(hr.user, "GET", "employees", query={"unit_id": unit.pk}))["count"] == 1
    assert told(ask(hr.user, "GET", "employees"))["count"] == 2
    page = told(ask(hr.user, "GET", "employees", query={"limit": 1, "offset": 1}))
    assert ([p["name"] for p in page["items"]], page["count"]) == (["Citra Lestari"], 2)


def test_a_person_sees_oneself_and_a_supervisor_the_people_led() -> None:
    boss = EmployeeFactory(with_user=True)
    person = EmployeeFactory(agency=boss.agency, supervisor=boss, with_user=True, interests="Ingin belajar data")
    EmployeeFactory(agency=boss.agency)
    mine = told(ask(person.user, "GET", "employees/me"))
    assert (mine["interests"], mine["supervisor_name"]) == ("Ingin belajar data", boss.full_name)
    assert person.nip not in str(mine)
    names = {p["name"] for p in told(ask(boss.user, "GET", "employees"))["items"]}
    assert names == {boss.full_name, person.full_name}
    seen = told(ask(boss.user, "GET", f"employees/{person.pk}"))
    assert "interests" not in seen
    assert "email" not in seen


def test_gaps_say_what_is_unknown_and_what_has_expired() -> None:
    person: Employee = EmployeeFactory(with_user=True)
    met, unknown, expired = (CompetencyFactory(code=code) for code in ("TEK-A", "TEK-B", "TEK-C"))
    for competency in (met, unknown, expired):
        PositionStandardFactory(position=person.position, competency=competency, level=3)
    AssessmentFactory(employee=person, competency=met, level=3)
    AssessmentFactory(employee=person, competency=expired, level=1, expired=True)
    lines = {line["competency"]: line for line in told(ask(person.user, "GET", f"employees/{person.pk}/gaps"))}
    assert {code: line["status"] for code, line in lines.items()} == {
        "TEK-A": "met",
        "TEK-B": "unknown",
        "TEK-C": "expired",
    }
    assert lines["TEK-B"]["assessed"] is None
    assert (lines["TEK-B"]["gap"], lines["TEK-B"]["weight"]) == (1.0, 0.5)
    assert (lines["TEK-C"]["gap"], lines["TEK-C"]["requirement_source"]) == (2.0, "position")


def test_a_position_tells_the_levels_it_requires() -> None:
    person = EmployeeFactory(with_user=True)
    PositionStandardFactory(position=person.position, competency=CompetencyFactory(code="TEK-A"), level=4)
    position = told(ask(person.user, "GET", f"positions/{person.position_id}"))
    assert position["required"] == [{"competency": "TEK-A", "level": 4, "source": "position", "is_example": False}]
    assert (position["title"], position["position_class"]) == (person.position.title, "PELAKSANA")


def test_a_competency_has_its_own_levels_or_the_general_ones() -> None:
    own = CompetencyFactory(code="MAN-03", managerial=True)
    CompetencyFactory(code="TEK-A")
    CompetencyLevelFactory(competency=None, descriptor_id="Umum.", descriptor_en="General.")
    CompetencyLevelFactory(competency=own, descriptor_id="Menyampaikan informasi.", descriptor_en="Passes on.")
    user = UserFactory()
    headers = {"Accept-Language": "en"}
    assert told(ask(user, "GET", "competencies/MAN-03", headers=headers))["levels"] == [
        {"level": 1, "name": "Awareness", "descriptor": "Passes on."}
    ]
    assert told(ask(user, "GET", "competencies/TEK-A"))["levels"][0]["descriptor"] == "Umum."
    assert told(ask(user, "GET", "competencies", query={"kind": "managerial"}))["count"] == 1
    assert told(ask(user, "GET", "competencies", query={"q": "man-03"}))["count"] == 1
    told(ask(user, "GET", "competencies/NONE"), 404)


def test_hr_records_an_assessment_that_is_valid_for_three_years(hr: Any) -> None:
    person = EmployeeFactory(agency=hr.agency)
    CompetencyFactory(code="MAN-03")
    day = date.today() - timedelta(days=10)
    body = {"competency": "MAN-03", "level": 2, "source": "assessment_centre", "assessed_on": day.isoformat()}
    made = told(ask(hr.user, "POST", f"employees/{person.pk}/assessments", body), 201)
    assert (made["competency"], made["level"]) == ("MAN-03", 2)
    assert made["valid_until"] > (day + timedelta(days=3 * 365 - 2)).isoformat()
    assert told(ask(hr.user, "GET", f"employees/{person.pk}/assessments"))["count"] == 1
    again = told(ask(hr.user, "POST", f"employees/{person.pk}/assessments", body), 409)
    assert (again["code"], again["field"]) == ("assessment_exists", "assessed_on")


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"level": 6}, 422, "too_large", "level"),
        ({"level": "x"}, 422, "wrong_type", "level"),
        ({"source": "rumour"}, 422, "not_a_choice", "source"),
        ({"assessed_on": "31-12-2026"}, 422, "not_a_date", "assessed_on"),
        ({"assessed_on": 0}, 422, "not_a_date", "assessed_on"),
        ({"assessed_on": "0001-01-01"}, 422, "too_small", "assessed_on"),
        ({"note": "x" * 301}, 422, "text_too_long", "note"),
        ({"note": "a\u0000b"}, 422, "text_control", "note"),
    ],
)
def test_bad_assessments_name_the_field(hr: Any, change: dict[str, Any], status: int, code: str, field: str) -> None:
    person = EmployeeFactory(agency=hr.agency)
    CompetencyFactory(code="MAN-03")
    body = {"competency": "MAN-03", "level": 2, "source": "assessment_centre", "assessed_on": "2026-01-05"}
    answer = told(ask(hr.user, "POST", f"employees/{person.pk}/assessments", body | change), status)
    assert [(error["code"], error["field"]) for error in answer["errors"]] == [(code, field)]
    assert not Assessment.objects.exists()


def test_nobody_assesses_oneself_as_an_office(hr: Any) -> None:
    person = EmployeeFactory(agency=hr.agency, user=hr.user)
    CompetencyFactory(code="MAN-03")
    body = {"competency": "MAN-03", "level": 5, "source": "assessment_centre", "assessed_on": "2026-01-05"}
    told(ask(hr.user, "POST", f"employees/{person.pk}/assessments", body), 403)
    assert not Assessment.objects.exists()
