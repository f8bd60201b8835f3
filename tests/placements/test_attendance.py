"""Workshops: attendance by both sides, JP a day, and the smallest group a slot begins with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from core.models import AuditEvent, OutboxEvent
from core.outbox import drain
from partners import services as partners
from partners.models import Slot
from placements import services
from placements.models import Attendance, LearningHourEntry
from placements.selectors import completion_evidence, start_checklist
from tests.api import ask, told
from tests.assertions import violates
from tests.factories.asn import EmployeeFactory
from tests.factories.partners import PartnerMembershipFactory, days
from tests.factories.placements import Road, letter_file, make_road
from web.models import Notification

pytestmark = pytest.mark.django_db

FIRST, SECOND = days(-3), days(-1)
WORKSHOP: dict[str, Any] = {
    "kind": "workshop",
    "seats": 5,
    "minimum_cohort": 1,
    "starts_on": FIRST,
    "ends_on": SECOND,
    "apply_by": days(-10),
    "meetings": [FIRST, SECOND],
}


def workshop(**slot: Any) -> Road:
    """A workshop of two days that are over, with one participant who may be marked."""
    road = make_road(
        **{**WORKSHOP, "apply_by": days(20), "starts_on": days(40), "ends_on": days(42), "meetings": [], **slot}
    )
    road.prepare()
    _move_to_past(road)
    services.start_placement(actor=road.hr, placement_id=road.placement.pk)
    road.reload()
    return road


def _move_to_past(road: Road) -> None:
    """Applied for in time; now its days are over."""
    for day in (FIRST, SECOND):
        road.slot.meetings.create(agency=road.agency, held_on=day, begins_at="09:00", ends_at="15:00")
    past = {"starts_on": FIRST, "ends_on": SECOND}
    Slot.objects.filter(pk=road.slot.pk).update(apply_by=days(-10), meeting_days=2, **past)
    road.slot = Slot.objects.get(pk=road.slot.pk)
    type(road.placement).objects.filter(pk=road.placement.pk).update(**past)


def mark(road: Road, actor: User | None = None, *, held_on: Any = FIRST, **marks: Any) -> list[Attendance]:
    return services.record_attendance(
        actor=actor or road.member,
        slot_id=road.slot.pk,
        held_on=held_on,
        **(marks or {"present": [road.placement.pk]}),
    )


def refused(kind: type[DomainError], code: str, call: Any) -> DomainError:
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.code == code
    return caught.value


def test_a_day_attended_counts_once_both_sides_have_said_so() -> None:
    road = workshop()
    [row] = mark(road)
    drain()
    assert not LearningHourEntry.objects.exists()
    assert Notification.objects.filter(user=road.applicant, code="attendance_to_confirm").count() == 1
    services.confirm_attendance(actor=road.applicant, attendance_id=row.pk)
    drain()
    for _ in range(3):
        services.credit_day(attendance_id=row.pk)
    entry = LearningHourEntry.objects.get()
    assert (entry.counted_hours, entry.occurs_on, entry.rule.form) == (5, FIRST, "workshop")
    [item] = [item for item in completion_evidence(road.placement) if item.code == "attendance_confirmed"]
    assert (item.done, item.detail) == (False, "1/2"), "the second day has not been recorded"
    [second] = mark(road, held_on=SECOND, absent=[road.placement.pk])
    services.evaluate_placement(actor=road.applicant, placement_id=road.placement.pk, overall=5, applied="Di loket.")
    services.complete_placement(actor=road.member, placement_id=road.placement.pk)
    assert services.credit_day(attendance_id=second.pk) is None
    assert LearningHourEntry.objects.count() == 1


def test_an_absent_mark_may_be_contested_and_the_host_may_give_way_or_stay() -> None:
    road = workshop()
    [row] = mark(road, absent=[road.placement.pk])
    refused(
        Invalid,
        "note_required",
        lambda: services.contest_attendance(actor=road.applicant, attendance_id=row.pk, note=" "),
    )
    services.contest_attendance(actor=road.applicant, attendance_id=row.pk, note="Saya hadir di baris belakang.")
    drain()
    assert Notification.objects.filter(user=road.member, code="attendance_contested").count() == 1
    mark(road, absent=[road.placement.pk])
    row = Attendance.objects.get(pk=row.pk)
    assert row.status == "recorded", "the host stays with it, the participant answers anew"
    services.contest_attendance(actor=road.applicant, attendance_id=row.pk, note="Ada foto bersama.")
    mark(road)
    row = Attendance.objects.get(pk=row.pk)
    assert (row.status, row.is_present) == ("confirmed", True)
    drain()
    assert LearningHourEntry.objects.get().counted_hours == 5
    refused(Conflict, "attendance_agreed", lambda: mark(road, absent=[road.placement.pk]))
    assert mark(road) == [], "the same mark again changes nothing"


def test_attendance_is_refused_with_field_and_remedy() -> None:
    road = workshop()
    other = workshop()
    pk = road.placement.pk
    error = refused(Invalid, "no_meeting_that_day", lambda: mark(road, held_on=days(-2)))
    assert (error.field, error.params["days"]) == ("held_on", f"{FIRST}, {SECOND}")
    error = refused(Invalid, "not_of_this_slot", lambda: mark(road, present=[pk, other.placement.pk]))
    assert error.field == "present"
    assert refused(Invalid, "not_of_this_slot", lambda: mark(road, absent=[other.placement.pk])).field == "absent"
    refused(Invalid, "nobody_marked", lambda: mark(road, present=[]))
    refused(Invalid, "marked_twice", lambda: mark(road, present=[pk], absent=[pk]))
    road.slot.meetings.create(agency=road.agency, held_on=days(5), begins_at="09:00", ends_at="15:00")
    assert refused(Invalid, "meeting_not_held_yet", lambda: mark(road, held_on=days(5))).field == "held_on"
    assert not Attendance.objects.exists()
    plain = make_road()
    refused(
        Conflict,
        "kind_without_meetings",
        lambda: services.record_attendance(actor=plain.member, slot_id=plain.slot.pk, held_on=FIRST, present=[pk]),
    )


def test_who_may_record_and_answer() -> None:
    road = workshop()
    assert road.mentor.user is not None
    for stranger in (PartnerMembershipFactory().user, EmployeeFactory(with_user=True).user):
        refused(NotFound, "not_found", lambda who=stranger: mark(road, who))
    for insider in (road.hr, road.applicant):
        refused(NotAllowed, "only_host", lambda who=insider: mark(road, who))
    [row] = mark(road, road.mentor.user)
    for other in (road.member, road.hr, road.boss):
        refused(
            NotAllowed,
            "only_participant",
            lambda who=other: services.confirm_attendance(actor=who, attendance_id=row.pk),
        )
    PartnerMembershipFactory(partner=road.slot.partner, user=road.applicant)
    refused(NotAllowed, "own_attendance", lambda: mark(road, road.applicant, held_on=SECOND))


def test_the_database_refuses_a_mark_of_another_slots_meeting() -> None:
    road = workshop()
    other = workshop(agency=road.agency)
    [row] = mark(road)
    elsewhere = other.slot.meetings.first()
    with violates("attendance_of_meeting"):
        Attendance.objects.filter(pk=row.pk).update(meeting=elsewhere)
    with violates("attendance_once_a_meeting"):
        Attendance.objects.create(
            agency=road.agency,
            placement=road.placement,
            slot=road.slot,
            meeting=row.meeting,
            is_present=True,
            recorded_by=road.member,
            recorded_at=row.recorded_at,
        )
    with violates("attendance_contested_with_note"):
        Attendance.objects.filter(pk=row.pk).update(status="contested", answered_at=row.recorded_at)


def test_the_api_records_the_group_and_the_participant_answers() -> None:
    road = workshop()
    at = f"slots/{road.slot.pk}/attendance"
    [row] = told(ask(road.member, "POST", at, {"held_on": FIRST.isoformat(), "present": [str(road.placement.pk)]}))
    assert (row["status"], row["held_on"]) == ("recorded", FIRST.isoformat())
    assert told(ask(road.member, "GET", f"{at}?held_on={FIRST}"))["count"] == 1
    refusal = ask(road.member, "POST", at, {"held_on": days(-2).isoformat(), "present": [str(road.placement.pk)]})
    assert (refusal.status_code, refusal.json()["field"]) == (422, "held_on")
    assert FIRST.isoformat() in refusal.json()["remedy"]
    assert told(ask(road.applicant, "POST", f"attendance/{row['id']}/confirm"))["status"] == "confirmed"
    assert ask(road.applicant, "POST", f"attendance/{row['id']}/contest", {"note": "Keliru"}).status_code == 409
    assert len(told(ask(road.hr, "GET", f"placements/{road.placement.pk}/attendance"))) == 1


# The smallest group ---------------------------------------------------------------------------------


def test_too_small_a_group_does_not_begin_unless_the_partner_agrees() -> None:
    road = make_road(
        **{
            **WORKSHOP,
            "minimum_cohort": 3,
            "starts_on": days(0),
            "ends_on": days(2),
            "apply_by": days(0),
            "meetings": [days(0)],
        }
    )
    road.prepare()
    items = {item.code: item for item in start_checklist(road.placement)}
    assert (items["minimum_cohort"].done, str(items["minimum_cohort"].detail)) == (False, "1 dari 3")
    error = refused(
        Conflict,
        "cohort_too_small",
        lambda: services.start_placement(actor=road.hr, placement_id=road.placement.pk),
    )
    assert error.params == {"filled": 1, "needed": 3}
    refused(
        NotAllowed,
        "only_partner_waives",
        lambda: partners.waive_cohort(actor=road.hr, slot_id=road.slot.pk, reason="Boleh"),
    )
    refused(Invalid, "text_missing", lambda: partners.waive_cohort(actor=road.member, slot_id=road.slot.pk, reason=" "))
    partners.waive_cohort(actor=road.member, slot_id=road.slot.pk, reason="Bahan sudah siap.")
    refused(
        Conflict,
        "already_waived",
        lambda: partners.waive_cohort(actor=road.member, slot_id=road.slot.pk, reason="Lagi"),
    )
    event = AuditEvent.objects.get(action="partners.waive_cohort")
    assert event.after == {"filled": 1, "needed": 3, "reason": "Bahan sudah siap."}
    assert services.start_placement(actor=road.hr, placement_id=road.placement.pk).status == "active"


def test_partner_and_hr_are_told_once_that_the_group_is_too_small() -> None:
    road = make_road(
        **{
            **WORKSHOP,
            "minimum_cohort": 3,
            "starts_on": days(1),
            "ends_on": days(2),
            "apply_by": days(-1),
            "meetings": [days(1)],
        }
    )
    enough = make_road(
        **{**WORKSHOP, "starts_on": days(1), "ends_on": days(2), "apply_by": days(-1), "meetings": [days(1)]}
    )
    open_still = make_road(
        **{
            **WORKSHOP,
            "minimum_cohort": 3,
            "starts_on": days(9),
            "ends_on": days(9),
            "apply_by": days(3),
            "meetings": [days(9)],
        }
    )
    for _ in range(3):
        assert partners.tell_short_cohorts() == 1
        drain()
    assert OutboxEvent.objects.filter(name="partners.cohort_short").count() == 1
    for user in (road.member, road.hr):
        assert Notification.objects.filter(user=user, code="cohort_short").count() == 1
    assert not Notification.objects.filter(user__in=(enough.member, open_still.member), code="cohort_short").exists()


# Shadowing: hours by hand -------------------------------------------------------------------------------


def test_hours_of_shadowing_are_a_task_of_hr_until_they_are_entered() -> None:
    road = make_road(kind="shadowing", starts_on=days(40), ends_on=days(42))
    road.complete()
    drain()
    assert not LearningHourEntry.objects.exists()
    assert Notification.objects.filter(user=road.hr, code="hours_to_enter").count() == 1
    at = f"placements/{road.placement.pk}/learning-hours"
    entry = told(ask(road.hr, "POST", at, {"hours": 6, "note": "Tiga hari, catatan pembimbing."}), 201)
    assert (entry["counted_hours"], entry["form"]) == (6, "job_shadowing")
    assert ask(road.hr, "POST", at, {"hours": 6, "note": "Lagi"}).status_code == 409


def test_a_workshop_walks_the_road() -> None:
    road = make_road(
        **{
            **WORKSHOP,
            "starts_on": days(40),
            "ends_on": days(41),
            "apply_by": days(20),
            "meetings": [days(40), days(41)],
        }
    )
    assert road.slot.jp_planned == 10
    assert road.complete().status == "completed"
    drain()
    assert sum(LearningHourEntry.objects.values_list("counted_hours", flat=True)) == 10
    assert road.placement.objectives.count() == 0
    assert road.placement.certificate.issued_on == road.slot.ends_on + timedelta(days=0)


def test_the_letter_is_still_asked_for() -> None:
    road = make_road(
        **{**WORKSHOP, "starts_on": days(0), "ends_on": days(1), "apply_by": days(0), "meetings": [days(0)]}
    )
    road.accept()
    refused(
        Conflict,
        "checklist_incomplete",
        lambda: services.start_placement(actor=road.hr, placement_id=road.placement.pk),
    )
    services.record_letter(
        actor=road.hr,
        placement_id=road.placement.pk,
        number="800.1.4.1/9",
        letter_date=days(0),
        signer="Sekda",
        file=letter_file(),
    )
    refused(
        Conflict,
        "kind_without_plan",
        lambda: services.set_learning_plan(
            actor=road.applicant, placement_id=road.placement.pk, objectives=[("X", 0, 1, "a", "b")]
        ),
    )
