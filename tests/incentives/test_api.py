from __future__ import annotations

from typing import Any

import pytest

from core import outbox
from incentives.models import Award, AwardProposal
from tests.api import ask, told
from tests.factories.placements import Road, make_road

pytestmark = pytest.mark.django_db

RULE = {
    "code": "penerapan-terbaik",
    "name": "Piagam Penerapan Terbaik",
    "decided_by": "Wali Kota",
    "document": "Piagam",
    "minimum_mentor_rating": "4.5",
    "points": 5,
}


@pytest.fixture
def proposed() -> tuple[Road, str]:
    """A finished placement whose award the worker has proposed, and the address of the proposal."""
    road = make_road()
    told(ask(road.hr, "POST", "award-rules", RULE | {"agency_id": road.agency.pk}), 201)
    road.complete()
    outbox.drain()
    return road, f"award-proposals/{AwardProposal.objects.get().pk}"


def test_rules_are_published_for_everyone_of_the_agency() -> None:
    road = make_road()
    made = told(ask(road.hr, "POST", "award-rules", RULE | {"agency_id": road.agency.pk}), 201)
    assert told(ask(road.applicant, "GET", "award-rules"))["items"] == [made]
    taken = told(ask(road.hr, "POST", "award-rules", RULE | {"agency_id": road.agency.pk}), 409)
    assert (taken["code"], taken["field"]) == ("code_taken", "code")
    bad = told(ask(road.hr, "POST", "award-rules", RULE | {"agency_id": road.agency.pk, "code": "A B"}), 422)
    assert bad["errors"][0]["code"] == "text_pattern"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"decree_number": ""}, "text_too_short", "decree_number"),
        ({"signer": " "}, "text_too_short", "signer"),
        ({"decree_date": None}, "not_a_date", "decree_date"),
    ],
)
def test_no_award_without_number_date_and_signer(
    proposed: tuple[Road, str], change: dict[str, Any], code: str, field: str
) -> None:
    road, path = proposed
    told(ask(road.hr, "POST", f"{path}/verify"))
    decree = {"decree_number": "1", "decree_date": "2026-01-02", "signer": "Wali Kota"} | change
    answer = told(ask(road.hr, "POST", f"{path}/grant", decree), 422)
    assert [(e["code"], e["field"]) for e in answer["errors"]] == [(code, field)]
    assert not Award.objects.exists()


def test_an_award_waits_for_the_check_and_may_be_declined(proposed: tuple[Road, str]) -> None:
    road, path = proposed
    assert told(ask(road.hr, "GET", path))["facts"]["mentor_rating"] == 5
    decree = {
        "decree_number": "1",
        "decree_date": road.agency.today().isoformat(),
        "signer": "Wali Kota",
    }
    assert told(ask(road.hr, "POST", f"{path}/grant", decree), 422)["field"] == "decree_date"
    told(ask(road.applicant, "GET", path), 404)  # not before it is decided
    told(ask(road.applicant, "POST", f"{path}/verify"), 403)
    declined = told(ask(road.hr, "POST", f"{path}/decline", {"reason": "Syarat pangkat belum terpenuhi"}))
    assert declined["status"] == "declined"
    told(ask(road.hr, "POST", f"{path}/verify"), 409)
    assert told(ask(road.hr, "GET", "award-proposals", query={"status": "declined"}))["count"] == 1
