"""The story "slot to award", through the services and a drained outbox."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from core import audit, outbox
from core.models import AuditEvent, OutboxDelivery
from incentives import services as incentives
from incentives.models import Award, AwardProposal, PointEntry
from partners import services as partners
from partners.permissions import get_visible_slot, visible_slots
from placements.models import Application, Certificate, LearningHourEntry
from placements.selectors import jp_account, timeline
from placements.states import ApplicationStatus, CertificateKind, PlacementStatus
from tests.factories.placements import Road, make_road
from web.management.commands.verify_invariants import broken_promises

pytestmark = pytest.mark.django_db


def with_rule(road: Road) -> Road:
    incentives.create_award_rule(
        actor=road.hr,
        agency_id=road.agency.pk,
        code="penerapan-terbaik",
        name="Piagam Penerapan Terbaik",
        decided_by="Wali Kota",
        document="Piagam",
        points=5,
    )
    return road


@pytest.mark.parametrize(("kind", "hours"), [("internship", 20), ("mentoring", 2)])
def test_from_slot_to_award(kind: str, hours: int) -> None:
    road = with_rule(make_road(**({"mentoring": True} if kind == "mentoring" else {})))

    # When everybody does their part
    placement = road.complete()
    outbox.drain()

    # Then the placement ends with proof,
    assert placement.status == PlacementStatus.COMPLETED
    assert Certificate.objects.get(placement=placement).kind == CertificateKind.COMPLETION
    # the hours count once,
    entry = LearningHourEntry.objects.get(placement=placement)
    assert (entry.hours, entry.counted_hours) == (hours, hours)
    assert jp_account(road.employee, on=entry.occurs_on).counted == hours
    # an award is proposed, checked and granted,
    proposal = AwardProposal.objects.get(placement=placement)
    incentives.verify_proposal(actor=road.hr, proposal_id=proposal.pk)
    award = incentives.grant_award(
        actor=road.hr,
        proposal_id=proposal.pk,
        decree_number="100.3.3.3/8/2026",
        decree_date=road.slot.ends_on + timedelta(days=9),
        signer="Wali Kota",
        now=road.at(road.slot.ends_on + timedelta(days=10)),
    )
    assert Award.objects.get() == award
    assert sorted(PointEntry.objects.values_list("points", flat=True)) == [5, 10]
    # every step names its person, and the trail verifies.
    done = [(i.step, i.who) for i in timeline(Application.objects.get(pk=road.application.pk))]
    assert done == [
        ("employee", road.applicant.name),
        ("supervisor", road.boss.name),
        ("hr", road.hr.name),
        ("partner", road.member.name),
    ]
    assert list(audit.broken_links()) == []
    assert AuditEvent.objects.filter(action="award.granted").count() == 1
    outbox.drain()
    assert not OutboxDelivery.objects.filter(done_at=None).exists()
    assert not any(broken_promises().values())


def test_every_effect_happens_once_however_often_its_task_runs() -> None:
    road = with_rule(make_road())
    road.complete()
    outbox.drain()
    before = (LearningHourEntry.objects.count(), AwardProposal.objects.count(), PointEntry.objects.count())
    assert before == (1, 1, 1)
    # the same deliveries again, as if every message had been heard twice more
    OutboxDelivery.objects.update(done_at=None, attempts=0)
    outbox.drain()
    OutboxDelivery.objects.update(done_at=None, attempts=0)
    outbox.drain()
    assert not OutboxDelivery.objects.exclude(error="").exists()
    assert (LearningHourEntry.objects.count(), AwardProposal.objects.count(), PointEntry.objects.count()) == before


def test_a_cancelled_slot_ends_what_was_on_its_way_and_stays_visible_to_the_applicant() -> None:
    road = make_road()
    road.clear()
    partners.cancel_slot(actor=road.member, slot_id=road.slot.pk, reason="no_capacity")
    outbox.drain()
    application = Application.objects.get(pk=road.application.pk)
    assert (application.status, application.due_at) == (ApplicationStatus.EXPIRED, None)
    assert get_visible_slot(road.applicant, road.slot.pk).status == "cancelled"
    assert not visible_slots(road.boss).filter(pk=road.slot.pk).exists()


BREAKAGES = {
    "seats": "UPDATE partners_slot SET filled_seats = 2",
    "hours": "UPDATE asn_agency SET pppk_contract_hours = 10",
    "status follows": "UPDATE placements_application SET attempt = 2",
    "completed placements": "DELETE FROM placements_certificate",
    "outbox": "UPDATE core_outboxdelivery SET done_at = NULL, available_at = now() - interval '2 hours'",
    "audit": "ALTER TABLE core_auditevent DISABLE TRIGGER USER; DELETE FROM core_auditevent WHERE sequence = 3",
}


@pytest.mark.parametrize("promise", BREAKAGES)
def test_a_broken_promise_is_found_and_ends_with_exit_status_1(
    promise: str, capsys: pytest.CaptureFixture[str]
) -> None:
    road = make_road(employee={"pppk": True})
    road.complete()
    outbox.drain()
    call_command("verify_invariants", "--json")
    assert json.loads(capsys.readouterr().out)["ok"] is True
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(BREAKAGES[promise])
    with pytest.raises(SystemExit) as ended:
        call_command("verify_invariants", "--json")
    assert ended.value.code == 1
    broken = json.loads(capsys.readouterr().out)["broken"]
    assert [name.split(":")[0] for name, rows in broken.items() if rows and name.startswith(promise)]
