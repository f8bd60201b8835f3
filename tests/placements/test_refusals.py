"""Bad input and wrong people: each refusal has a code, names the field, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from asn.states import EmployeeStatus
from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from core.models import AuditEvent, OutboxEvent
from partners.models import Agreement, Slot
from placements import services
from placements.models import Application, Decision, LogbookEntry, Placement
from placements.selectors import start_checklist
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyMembershipFactory, AssessmentFactory, EmployeeFactory
from tests.factories.partners import PartnerMembershipFactory, SlotFactory, SlotPrerequisiteFactory
from tests.factories.placements import MOTIVATION, letter_file, make_road

pytestmark = pytest.mark.django_db


def written() -> list[int]:
    return [m.objects.count() for m in (Application, Decision, Placement, LogbookEntry, AuditEvent, OutboxEvent)]


def refused(error: type[DomainError], code: str, call: Callable[[], Any], field: str = "") -> DomainError:
    """The call raises exactly this and leaves nothing behind."""
    before = written()
    with pytest.raises(error) as caught:
        call()
    assert (caught.value.code, caught.value.field) == (code, field)
    assert written() == before
    return caught.value


@pytest.mark.parametrize(
    ("given", "error", "code", "field"),
    [
        ({"consent": False}, Invalid, "consent_required", "consent"),
        ({"motivation": "mau"}, Invalid, "motivation_required", "motivation"),
        ({"has_conflict": True}, Invalid, "conflict_note_required", "conflict_note"),
    ],
)
def test_what_an_application_must_say(given: dict[str, Any], error: type[DomainError], code: str, field: str) -> None:
    road = make_road()
    refused(error, code, lambda: road.apply(**given), field)


@pytest.mark.parametrize(
    ("slot", "code"),
    [
        ({"full": True}, "slot_full"),
        ({"closed": True}, "slot_closed"),
        ({"paused": True}, "slot_closed"),
    ],
)
def test_slots_that_take_no_application(slot: dict[str, Any], code: str) -> None:
    road = make_road()
    Slot.objects.filter(pk=road.slot.pk).update(
        status=next(iter(slot)),
        pause_cause="partner" if "paused" in slot else "",
        filled_seats=road.slot.seats if "full" in slot else 0,
    )
    # an application drafted while the slot was open
    application = Application.objects.create(
        agency=road.agency, employee=road.employee, slot=road.slot, motivation=MOTIVATION
    )
    refused(
        Conflict,
        code,
        lambda: services.submit_application(actor=road.applicant, application_id=application.pk, consent=True),
    )


def test_the_deadline_ends_with_the_local_day() -> None:
    palu = make_road(agency=None)
    palu.agency.time_zone = "Asia/Makassar"
    palu.agency.save()
    draft = services.save_draft(actor=palu.applicant, slot_id=palu.slot.pk, motivation=MOTIVATION)
    late = palu.at(palu.slot.apply_by, 23) + timedelta(hours=1)
    error = refused(
        Conflict,
        "deadline_past",
        lambda: services.submit_application(actor=palu.applicant, application_id=draft.pk, consent=True, now=late),
    )
    assert error.params["apply_by"] == palu.slot.apply_by.isoformat()
    services.submit_application(
        actor=palu.applicant, application_id=draft.pk, consent=True, now=late - timedelta(seconds=1)
    )


def test_hard_rules_about_the_person() -> None:
    road = make_road()
    SlotPrerequisiteFactory(slot=road.slot, level=3)
    refused(Conflict, "prerequisite_unmet", road.apply)
    for prerequisite in road.slot.prerequisites.all():
        AssessmentFactory(employee=road.employee, competency=prerequisite.competency, level=3)
    road.employee.status = EmployeeStatus.PROBATION
    road.employee.save()
    refused(Conflict, "employee_not_active", road.apply)
    road.employee.status = EmployeeStatus.ACTIVE
    road.employee.retires_on = road.slot.ends_on
    road.employee.save()
    refused(Conflict, "retires_before_end", road.apply)
    road.employee.retires_on = None
    road.employee.supervisor = None
    road.employee.save()
    with pytest.raises(Conflict, match="supervisor_missing"):
        road.apply()
    assert written()[:4] == [0, 0, 0, 0]  # the only trace: HR is told
    assert OutboxEvent.objects.filter(name="asn.superior_missing").count() == 1


def test_agreement_that_ended_meanwhile() -> None:
    road = make_road()
    Agreement.objects.filter(pk=road.slot.agreement_id).update(ends_on=road.slot.ends_on - timedelta(days=1))
    refused(Conflict, "agreement_not_in_force", road.apply)


def test_second_application_to_the_same_slot() -> None:
    road = make_road()
    road.apply()
    refused(Conflict, "already_applied", road.apply)


def test_decisions_are_taken_once_and_by_the_right_person() -> None:
    road = make_road()
    pk = road.apply().pk
    other_boss = EmployeeFactory(agency=road.agency, with_user=True).user
    refused(NotFound, "not_found", lambda: services.clear_application(actor=other_boss, application_id=pk))
    refused(
        NotAllowed,
        "only_supervisor_decides",
        lambda: services.clear_application(actor=road.applicant, application_id=pk),
    )
    refused(Conflict, "already_decided", lambda: services.approve_application(actor=road.hr, application_id=pk))
    services.clear_application(actor=road.boss, application_id=pk)
    refused(Conflict, "already_decided", lambda: services.clear_application(actor=road.boss, application_id=pk))
    refused(NotAllowed, "only_hr_decides", lambda: services.approve_application(actor=road.boss, application_id=pk))
    refused(NotFound, "not_found", lambda: services.approve_application(actor=road.member, application_id=pk))
    refused(
        Invalid,
        "reason_required",
        lambda: services.reject_application(actor=road.hr, application_id=pk, reason="begitu saja"),
        "reason",
    )
    refused(
        Invalid,
        "note_required",
        lambda: services.reject_application(actor=road.hr, application_id=pk, reason="other"),
        "note",
    )
    services.approve_application(actor=road.hr, application_id=pk)
    refused(
        Conflict,
        "already_decided",
        lambda: services.reject_application(actor=road.hr, application_id=pk, reason="not_eligible"),
    )
    stranger = PartnerMembershipFactory().user
    refused(NotFound, "not_found", lambda: services.accept_application(actor=stranger, application_id=pk))
    refused(NotAllowed, "only_partner_decides", lambda: services.accept_application(actor=road.hr, application_id=pk))


def test_a_supervisor_who_is_hr_decides_only_once() -> None:
    road = make_road()
    AgencyMembershipFactory(agency=road.agency, user=road.boss)
    pk = road.clear().pk
    refused(NotAllowed, "only_hr_decides", lambda: services.approve_application(actor=road.boss, application_id=pk))


def test_nobody_approves_an_application_of_their_own() -> None:
    road = make_road()
    AgencyMembershipFactory(agency=road.agency, user=road.applicant)
    pk = road.clear().pk
    refused(
        NotAllowed, "only_hr_decides", lambda: services.approve_application(actor=road.applicant, application_id=pk)
    )


def test_a_declared_conflict_blocks_approval_until_it_is_decided() -> None:
    road = make_road()
    pk = road.apply(has_conflict=True, conflict_note="Adik saya bekerja di mitra ini").pk
    services.clear_application(actor=road.boss, application_id=pk)
    refused(Conflict, "conflict_undecided", lambda: services.approve_application(actor=road.hr, application_id=pk))
    services.decide_conflict(actor=road.boss, application_id=pk, outcome="controlled")
    refused(
        Conflict,
        "already_decided",
        lambda: services.decide_conflict(actor=road.boss, application_id=pk, outcome="no_conflict"),
    )
    services.approve_application(actor=road.hr, application_id=pk)


def test_pppk_ceiling_is_kept_at_approval() -> None:
    road = make_road(employee={"pppk": True})
    road.clear()
    rival = SlotFactory(
        agreement=road.slot.agreement,
        starts_on=road.slot.ends_on + timedelta(days=1),
        ends_on=road.slot.ends_on + timedelta(days=30),
    )
    second = services.apply_to_slot(actor=road.applicant, slot_id=rival.pk, motivation=MOTIVATION, consent=True)
    services.clear_application(actor=road.boss, application_id=second.pk)
    services.approve_application(actor=road.hr, application_id=second.pk)
    services.accept_application(actor=road.member, application_id=second.pk)
    error = refused(
        Conflict,
        "pppk_ceiling",
        lambda: services.approve_application(actor=road.hr, application_id=road.application.pk),
    )
    assert error.params == {"used": 20, "planned": 20, "limit": 24}


def test_overlapping_placements_are_refused_and_back_to_back_ones_allowed() -> None:
    road = make_road()
    road.accept()
    overlapping = SlotFactory(
        agreement=road.slot.agreement, starts_on=road.slot.ends_on, ends_on=road.slot.ends_on + timedelta(days=9)
    )
    refused(
        Conflict,
        "overlapping_placement",
        lambda: services.apply_to_slot(
            actor=road.applicant, slot_id=overlapping.pk, motivation=MOTIVATION, consent=True
        ),
    )
    following = SlotFactory(
        agreement=road.slot.agreement,
        starts_on=road.slot.ends_on + timedelta(days=1),
        ends_on=road.slot.ends_on + timedelta(days=9),
    )
    services.apply_to_slot(actor=road.applicant, slot_id=following.pk, motivation=MOTIVATION, consent=True)


def test_a_placement_starts_with_its_checklist_and_not_before_its_day() -> None:
    road = make_road()
    road.accept()
    start = lambda: services.start_placement(  # noqa: E731
        actor=road.hr, placement_id=road.placement.pk, now=road.at(road.slot.starts_on)
    )
    error = refused(Conflict, "checklist_incomplete", start)
    assert "surat" in error.params["missing"].lower() or "letter" in error.params["missing"].lower()
    refused(
        Invalid,
        "file_not_pdf",
        lambda: services.record_letter(
            actor=road.hr,
            placement_id=road.placement.pk,
            number="1",
            letter_date=road.slot.starts_on,
            signer="Sekda",
            file=letter_file(content=b"<html>bukan surat</html>"),
        ),
        "file",
    )


def test_not_before_the_first_day() -> None:
    road = make_road()
    road.prepare()
    refused(
        Conflict,
        "not_yet_starting",
        lambda: services.start_placement(
            actor=road.hr, placement_id=road.placement.pk, now=road.at(road.slot.starts_on - timedelta(days=1))
        ),
    )


def test_logbook_stays_inside_the_period_and_out_of_the_future() -> None:
    road = make_road()
    road.start()

    def log(day: Any, **kw: Any) -> Any:
        return services.record_logbook_entry(
            actor=road.applicant,
            placement_id=road.placement.pk,
            entry_date=day,
            **{"hours": Decimal(4), "activity": "Mengolah data layanan", "now": road.at(road.slot.starts_on), **kw},
        )

    refused(Invalid, "date_outside_period", lambda: log(road.slot.starts_on - timedelta(days=1)), "entry_date")
    refused(Invalid, "date_in_future", lambda: log(road.slot.starts_on + timedelta(days=1)), "entry_date")
    refused(Invalid, "hours_out_of_range", lambda: log(road.slot.starts_on, hours=Decimal(25)), "hours")
    refused(Invalid, "activity_required", lambda: log(road.slot.starts_on, activity="kerja"), "activity")


def test_completion_needs_the_period_and_the_evidence() -> None:
    road = make_road()
    road.start()
    assert road.mentor.user is not None
    mentor = road.mentor.user
    end = road.at(road.slot.ends_on)
    refused(
        Conflict,
        "period_not_over",
        lambda: services.complete_placement(actor=mentor, placement_id=road.placement.pk, now=end - timedelta(days=1)),
    )
    refused(
        Conflict,
        "evidence_incomplete",
        lambda: services.complete_placement(actor=mentor, placement_id=road.placement.pk, now=end),
    )
    refused(
        NotAllowed,
        "only_host_or_hr",
        lambda: services.complete_placement(actor=road.applicant, placement_id=road.placement.pk, now=end),
    )


def test_a_neighbour_sees_nothing() -> None:
    road = make_road()
    road.start()
    for stranger in (
        UserFactory(),
        AgencyMembershipFactory().user,
        PartnerMembershipFactory().user,
        EmployeeFactory(with_user=True).user,
    ):
        refused(
            NotFound,
            "not_found",
            lambda who=stranger: services.withdraw_application(actor=who, application_id=road.application.pk),
        )
        refused(
            NotFound,
            "not_found",
            lambda who=stranger: services.start_placement(actor=who, placement_id=road.placement.pk),
        )


def test_the_checklist_is_what_the_kind_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    road = make_road()
    road.accept()
    asked = road.placement.policy
    assert [item.code for item in start_checklist(road.placement)] == [document.value for document in asked.documents]
    monkeypatch.setattr(Placement, "policy", replace(asked, documents=()))
    assert len(start_checklist(road.placement)) == len(asked.documents), "kept from when the seat was taken"
    road.placement.documents = ["mentor"]
    assert [(item.code, item.done) for item in start_checklist(road.placement)] == [("mentor", True)]
