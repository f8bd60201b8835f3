from __future__ import annotations

import pytest

from tests.api import ask, told
from tests.factories.asn import CompetencyFactory, EmployeeFactory
from tests.factories.mentors import MentorFactory
from tests.factories.partners import PartnerMembershipFactory, SlotFactory

pytestmark = pytest.mark.django_db


def test_a_partner_names_a_mentor_and_ties_it_to_a_slot() -> None:
    slot = SlotFactory(draft=True)
    member = PartnerMembershipFactory(partner=slot.partner).user
    CompetencyFactory(code="TEK-A")
    mentor = told(
        ask(
            member,
            "POST",
            "mentors",
            {"partner_id": slot.partner_id, "name": "Ibu Ratna", "email": "ratna@example.com", "capacity": 2},
        ),
        201,
    )
    path = f"mentors/{mentor['id']}"
    assert "email" not in mentor
    changed = told(ask(member, "PUT", path, {"name": "Ibu Ratna Dewi", "occupation": "Analis", "is_active": True}))
    assert changed["name"] == "Ibu Ratna Dewi"
    knows = told(ask(member, "PUT", f"{path}/expertise", {"expertise": [{"competency": "TEK-A", "level": 4}]}))
    assert knows["expertise"] == [{"competency": "TEK-A", "level": 4}]
    windows = {"windows": [{"weekday": 1, "starts_at": "09:00", "ends_at": "11:00"}]}
    assert told(ask(member, "PUT", f"{path}/availability", windows))["availability"] == [
        {"weekday": 1, "starts_at": "09:00:00", "ends_at": "11:00:00"}
    ]

    off = windows | {"days_off": [{"starts_on": "2027-03-01", "ends_on": "2027-03-02"}], "time_zone": "Asia/Makassar"}
    answer = told(ask(member, "PUT", f"{path}/availability", off))
    assert (answer["days_off"], answer["time_zone"]) == (off["days_off"], "Asia/Makassar")

    tied = told(ask(member, "POST", f"slots/{slot.pk}/mentors", {"mentor_id": mentor["id"]}), 201)
    assert tied["name"] == "Ibu Ratna Dewi"
    assert told(ask(member, "GET", f"slots/{slot.pk}/mentors")) == [tied]
    assert told(ask(member, "GET", "mentors", query={"competency": "TEK-A"}))["count"] == 1
    assert ask(member, "DELETE", f"slots/{slot.pk}/mentors/{mentor['id']}").status_code == 204
    assert told(ask(member, "GET", f"slots/{slot.pk}/mentors")) == []


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    mentor = MentorFactory(with_user=True)
    windows = {"windows": [{"weekday": 1, "starts_at": "11:00", "ends_at": "09:00"}]}
    answer = told(ask(mentor.user, "PUT", f"mentors/{mentor.pk}/availability", windows), 422)
    assert (answer["code"], answer["field"]) == ("ends_before_start", "availability")
    bad_day = {"windows": [{"weekday": 8, "starts_at": "09:00", "ends_at": "11:00"}]}
    answer = told(ask(mentor.user, "PUT", f"mentors/{mentor.pk}/availability", bad_day), 422)
    assert answer["errors"][0]["field"] == "windows.0.weekday"


def test_employees_see_the_mentors_of_the_slots_they_see() -> None:
    slot = SlotFactory()
    mentor = MentorFactory(partner=slot.partner, email="ratna@example.com")
    slot.slot_mentors.create(agency=slot.agency, mentor=mentor)
    MentorFactory()
    employee = EmployeeFactory(agency=slot.agency, with_user=True)
    listed = told(ask(employee.user, "GET", "mentors"))
    assert [m["name"] for m in listed["items"]] == [mentor.name]
    assert "ratna@" not in str(listed)
