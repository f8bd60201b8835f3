from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from core import outbox
from incentives import services as incentives
from partners.models import Slot
from placements.models import Application, Decision, Placement
from placements.selectors import weeks_of
from tests.api import Multipart, ask, told
from tests.factories.asn import AgencyMembershipFactory, EmployeeFactory
from tests.factories.partners import PartnerMembershipFactory
from tests.factories.placements import MOTIVATION, Road, fill, letter_file, make_road

pytestmark = pytest.mark.django_db


def draft(road: Road, **change: Any) -> dict[str, Any]:
    return {"slot_id": road.slot.pk, "motivation": MOTIVATION, **change}


def applied(road: Road) -> str:
    """The address of an application that the supervisor holds."""
    made = told(ask(road.applicant, "POST", "applications", draft(road)), 201)
    path = f"applications/{made['id']}"
    told(ask(road.applicant, "POST", f"{path}/submit", {"consent": True}))
    return path


@pytest.mark.parametrize("kind", ["internship", "mentoring"])
def test_the_whole_road_through_the_api(kind: str) -> None:
    road = make_road(**({"mentoring": True} if kind == "mentoring" else {}))
    incentives.create_award_rule(
        actor=road.hr,
        agency_id=road.agency.pk,
        code="teladan",
        name="Piagam Teladan",
        decided_by="Wali Kota",
        document="Piagam",
    )
    mentor = road.mentor.user

    # The employee writes a draft, better twice than never, and hands it in with consent
    first = told(ask(road.applicant, "POST", "applications", draft(road, motivation="Ingin belajar")), 201)
    again = told(ask(road.applicant, "POST", "applications", draft(road)), 201)
    assert (again["id"], again["status"]) == (first["id"], "draft")
    path = f"applications/{first['id']}"
    refused = told(ask(road.applicant, "POST", f"{path}/submit", {"consent": False}), 422)
    assert (refused["code"], refused["field"]) == ("consent_required", "consent")
    sent = told(ask(road.applicant, "POST", f"{path}/submit", {"consent": True}))
    assert (sent["status"], sent["consent_at"] is not None) == ("awaiting_clearance", True)

    # Supervisor, HR and partner decide, each once
    assert "clear" in told(ask(road.boss, "GET", f"{path}/actions"))["actions"]
    assert told(ask(road.boss, "POST", f"{path}/clear", {}))["status"] == "submitted"
    second = told(ask(road.boss, "POST", f"{path}/clear", {}), 409)
    assert second["code"] == "already_decided"
    assert told(ask(road.hr, "POST", f"{path}/approve", {"note": "Sesuai kebutuhan"}))["status"] == "approved"
    candidate = f"candidates/{first['id']}"
    assert told(ask(road.member, "GET", candidate))["name"] == road.employee.full_name
    placement = told(ask(road.member, "POST", f"{candidate}/accept", {"mentor_id": road.mentor.pk}), 201)
    assert (placement["status"], placement["mentor"]["id"]) == ("preparing", str(road.mentor.pk))
    steps = told(ask(road.applicant, "GET", f"{path}/timeline"))
    assert [(s["step"], s["outcome"], s["who"]) for s in steps] == [
        ("employee", "submitted", road.applicant.name),
        ("supervisor", "cleared", road.boss.name),
        ("hr", "approved", road.hr.name),
        ("partner", "accepted", road.member.name),
    ]

    # The checklist: letter, plan, mentor, agreement
    at = f"placements/{placement['id']}"
    letter = Multipart(
        {
            "number": "800.1.4.1/17/2026",
            "letter_date": (road.slot.starts_on - timedelta(days=2)).isoformat(),
            "signer": "Sekretaris Daerah",
        },
        letter_file(),
    )
    assert told(ask(road.hr, "POST", f"{at}/letter", letter))["has_letter_file"]
    objectives = [
        {"competency": o.competency_id, "from_level": o.from_level, "to_level": o.to_level, "activity": "Dasbor"}
        for o in road.slot.outcomes.all()
    ]
    assert len(told(ask(road.applicant, "PUT", f"{at}/plan", {"objectives": objectives}))) == 1
    assert not all(item["done"] for item in told(ask(road.hr, "GET", f"{at}/checklist")))
    assert told(ask(mentor, "POST", f"{at}/agree-plan"))["plan_agreed_at"] is not None
    assert all(item["done"] for item in told(ask(road.hr, "GET", f"{at}/checklist")))
    early = told(ask(road.hr, "POST", f"{at}/start"), 409)
    assert early["code"] != "not_in_this_state"

    # It runs; its days are logged or its sessions held
    with time_machine.travel(road.at(road.slot.starts_on), tick=False):
        assert told(ask(road.hr, "POST", f"{at}/start"))["status"] == "active"
    with time_machine.travel(road.at(road.slot.ends_on), tick=False):
        _prove(road, at)
        undone = [item["code"] for item in told(ask(mentor, "GET", f"{at}/evidence")) if not item["done"]]
        assert undone == []
        assert told(ask(mentor, "POST", f"{at}/complete"))["status"] == "completed"
    certificate = told(ask(road.applicant, "GET", f"{at}/certificate"))
    assert certificate["kind"] == "completion"

    # Workers credit the hours and propose an award; a decree grants it
    outbox.drain()
    hours = told(
        ask(
            road.applicant,
            "GET",
            f"employees/{road.employee.pk}/learning-hours",
            query={"on": road.slot.ends_on.isoformat()},
        )
    )
    assert hours["counted"] == {"internship": 20, "mentoring": 2}[kind]
    assert [entry["placement_id"] for entry in hours["entries"]] == [placement["id"]]
    (proposal,) = told(ask(road.hr, "GET", "award-proposals"))["items"]
    award_at = f"award-proposals/{proposal['id']}"
    assert told(ask(road.hr, "POST", f"{award_at}/verify"))["status"] == "verified"
    with time_machine.travel(road.at(road.slot.ends_on) + timedelta(days=9), tick=False):
        decree = {
            "decree_number": "100.3.3.3/8/2026",
            "decree_date": (road.slot.ends_on + timedelta(days=2)).isoformat(),
            "signer": "Wali Kota",
        }
        award = told(ask(road.hr, "POST", f"{award_at}/grant", decree), 201)
        told(ask(road.hr, "POST", f"{award_at}/grant", decree), 409)
        day = {"handed_over_on": (road.slot.ends_on + timedelta(days=8)).isoformat()}
        told(ask(road.hr, "POST", f"awards/{award['id']}/hand-over", day))
    (mine,) = told(ask(road.applicant, "GET", "awards"))["items"]
    assert (mine["rule"], mine["decree_number"]) == ("Piagam Teladan", "100.3.3.3/8/2026")
    assert told(ask(road.applicant, "GET", "points"))["items"][0]["points"] == 10


