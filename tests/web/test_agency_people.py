"""People of the agency, and the home page of the office."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from asn.models import Assessment
from matching.models import MatchRun
from matching.services import run_match
from placements import services
from placements.models import Application
from tests.factories.asn import (
    AgencyMembershipFactory,
    AssessmentFactory,
    CompetencyFactory,
    CorrectionFactory,
    EmployeeFactory,
    PositionStandardFactory,
)
from tests.factories.partners import AgreementFactory, PartnerVerificationFactory, SlotFactory
from tests.factories.placements import Road, make_road
from tests.web.agency import another, queries_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def road() -> Road:
    return make_road()


def test_the_list_says_what_is_known_in_a_fixed_number_of_queries(road: Road) -> None:
    unknown = CompetencyFactory()
    PositionStandardFactory(position=road.employee.position, competency=unknown, level=3)
    client, url = signed_in(road.hr), reverse("agency_people")
    client.get(url)
    one = queries_of(client, url)
    for _ in range(3):
        EmployeeFactory(agency=road.agency)
    EmployeeFactory()
    assert queries_of(client, url) == one
    rows = list(client.get(url).context["rows"])
    assert len(rows) == 5
    person = next(row for row in rows if row.pk == road.employee.pk)
    assert (person.required, person.met, person.unknown, person.expired) == (2, 0, 1, 0)
    assert [row.pk for row in client.get(url, {"unit": road.employee.unit_id}).context["rows"]] == [road.employee.pk]
    assert road.employee.nip not in client.get(url).content.decode()


def test_the_person_shows_unknown_and_expired_and_keeps_within_its_queries(road: Road) -> None:
    expired = CompetencyFactory(name_id="Arsip Digital")
    PositionStandardFactory(position=road.employee.position, competency=expired, level=3)
    AssessmentFactory(employee=road.employee, competency=expired, level=2, expired=True)
    PositionStandardFactory(position=road.employee.position, competency=CompetencyFactory(), level=3)
    road.accept()
    client, url = signed_in(road.hr), reverse("agency_person", args=[road.employee.pk])
    client.get(url)
    queries_of(client, url)
    page = client.get(url)
    assert len(page.context["unknown"]) == 1
    assert {line.status for line in page.context["gaps"]} == {"gap", "expired"}
    assert [row.pk for row in page.context["placements"]] == [road.placement.pk]
    html = page.content.decode()
    assert "Arsip Digital" in html
    assert road.employee.nip not in html


def test_an_assessment_is_entered_once(road: Road) -> None:
    competency = CompetencyFactory()
    client, url = signed_in(road.hr), reverse("agency_assess", args=[road.employee.pk])
    client.get(url)
    queries_of(client, url)
    answers = {
        "competency_code": competency.pk,
        "level": "3",
        "source": "assessment_centre",
        "assessed_on": date.today().isoformat(),
        "note": "Laporan 12/2026",
    }
    assert client.post(url, answers)["Location"] == reverse("agency_person", args=[road.employee.pk])
    row = Assessment.objects.get(employee=road.employee, competency=competency)
    assert (row.level, row.source) == (3, "assessment_centre")
    twice = client.post(url, answers)
    assert twice.status_code == 409
    assert twice.context["form"].errors["assessed_on"]
    future = client.post(url, {**answers, "assessed_on": (date.today() + timedelta(days=2)).isoformat()})
    assert future.status_code == 422
    assert future.context["form"].errors["assessed_on"]
    own = client.post(url, {**answers, "source": "self"})
    assert own.context["form"].errors["source"]


def test_foreign_people_are_missing_and_auditors_only_look(road: Road) -> None:
    person, assess = (reverse(name, args=[road.employee.pk]) for name in ("agency_person", "agency_assess"))
    foreigner = signed_in(make_road().hr)
    assert foreigner.get(person).status_code == foreigner.get(assess).status_code == 404
    auditor = signed_in(AgencyMembershipFactory(agency=road.agency, auditor=True).user)
    assert auditor.get(person).context["can_assess"] is False
    assert auditor.get(assess).status_code == 403
    # the supervisor has another page for the same person
    assert signed_in(road.boss).get(person).status_code == 403


def test_home_counts_what_waits(road: Road) -> None:
    road.clear()
    late = another(road)
    late.clear()
    Application.objects.filter(pk=late.application.pk).update(due_at=timezone.now() - timedelta(days=1))
    another(road).accept()
    SlotFactory(submitted=True, agreement__agency=road.agency)
    PartnerVerificationFactory(agency=road.agency)
    quiet = SlotFactory(agreement__agency=road.agency, apply_by=date.today() + timedelta(days=5))
    ending = AgreementFactory(agency=road.agency, ends_on=date.today() + timedelta(days=10))
    make_road().clear()
    CorrectionFactory(assessment__employee=road.employee, submitted_at=timezone.now() - timedelta(days=4))
    services.note_change(employee_id=road.employee.pk, kinds=["unit"], changed_at=timezone.now())
    client, url = signed_in(road.hr), reverse("agency_home")
    client.get(url)
    queries_of(client, url)
    page = client.get(url)
    assert page.context["figures"] == {
        "hours": 0,
        "undecided": 2,
        "overdue": 1,
        "preparing": 1,
        "running": 0,
        "slots": 1,
        "awards": 0,
        "partners": 1,
        "corrections": 1,
        "corrections_overdue": 1,
        "changes": 1,
    }
    assert list(page.context["quiet"]) == [quiet]
    assert list(page.context["ending"]) == [ending]


def test_leadership_reads_the_figures_and_opens_no_rows(road: Road) -> None:
    road.clear()
    leader = signed_in(AgencyMembershipFactory(agency=road.agency, leadership=True).user)
    page = leader.get(reverse("agency_home"))
    assert page.context["figures"]["undecided"] == 1
    html = page.content.decode()
    for name in ("agency_queue", "agency_slots", "agency_people"):
        assert reverse(name) not in html
        assert leader.get(reverse(name)).status_code == 403
    assert leader.post(reverse("agency_match")).status_code == 403
    assert signed_in(road.applicant).get(reverse("agency_home")).status_code == 403


def test_the_recommendations_are_refreshed_and_watched(road: Road) -> None:
    client, poll = signed_in(road.hr), reverse("agency_match_run")
    assert client.post(reverse("agency_match"))["Location"] == reverse("agency_home")
    run = MatchRun.objects.get(agency=road.agency)
    waiting = client.get(poll).content.decode()
    assert f'hx-get="{poll}"' in waiting
    assert "<html" not in waiting
    run_match(run_id=run.pk)
    over = client.get(poll)
    assert over.context["job"]["state"] == "done"
    assert "hx-get" not in over.content.decode()
