"""Rivals for the seats of those who wait, on real PostgreSQL; each guard has a twin without it that fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from partners.models import Slot
from placements import services
from placements.models import Application
from placements.services import applications, waitlist
from tests.factories.asn import AgencyMembershipFactory
from tests.factories.placements import Road, seats_come_free
from tests.placements.test_races import all_at_once
from tests.placements.test_waitlist import offered, queue, states, user_of

pytestmark = pytest.mark.django_db(transaction=True)


def seats_held(road: Road) -> tuple[int, int]:
    """The counter, and the rows it counts."""
    held = Application.objects.filter(slot=road.slot, holds_seat=True).count()
    return Slot.objects.values_list("held_seats", flat=True).get(pk=road.slot.pk), held


def test_twenty_who_promote_at_once_offer_each_seat_once_and_in_order() -> None:
    road, rows = queue(8)
    seats_come_free(road.slot, 5)
    outcome = all_at_once([lambda: services.offer_free_seats(slot_id=road.slot.pk) for _ in range(20)])
    assert outcome == {"ok": 20}
    assert states(rows) == ["offered"] * 5 + ["waitlisted"] * 3
    assert seats_held(road) == (5, 5)


def test_twin_without_the_slots_lock_and_the_door_of_seats_one_seat_is_offered_to_several(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    road, rows = queue(4)
    seats_come_free(road.slot)
    gate = threading.Barrier(4)

    def unlocked(slot_id: Any) -> Slot:
        slot = Slot.objects.select_related("agency", "agreement").get(pk=slot_id)
        with suppress(threading.BrokenBarrierError):
            gate.wait(timeout=10)
        return slot

    monkeypatch.setattr(waitlist, "lock_slot", unlocked)
    monkeypatch.setattr(waitlist.partners, "hold_seat", lambda **_: None)
    all_at_once([lambda: waitlist._offer_next(slot_id=road.slot.pk, now=None) for _ in range(4)])
    assert states(rows).count("offered") > 1


def answers(road: Road, row: Application, rival: Callable[[], Any]) -> list[Callable[[], Any]]:
    return [lambda: services.confirm_offer(actor=user_of(row), application_id=row.pk), rival]


@pytest.mark.parametrize("turn", range(4))
def test_confirming_and_declining_have_one_winner(turn: int) -> None:
    road, rows = offered(2)
    pk, user = rows[0].pk, user_of(rows[0])
    outcome = all_at_once(
        answers(road, rows[0], lambda: services.decline_offer(actor=user, application_id=pk, reason="personal"))
    )
    assert outcome == {"ok": 1, "already_decided": 1}
    assert states(rows) in (["approved", "waitlisted"], ["withdrawn", "offered"])
    assert seats_held(road) == (1, 1)


@pytest.mark.parametrize("turn", range(4))
def test_confirming_and_expiring_have_one_winner(turn: int) -> None:
    """The deadline falls between the two: each sees another side of it, and the row decides."""
    road, rows = offered(2)
    late = timezone.now() + timedelta(days=5)
    outcome = all_at_once(answers(road, rows[0], lambda: services.expire_offers(now=late)))
    assert set(outcome) <= {"ok", "already_decided"}
    assert states(rows) in (["approved", "waitlisted"], ["expired", "offered"])
    assert seats_held(road) == (1, 1)


@pytest.mark.parametrize("turn", range(4))
def test_confirming_and_withdrawing_leak_no_seat(turn: int) -> None:
    """Withdrawing is possible before and after: it always comes last, and the seat goes on."""
    road, rows = offered(2)
    pk, user = rows[0].pk, user_of(rows[0])
    outcome = all_at_once(answers(road, rows[0], lambda: services.withdraw_application(actor=user, application_id=pk)))
    assert outcome["ok"] + outcome["already_decided"] == 2
    assert states(rows) == ["withdrawn", "offered"]
    assert seats_held(road) == (1, 1)


def test_twin_without_the_row_lock_both_win_and_the_seat_is_held_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    road, rows = offered(2)
    pk, user = rows[0].pk, user_of(rows[0])
    gate = threading.Barrier(2)

    def unlocked(actor: Any, application_id: Any) -> Application:
        row = Application.objects.select_related(
            "agency", "employee__agency", "employee__supervisor", "slot__agreement", "slot__partner", "slot__agency"
        ).get(pk=application_id)
        with suppress(threading.BrokenBarrierError):
            gate.wait(timeout=10)
        return row

    monkeypatch.setattr(applications, "lock_application", unlocked)
    outcome = all_at_once(
        answers(road, rows[0], lambda: services.decline_offer(actor=user, application_id=pk, reason="personal"))
    )
    assert outcome["already_decided"] == 0, "nobody was told"


def test_giving_up_and_leaving_the_list_at_once_block_nobody() -> None:
    """One lets the offered seat go while the next in order withdraws: the slot is locked before who waits."""
    for _ in range(4):
        road, rows = offered(3)
        first, second = rows[0], rows[1]
        outcome = all_at_once(
            [
                lambda a=first: services.decline_offer(actor=user_of(a), application_id=a.pk, reason="personal"),
                lambda b=second: services.withdraw_application(actor=user_of(b), application_id=b.pk),
            ]
        )
        assert outcome == {"ok": 2}
        assert states(rows) == ["withdrawn", "withdrawn", "offered"]
        assert seats_held(road) == (1, 1)


def test_two_officers_put_people_on_the_list_at_places_of_their_own() -> None:
    road, rows = queue(0)
    colleague = AgencyMembershipFactory(agency=road.agency).user
    Slot.objects.filter(pk=road.slot.pk).update(status="published", filled_seats=0)
    rows = [road.beside().clear() for _ in range(8)]
    Slot.objects.filter(pk=road.slot.pk).update(status="full", filled_seats=1)
    calls = [
        lambda row=row, actor=actor: services.waitlist_application(actor=actor, application_id=row.pk)
        for row in rows
        for actor in (road.hr, colleague)
    ]
    assert all_at_once(calls) == {"ok": 8, "already_decided": 8}
    positions = Application.objects.filter(slot=road.slot).values_list("waitlist_position", flat=True)
    assert sorted(positions) == list(range(1, 9))