def _prove(road: Road, at: str) -> None:
    mentor = road.mentor.user
    if road.slot.kind == "mentoring":
        body = {"held_on": road.slot.starts_on, "minutes": 90, "agenda": "Membahas rencana dasbor"}
        session = told(ask(road.applicant, "POST", f"{at}/sessions", body), 201)
        assert not session["is_confirmed"]
        assert told(ask(mentor, "POST", f"sessions/{session['id']}/confirm"))["is_confirmed"]
        told(ask(mentor, "POST", f"sessions/{session['id']}/confirm"), 409)
        assert told(ask(road.boss, "GET", f"{at}/sessions"))["count"] == 1
    else:
        weeks = weeks_of(Placement.objects.get())
        for week in range(weeks):
            day = (road.slot.starts_on + timedelta(weeks=week)).isoformat()
            body = {"entry_date": day, "hours": "6.5", "activity": f"Mengolah data pekan {week + 1}"}
            entry = told(ask(road.applicant, "POST", f"{at}/logbook", body), 201)
            if week == 0:
                sent_back = told(ask(mentor, "POST", f"logbook/{entry['id']}/return", {"note": "Rinci lagi"}))
                assert (sent_back["status"], sent_back["reviewer_note"]) == ("returned", "Rinci lagi")
                told(ask(road.applicant, "POST", f"{at}/logbook", body), 201)
            assert told(ask(mentor, "POST", f"logbook/{entry['id']}/verify"))["status"] == "verified"
        assert told(ask(mentor, "GET", f"{at}/logbook", query={"status": "verified"}))["count"] == weeks
    ratings = [{"competency": o.competency_id, "level": o.to_level} for o in road.slot.outcomes.all()]
    told(ask(mentor, "POST", f"{at}/evaluations", {"overall": 5, "strengths": "Teliti", "ratings": ratings}), 201)
    told(ask(road.applicant, "POST", f"{at}/evaluations", {"overall": 4, "applied": "Dasbor layanan"}), 201)
    told(ask(road.applicant, "POST", f"{at}/evaluations", {"overall": 1, "applied": "Tidak ada"}), 409)
    # Participants speak freely: the host reads its own word only
    assert [e["role"] for e in told(ask(mentor, "GET", f"{at}/evaluations"))] == ["mentor"]
    assert len(told(ask(road.hr, "GET", f"{at}/evaluations"))) == 2


