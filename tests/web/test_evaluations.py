"""Evaluations: each side is asked once before the end, the supervisor on a page, and the kind's questions are kept to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from core import outbox
from core.errors import Invalid
from placements import services
from placements.models import Evaluation, Placement
from tests.api import ask, told
from tests.factories.asn import ActingPeriodFactory, EmployeeFactory
from tests.factories.placements import Road, make_road
from tests.web.agency import another, queries_of, signed_in
from tests.web.forms import forms_of
from web.models import Notification

pytestmark = pytest.mark.django_db


def ending(road: Road, days: int = 5) -> Road:
    """A placement that runs and ends in so many days."""
    road.start()
    today = road.agency.today()
    Placement.objects.filter(pk=road.placement.pk).update(
        starts_on=today - timedelta(days=20), ends_on=today + timedelta(days=days)
    )
    road.reload()
    return road


def page_of(road: Road) -> str:
    return reverse("supervisor_evaluate", args=[road.placement.pk])


def asked() -> dict[str, list[str]]:
    """Who was asked: the account and the page."""
    found: dict[str, list[str]] = {}
    for row in Notification.objects.filter(code="evaluation_due").select_related("user"):
        found.setdefault(row.user.username, []).append(row.url)
    return found


def test_each_side_is_asked_once_a_week_before_the_end() -> None:
    road = ending(make_road(kind="internship"), days=8)
    assert services.ask_for_evaluations() == 0
    Placement.objects.filter(pk=road.placement.pk).update(ends_on=road.agency.today() + timedelta(days=7))
    for _ in range(2):
        assert services.ask_for_evaluations() == 3
        outbox.drain()
    assert road.mentor.user is not None
    assert asked() == {
        road.applicant.username: [reverse("employee_evaluate", args=[road.placement.pk])],
        road.mentor.user.username: [reverse("host_evaluate", args=[road.placement.pk])],
        road.boss.username: [page_of(road)],
    }


def test_who_has_said_it_and_what_is_over_are_not_asked() -> None:
    road = ending(make_road(kind="internship"))
    assert services.ask_for_evaluations() == 3
    services.evaluate_placement(actor=road.boss, placement_id=road.placement.pk, overall=4)
    services.end_placement_early(actor=road.hr, placement_id=road.placement.pk, reason="health")
    outbox.drain()  # what was announced before is old news by now
    assert asked() == {}
    assert services.ask_for_evaluations() == 0


def test_whoever_stands_in_is_asked_and_answers() -> None:
    road = ending(make_road(kind="internship"))
    deputy = EmployeeFactory(agency=road.agency, with_user=True)
    ActingPeriodFactory(delegate=True, holder=road.supervisor, acting=deputy)
    services.ask_for_evaluations()
    outbox.drain()
    assert deputy.user is not None
    assert asked()[deputy.user.username] == [page_of(road)]
    assert signed_in(deputy.user).get(page_of(road)).status_code == 200
    assert signed_in(road.boss).get(page_of(road)).status_code == 404


def test_the_supervisor_finds_the_page_and_says_it_once() -> None:
    road = ending(make_road(kind="internship"))
    client = signed_in(road.boss)
    assert page_of(road) in client.get(reverse("supervisor_queue")).content.decode()
    member = reverse("supervisor_member", args=[road.employee.pk])
    assert page_of(road) in client.get(member).content.decode()
    (form,) = [f for f in forms_of(client.get(page_of(road)).content.decode(), page_of(road)) if "overall" in f.fields]
    answer = client.post(form.action, form.fields | {"overall": "5", "applied": "Dasbor dipakai tiap pekan."})
    assert (answer.status_code, answer["Location"]) == (302, member)
    kept = Evaluation.objects.get(placement=road.placement)
    assert (kept.role, kept.overall, kept.applied) == ("supervisor", 5, "Dasbor dipakai tiap pekan.")
    assert page_of(road) not in client.get(reverse("supervisor_queue")).content.decode()
    assert page_of(road) not in client.get(member).content.decode()


def test_only_who_decides_for_the_person_may_open_it() -> None:
    road = ending(make_road(kind="internship"))
    assert signed_in(make_road().boss).get(page_of(road)).status_code == 404
    for user in (road.applicant, road.hr, road.member):
        assert signed_in(user).get(page_of(road)).status_code == 403


def test_a_required_answer_is_required_at_every_door() -> None:
    road = ending(make_road(kind="research"))
    given: dict[str, Any] = {"actor": road.boss, "placement_id": road.placement.pk, "overall": 4}
    with pytest.raises(Invalid) as missing:
        services.evaluate_placement(**given)
    assert (missing.value.code, missing.value.field) == ("text_missing", "applied")
    with pytest.raises(Invalid) as unasked:
        services.evaluate_placement(**given, applied="Dipakai.", strengths="Baik.")
    assert (unasked.value.code, unasked.value.field) == ("evaluation_without_question", "strengths")
    refused = told(ask(road.boss, "POST", f"placements/{road.placement.pk}/evaluations", {"overall": 4}), 422)
    assert refused["field"] == "applied"
    assert refused["remedy"]
    page = signed_in(road.boss).post(page_of(road), {"overall": "4", "applied": ""})
    assert page.status_code == 422
    assert page.context["form"].errors["applied"]
    assert not Evaluation.objects.exists()
    services.evaluate_placement(**given, applied="Dipakai sejak Mei.")


def test_three_placements_take_as_many_queries_as_one() -> None:
    road = ending(make_road(kind="internship"))
    client, address = signed_in(road.boss), reverse("supervisor_queue")
    before = queries_of(client, address)
    for _ in range(2):
        more = another(road, kind="internship")
        more.employee.supervisor = road.supervisor
        more.employee.save()
        more.supervisor = road.supervisor
        ending(more)
    assert queries_of(client, address) == before
