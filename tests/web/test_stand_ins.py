"""Entering who stands in, naming who decides, delegating: the pages."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from asn.models import ActingPeriod, Employee
from tests.factories.asn import ActingPeriodFactory, EmployeeFactory
from tests.factories.placements import Road, make_road
from tests.web.agency import queries_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def road() -> Road:
    return make_road()


def days(first: int, last: int) -> dict[str, str]:
    day = date.today()
    return {"starts_on": f"{day + timedelta(days=first)}", "ends_on": f"{day + timedelta(days=last)}"}


def test_hr_enters_a_plh_finds_and_ends_it(road: Road) -> None:
    client = signed_in(road.hr)
    acting = EmployeeFactory(agency=road.agency, with_user=True)
    EmployeeFactory(agency=road.agency, supervisor=acting)
    form = {
        "capacity": "plh",
        "holder_id": road.supervisor.pk,
        "acting_id": acting.pk,
        **days(0, 5),
        "reason": "duty_trip",
        "order_number": "800.1.11.1/5",
        "order_date": f"{date.today()}",
    }
    missing = client.post("/agency/acting/new/", form | {"holder_id": ""})
    assert missing.status_code == 422
    assert "holder_id" in missing.context["form"].errors
    assert client.post("/agency/acting/new/", form).status_code == 302
    again = client.post("/agency/acting/new/", form)
    assert (again.status_code, list(again.context["form"].errors)) == (409, ["starts_on"])
    page = client.get("/agency/acting/").content.decode()
    assert acting.full_name in page
    assert acting.nip not in page
    period = ActingPeriod.objects.get()
    assert client.get("/agency/acting/", {"state": "now", "q": acting.name}).context["rows"].object_list[0] == period
    assert client.get(f"/agency/acting/{period.pk}/end/").status_code == 200
    assert client.post(f"/agency/acting/{period.pk}/end/").status_code == 302
    assert list(client.get("/agency/acting/").context["rows"]) == []


def test_hr_names_who_decides_in_one_step(road: Road) -> None:
    road.employee.supervisor = None
    road.employee.save()
    client = signed_in(road.hr)
    queries_of(client, "/agency/acting/")
    page = client.get("/agency/acting/").content.decode()
    assert f"/agency/people/{road.employee.pk}/superior/" in page
    address = f"/agency/people/{road.employee.pk}/superior/"
    assert client.get(address).status_code == 200
    EmployeeFactory(agency=road.agency, supervisor=road.supervisor)
    assert client.post(address, {"supervisor_id": road.supervisor.pk}).status_code == 302
    assert Employee.objects.get(pk=road.employee.pk).supervisor == road.supervisor
    assert road.employee not in client.get("/agency/acting/").context["missing"]


def test_a_supervisor_delegates_and_the_queue_follows(road: Road) -> None:
    road.apply()
    boss = signed_in(road.boss)
    colleague = EmployeeFactory(agency=road.agency, with_user=True, supervisor=road.supervisor)
    form = {"acting_id": colleague.pk, **days(0, 4), "reason": "leave"}
    assert boss.post("/delegation/", form | {"reason": ""}).status_code == 422
    assert boss.post("/delegation/", form).status_code == 302
    page = boss.get("/clearances/")
    assert list(page.context["waiting"]) == []
    assert colleague.full_name in page.content.decode()
    acting = signed_in(colleague.user)
    assert [row.pk for row in acting.get("/clearances/").context["waiting"]] == [road.application.pk]
    address = f"/clearances/{road.application.pk}/"
    assert acting.get(address).context["actions"][:2] == ["clear", "refuse"]
    assert boss.get(address).context["actions"] == []
    period = ActingPeriod.objects.get()
    assert acting.get(f"/delegation/{period.pk}/end/").status_code == 404
    assert boss.get(f"/delegation/{period.pk}/end/").status_code == 200
    assert boss.post(f"/delegation/{period.pk}/end/").status_code == 302
    assert [row.pk for row in boss.get("/clearances/").context["waiting"]] == [road.application.pk]


def test_the_person_reads_who_decides(road: Road) -> None:
    ActingPeriodFactory(holder=road.supervisor, acting__agency=road.agency, acting__name="Wulan")
    road.apply()
    page = signed_in(road.applicant).get(f"/applications/{road.application.pk}/").content.decode()
    assert f"Wulan (Plh. {road.supervisor.full_name})" in page
    facts = signed_in(road.hr).get(f"/agency/people/{road.employee.pk}/").content.decode()
    assert "Wulan (Plh." in facts