def test_before_approval_the_partner_sees_an_alias_and_no_person() -> None:
    road = make_road()
    path = applied(road)
    application = Application.objects.get()
    candidate = f"candidates/{application.pk}"
    told(ask(road.boss, "POST", f"{path}/clear", {"note": "Silakan"}))
    told(ask(road.member, "GET", candidate), 404)
    told(ask(road.hr, "POST", f"{path}/shortlist"))

    shown = told(ask(road.member, "GET", candidate))
    assert (shown["name"], shown["alias"][:2]) == (None, "K-")
    text = str(
        [shown, told(ask(road.member, "GET", "candidates")), told(ask(road.member, "GET", f"{candidate}/timeline"))]
    )
    for secret in (road.employee.name, road.employee.nip, road.boss.name, road.supervisor.name, "Silakan"):
        assert secret not in text
    assert str(road.employee.pk) not in text
    told(ask(road.member, "GET", path), 403)
    told(ask(road.member, "POST", f"{candidate}/accept", {}), 409)

    told(ask(road.hr, "POST", f"{path}/approve", {}))
    named = told(ask(road.member, "GET", candidate))
    assert named["name"] == road.employee.full_name
    assert road.employee.nip not in str(named)


def test_a_member_of_a_partner_who_is_also_an_employee_does_not_read_names_by_the_other_door() -> None:
    road = make_road()
    path = applied(road)
    told(ask(road.boss, "POST", f"{path}/clear", {}))
    told(ask(road.hr, "POST", f"{path}/shortlist"))
    both = EmployeeFactory(agency=road.agency, with_user=True).user
    PartnerMembershipFactory(partner=road.slot.partner, user=both)
    told(ask(both, "GET", path), 404)
    assert told(ask(both, "GET", "applications"))["count"] == 0
    assert told(ask(both, "GET", "candidates"))["items"][0]["name"] is None


def test_a_full_slot_answers_409_and_similar_slots_are_the_remedy() -> None:
    road = make_road()
    made = told(ask(road.applicant, "POST", "applications", draft(road)), 201)
    Slot.objects.filter(pk=road.slot.pk).update(filled_seats=road.slot.seats)
    answer = told(ask(road.applicant, "POST", f"applications/{made['id']}/submit", {"consent": True}), 409)
    assert answer["code"] == "slot_full"
    assert answer["remedy"]
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("who", "verb", "body", "status", "code"),
    [
        ("applicant", "clear", {}, 403, "role_missing"),
        ("hr", "clear", {}, 403, "role_missing"),
        ("member", "approve", {}, 403, "role_missing"),
        ("other_boss", "clear", {}, 404, "not_found"),
        ("other_hr", "approve", {}, 404, "not_found"),
        ("boss", "refuse", {}, 422, "invalid_input"),
        ("boss", "refuse", {"reason": "because"}, 422, "invalid_input"),
        ("boss", "refuse", {"reason": "other"}, 422, "note_required"),
        ("hr", "approve", {}, 409, "already_decided"),
        ("hr", "waitlist", None, 409, "already_decided"),
    ],
)
def test_decisions_by_the_wrong_person_or_at_the_wrong_time(
    who: str, verb: str, body: Any, status: int, code: str
) -> None:
    road = make_road()
    path = applied(road)
    other = EmployeeFactory(with_user=True)
    EmployeeFactory(agency=other.agency, supervisor=other)
    people = {
        "applicant": road.applicant,
        "boss": road.boss,
        "hr": road.hr,
        "member": road.member,
        "other_boss": other.user,
        "other_hr": AgencyMembershipFactory().user,
    }
    before = Decision.objects.count()
    answer = told(ask(people[who], "POST", f"{path}/{verb}", body), status)
    assert answer["code"] == code
    assert Decision.objects.count() == before


def test_return_revise_withdraw_reject_and_decline() -> None:
    road = make_road()
    path = applied(road)
    back = {"reason": "incomplete", "note": "Tambahkan rencana penerapan"}
    assert told(ask(road.boss, "POST", f"{path}/return", back))["status"] == "returned"
    revised = told(ask(road.applicant, "POST", f"{path}/revise"))
    assert (revised["status"], revised["attempt"]) == ("draft", 2)
    told(ask(road.applicant, "POST", f"{path}/submit", {"consent": True}))
    assert told(ask(road.applicant, "POST", f"{path}/withdraw", {}))["status"] == "withdrawn"

    path = applied(road)
    told(ask(road.boss, "POST", f"{path}/clear", {}))
    assert told(ask(road.hr, "POST", f"{path}/waitlist"), 409)["code"] == "seats_are_free"
    fill(road.slot)
    waiting = told(ask(road.hr, "POST", f"{path}/waitlist"))
    assert (waiting["status"], waiting["waitlist_position"]) == ("waitlisted", 1)
    rejected = told(ask(road.hr, "POST", f"{path}/reject", {"reason": "other_candidates"}))
    assert rejected["status"] == "rejected"
    Slot.objects.filter(pk=road.slot.pk).update(filled_seats=0, status="published")

    path = applied(road)
    told(ask(road.boss, "POST", f"{path}/clear", {}))
    told(ask(road.hr, "POST", f"{path}/approve", {}))
    candidate = path.replace("applications", "candidates")
    assert told(ask(road.member, "POST", f"{candidate}/decline", {"reason": "no_capacity"}))["status"] == "declined"
    assert told(ask(road.hr, "GET", "applications", query={"status": "declined"}))["count"] == 1


