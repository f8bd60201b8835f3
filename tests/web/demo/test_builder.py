"""The demo world, written through the services of every room."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from asn.models import ActingPeriod, Agency, Assessment, Correction, Employee
from core.audit import broken_links
from core.models import AuditEvent
from incentives.models import Award, AwardProposal
from partners.models import Agreement, Partner, PartnerVerification, Slot
from partners.states import SlotStatus, VerificationStatus
from placements.models import Application, ChangeTask, LearningHourEntry, LogbookEntry, Placement
from placements.states import ApplicationStatus, PlacementStatus
from web.demo.accounts import demo_accounts
from web.management.commands.verify_invariants import broken_promises

pytestmark = pytest.mark.django_db


def seed(*options: str) -> str:
    out = StringIO()
    call_command("seed_demo", "--size", "small", *options, stdout=out)
    return out.getvalue()


def test_small_world_is_whole_and_keeps_every_promise() -> None:
    assert "5 cities" in seed()

    assert Agency.objects.filter(is_demo=True).count() == 5
    assert 230 <= Employee.objects.count() <= 290
    assert Partner.objects.count() == 62
    status = Slot.objects.values_list("status", flat=True)
    assert list(status).count(SlotStatus.PUBLISHED) >= 30
    today = timezone.localdate()
    assert Assessment.objects.filter(valid_until__lt=today).exists()
    assert Agreement.objects.filter(ends_on__range=(today, today + timedelta(days=30))).exists()
    assert PartnerVerification.objects.filter(status=VerificationStatus.PENDING).count() == 12
    states = set(Application.objects.values_list("status", flat=True))
    assert {
        ApplicationStatus.AWAITING_CLEARANCE,
        ApplicationStatus.SUBMITTED,
        ApplicationStatus.SHORTLISTED,
        ApplicationStatus.APPROVED,
        ApplicationStatus.ACCEPTED,
        ApplicationStatus.OFFERED,
        ApplicationStatus.WAITLISTED,
    } <= states
    assert set(ActingPeriod.objects.values_list("capacity", flat=True)) == {"plt", "plh", "delegate"}
    assert {"submitted", "refused"} == set(Correction.objects.values_list("status", flat=True))
    assert ChangeTask.objects.filter(status="open").exists()
    assert Slot.objects.filter(held_seats=1, status=SlotStatus.FULL).exists()
    assert Slot.objects.filter(reserved_seats=2, reserve_until__gt=today, status=SlotStatus.PUBLISHED).exists()
    finished = Placement.objects.filter(status=PlacementStatus.COMPLETED)
    assert finished.count() >= 10
    assert Placement.objects.filter(status=PlacementStatus.ACTIVE).exists()
    assert LogbookEntry.objects.filter(status="submitted").exists()
    assert LearningHourEntry.objects.filter(counted_hours__gt=0).exists()
    assert AwardProposal.objects.filter(status="proposed").exists()
    assert Award.objects.exists()
    assert {promise: rows for promise, rows in broken_promises().items() if rows} == {}
    assert not list(broken_links())

    again = seed("--seed", "5")
    assert "already" in again
    assert Agency.objects.count() == 5
    assert AuditEvent.objects.filter(action="asn.import_employees").count() == 5


def test_accounts_open_the_door_and_nobody_elses_do() -> None:
    with pytest.raises(CommandError):
        call_command("demo_accounts")
    seed()
    accounts = demo_accounts()
    assert len(accounts) == 17
    for account in accounts:
        assert authenticate(username=account.username, password=account.password), account.username
    usable = [user for user in User.objects.all() if user.has_usable_password()]
    assert {user.username for user in usable} == {account.username for account in accounts}
    out = StringIO()
    call_command("demo_accounts", "--json", stdout=out)
    assert json.loads(out.getvalue())[0].keys() == {"role", "city", "username", "password", "name"}
    call_command("demo_accounts")


def test_same_seed_gives_the_same_ids() -> None:
    seed("--seed", "3")
    first = set(Slot.objects.values_list("pk", "title"))
    from web.demo.builder import _Builder
    from web.demo.world import plan

    world = plan(seed=3, size="small", today=timezone.localdate())
    builder = _Builder(world, lambda _: None)
    assert first == {(builder.pk(slot.key), slot.title) for slot in world.slots}
