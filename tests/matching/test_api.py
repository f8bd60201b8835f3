from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from matching import services
from matching.models import MatchRun
from partners.models import Slot
from tests.api import ask, told
from tests.factories.partners import SlotFactory
from tests.factories.placements import Road, make_road

pytestmark = pytest.mark.django_db


def matched(road: Road) -> Road:
    services.refresh_agency(agency_id=road.agency.pk)
    return road


def test_recommendations_come_with_reasons_that_add_up() -> None:
    road = matched(make_road())
    found = told(ask(road.applicant, "GET", "recommendations"))
    (best,) = found["items"]
    assert best["slot"]["id"] == str(road.slot.pk)
    assert sum(reason["points"] for reason in best["reasons"]) == best["points"] > 0
    (outcome,) = road.slot.outcomes.all()
    assert ("competency_gap_closed", outcome.competency_id) in {
        (reason["code"], reason["competency"]) for reason in best["reasons"]
    }
    assert told(ask(road.boss, "GET", f"employees/{road.employee.pk}/recommendations")) == found
    first, *_others = told(ask(road.hr, "GET", f"slots/{road.slot.pk}/recommendations"))["items"]
    assert (first["employee_id"], first["name"]) == (str(road.employee.pk), road.employee.full_name)


def test_any_pair_can_be_explained_and_any_absence_too() -> None:
    road = matched(make_road())
    pair = f"{road.slot.pk}/explain/{road.employee.pk}"
    explained = told(ask(road.applicant, "GET", f"slots/{pair}"))
    assert sum(reason["points"] for reason in explained["reasons"]) == explained["points"]
    why = f"slots/{road.slot.pk}/why-not/{road.employee.pk}"
    assert told(ask(road.applicant, "GET", why)) == {
        "employee_id": str(road.employee.pk),
        "slot_id": str(road.slot.pk),
        "reasons": [],
        "cheapest_change": None,
    }
    Slot.objects.filter(pk=road.slot.pk).update(filled_seats=road.slot.seats)
    codes = {reason["code"] for reason in told(ask(road.applicant, "GET", why))["reasons"]}
    assert "no_seats_left" in codes
    change = told(ask(road.applicant, "GET", why))["cheapest_change"]
    assert (change["code"], change["params"]) == ("add_seat", {})
    assert change["points_after"] == explained["points"]
    told(ask(road.member, "GET", f"slots/{pair}"), 403)


def test_hr_asks_for_a_run_and_a_worker_does_it() -> None:
    road = make_road()
    asked = told(ask(road.hr, "POST", "match-runs", {"agency_id": road.agency.pk}), 202)
    assert asked["finished_at"] is None
    services.run_match(run_id=asked["id"])
    done = told(ask(road.hr, "GET", f"match-runs/{asked['id']}"))
    assert done["finished_at"] is not None
    assert (done["total_employees"], done["done_employees"]) == (2, 2)
    assert told(ask(road.hr, "GET", "match-runs"))["count"] == MatchRun.objects.count() == 1


def test_the_list_costs_the_same_for_one_and_for_three() -> None:
    road = matched(make_road())

    def cost() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as queries:
            found = told(ask(road.applicant, "GET", "recommendations"))
        return len(found["items"]), len(queries)

    _, once = cost()
    for _n in range(2):
        outcome = road.slot.outcomes.get()
        SlotFactory(agreement=road.slot.agreement, outcomes=[(outcome.competency_id, 1, 3)])
    matched(road)
    assert cost() == (3, once)


def test_the_office_reads_how_good_the_matching_is() -> None:
    road = matched(make_road())
    address = f"agencies/{road.agency.pk}/match-quality"
    found = told(ask(road.hr, "GET", address))
    assert found["version"]["number"] == 1
    assert found["calibration"]["abstains"] == "too_few_outcomes"
    assert found["calibration"]["curve"] is None
    told(ask(road.applicant, "GET", address), 403)
    stranger = make_road().hr
    told(ask(stranger, "GET", address), 404)
    before = make_road()
    assert told(ask(before.hr, "GET", f"agencies/{before.agency.pk}/match-quality"))["version"] is None


def test_hr_sets_the_ceiling_by_api() -> None:
    road = make_road()
    address = f"agencies/{road.agency.pk}/match-policy"
    assert told(ask(road.hr, "GET", address)) == {"first_place_ceiling": 40, "basis": ""}
    chosen = {"first_place_ceiling": 25, "basis": "SE Wali Kota 12/2026"}
    assert told(ask(road.hr, "PUT", address, chosen)) == chosen
    assert told(ask(road.hr, "GET", address)) == chosen
    told(ask(road.hr, "PUT", address, {"first_place_ceiling": 25}), 422)
    told(ask(road.hr, "PUT", address, chosen | {"first_place_ceiling": 4}), 422)
    told(ask(road.boss, "PUT", address, chosen), 403)
    told(ask(make_road().hr, "PUT", address, chosen), 404)
