"""Entering a change of employment and deciding what becomes of it: the pages."""

from __future__ import annotations

import pytest

from asn.models import Employee
from core import outbox
from placements.models import ChangeTask
from tests.factories.asn import UnitFactory
from tests.factories.placements import Road, make_road
from tests.web.agency import another, queries_of, signed_in

pytestmark = pytest.mark.django_db


def form_of(client, address: str) -> dict[str, object]:
    form = client.get(address).context["form"]
    return {name: form.initial.get(name) or "" for name in form.fields}


def enter(client, road: Road) -> None:
    address = f"/agency/people/{road.employee.pk}/employment/"
    data = form_of(client, address) | {"unit_id": UnitFactory(agency=road.agency).pk}
    assert client.post(address, data | {"status": "x"}).status_code == 422
    assert client.post(address, data).status_code == 302
    assert client.post(address, data).status_code == 409
    outbox.drain()


def test_entered_listed_and_decided() -> None:
    road = make_road()
    road.accept()
    client = signed_in(road.hr)
    enter(client, road)
    task = ChangeTask.objects.get()
    one = queries_of(client, "/agency/changes/")
    queries_of(client, f"/agency/changes/{task.pk}/")
    queries_of(client, "/agency/")
    for kind, found in (("unit", 1), ("left", 0)):
        assert len(client.get("/agency/changes/", {"kind": kind}).context["rows"]) == found
    assert f"/agency/changes/{task.pk}/" in client.get(f"/agency/placements/{road.placement.pk}/").content.decode()
    other = another(road)
    other.apply()
    enter(client, other)
    assert queries_of(client, "/agency/changes/") == one
    assert ChangeTask.objects.filter(status="open").count() == 2
    page = f"/agency/applications/{other.application.pk}/"
    assert f"/agency/changes/{ChangeTask.objects.get(employee=other.employee).pk}/" in client.get(page).content.decode()
    address = f"/agency/changes/{task.pk}/"
    data = form_of(client, address)
    assert client.post(address, data).status_code == 422
    stale = data | {"choice": "continue", "known": "2020-01-01T00:00:00+00:00"}
    assert client.post(address, stale).status_code == 409
    assert client.post(address, data | {"choice": "end_early"}).status_code == 302
    road.reload()
    assert road.placement.status == "ended_early"
    assert client.post(address, data | {"choice": "end_early"}).status_code == 409
    assert [row.pk for row in client.get("/agency/changes/", {"status": "decided"}).context["rows"]] == [task.pk]
    assert Employee.objects.get(pk=road.employee.pk).unit != task.unit_before