def test_a_declared_interest_is_decided_before_approval() -> None:
    road = make_road()
    made = told(
        ask(
            road.applicant,
            "POST",
            "applications",
            draft(road, has_conflict=True, conflict_note="Saudara saya direktur"),
        ),
        201,
    )
    path = f"applications/{made['id']}"
    told(ask(road.applicant, "POST", f"{path}/submit", {"consent": True}))
    told(ask(road.boss, "POST", f"{path}/clear", {}))
    assert told(ask(road.hr, "POST", f"{path}/approve", {}), 409)["code"] == "conflict_undecided"
    decided = told(ask(road.boss, "POST", f"{path}/decide-conflict", {"outcome": "controlled"}))
    assert decided["conflict_outcome"] == "controlled"
    told(ask(road.hr, "POST", f"{path}/approve", {}))


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"<html>%PDF-</html>", "file_not_pdf"), (b"MZ\x90\x00", "file_not_pdf")],
)
def test_a_letter_is_a_pdf_by_content(content: bytes, code: str) -> None:
    road = make_road()
    placement = road.accept()
    fields = {"number": "1", "letter_date": road.slot.starts_on.isoformat(), "signer": "Sekda"}
    letter = Multipart(fields, letter_file("surat.pdf", content))
    answer = told(ask(road.hr, "POST", f"placements/{placement.pk}/letter", letter), 422)
    assert (answer["code"], answer["field"]) == (code, "file")
    missing = told(ask(road.hr, "POST", f"placements/{placement.pk}/letter", Multipart(fields, "")), 422)
    assert missing["errors"][0]["field"] == "file"


def test_interrupting_ending_and_not_coming() -> None:
    road = make_road()
    placement = road.start()
    at = f"placements/{placement.pk}"
    told(ask(road.hr, "POST", f"{at}/hold", {"note": ""}), 422)
    assert told(ask(road.hr, "POST", f"{at}/hold", {"note": "Sakit"}))["status"] == "on_hold"
    assert told(ask(road.hr, "POST", f"{at}/resume", {"note": "Sembuh"}))["status"] == "active"
    ended = told(ask(road.hr, "POST", f"{at}/end-early", {"reason": "duty_call"}))
    assert (ended["status"], ended["end_reason"]) == ("ended_early", "duty_call")
    assert told(ask(road.applicant, "GET", f"{at}/certificate"))["kind"] == "statement"

    other = make_road(agency=road.agency)
    absent = other.accept()
    with time_machine.travel(other.at(other.slot.starts_on), tick=False):
        assert told(ask(road.hr, "POST", f"placements/{absent.pk}/no-show", {}))["status"] == "no_show"
    told(ask(road.hr, "GET", f"placements/{absent.pk}/certificate"), 404)


def test_hours_are_reversed_by_a_further_line() -> None:
    road = make_road()
    placement = road.complete()
    outbox.drain()
    manual = told(
        ask(road.hr, "POST", f"placements/{placement.pk}/learning-hours", {"hours": 5, "note": "Seminar"}), 409
    )
    assert manual["code"] == "hours_by_rule"
    account = f"employees/{road.employee.pk}/learning-hours"
    on = {"on": road.slot.ends_on.isoformat()}
    (line,) = told(ask(road.hr, "GET", account, query=on))["entries"]
    reversal = told(ask(road.hr, "POST", f"learning-hours/{line['id']}/reverse", {"note": "Salah orang"}), 201)
    assert (reversal["hours"], reversal["reverses_id"]) == (-20, line["id"])
    assert told(ask(road.hr, "GET", account, query=on))["counted"] == 0
    told(ask(road.hr, "POST", f"learning-hours/{line['id']}/reverse", {"note": "Lagi"}), 409)
    told(ask(road.boss, "GET", account, query=on), 403)


def test_deadlines_are_told_with_their_moment() -> None:
    road = make_road()
    path = applied(road)
    due = datetime.fromisoformat(told(ask(road.applicant, "GET", path))["due_at"])
    last = road.agency.today() + timedelta(days=road.agency.clearance_days + 1)
    assert due.astimezone(road.agency.zone).date() == last
