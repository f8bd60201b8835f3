"""Units and their heads: who leads, which posts are vacant, who stands in, and naming a head in one step."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from asn.models import Employee, Unit
from asn.states import EmployeeStatus
from asn.superiors import superior_of
from tests.factories.asn import ActingPeriodFactory, EmployeeFactory
from tests.factories.placements import Road, make_road
from tests.web.agency import queries_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def road() -> Road:
    return make_road()


def head_page(unit: Unit) -> str:
    return reverse("agency_unit_head", args=[unit.pk])


def test_a_head_is_named_changed_and_taken_away(road: Road) -> None:
    client, unit = signed_in(road.hr), road.employee.unit
    listed = reverse("agency_units")
    assert "Lowong" in client.get(listed, {"post": "vacant"}).content.decode()

    answer = client.post(head_page(unit), {"employee_id": road.supervisor.pk}, follow=True)
    assert road.supervisor.full_name in answer.content.decode()
    unit.refresh_from_db()
    assert unit.head == road.supervisor
    assert unit.name in client.get(listed, {"post": "held", "q": road.supervisor.name}).content.decode()

    client.post(head_page(unit), {"employee_id": ""})
    unit.refresh_from_db()
    assert unit.head is None


def test_the_head_decides_where_no_supervisor_is_entered(road: Road) -> None:
    person = road.employee
    person.supervisor = None
    person.save()
    Employee.objects.filter(pk=road.supervisor.pk).update(unit=person.unit)
    assert superior_of(person) is None
    signed_in(road.hr).post(head_page(person.unit), {"employee_id": road.supervisor.pk})
    person.unit.refresh_from_db()
    found = superior_of(person)
    assert found is not None
    assert found.employee == road.supervisor


def test_who_is_not_in_service_leads_no_unit(road: Road) -> None:
    gone = EmployeeFactory(agency=road.agency, unit=road.employee.unit, status=EmployeeStatus.RETIRED)
    answer = signed_in(road.hr).post(head_page(road.employee.unit), {"employee_id": gone.pk})
    assert answer.status_code == 422
    assert answer.context["form"].errors["employee_id"]


def test_the_list_says_who_stands_in_and_until_when(road: Road) -> None:
    unit, deputy = road.employee.unit, EmployeeFactory(agency=road.agency, with_user=True)
    Unit.objects.filter(pk=unit.pk).update(head=road.supervisor)
    period = ActingPeriodFactory(
        delegate=True, holder=road.supervisor, acting=deputy, ends_on=road.agency.today() + timedelta(days=5)
    )
    page = signed_in(road.hr).get(reverse("agency_units")).content.decode()
    assert deputy.full_name in page
    assert period.get_capacity_display() in page


def test_other_offices_and_roles_name_no_head(road: Road) -> None:
    stranger = make_road()
    assert signed_in(stranger.hr).post(head_page(road.employee.unit), {"employee_id": ""}).status_code == 404
    for user in (road.boss, road.applicant, road.member):
        assert signed_in(user).get(head_page(road.employee.unit)).status_code == 403
    assert road.employee.unit.name not in signed_in(stranger.hr).get(reverse("agency_units")).content.decode()


def test_three_units_take_as_many_queries_as_one(road: Road) -> None:
    client, address = signed_in(road.hr), reverse("agency_units")
    before = queries_of(client, address)
    for _ in range(3):
        EmployeeFactory(agency=road.agency)
    assert queries_of(client, address) == before
