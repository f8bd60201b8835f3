"""Who is told what when a slot is paused, opened again, closed or called off: every role, every state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db.models import F
from django.urls import reverse

from accounts.models import User
from core import outbox
from mentors.models import Mentor
from partners import services as partners
from partners.models import Slot
from placements import services
from placements.concerned import UNDER_WAY, concerned_by
from placements.models import Application, Placement
from placements.states import ApplicationStatus, PlacementStatus
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyMembershipFactory
from tests.factories.partners import PartnerMembershipFactory
from tests.factories.placements import Road, make_road
from tests.web.agency import signed_in
from web import tasks
from web.models import Notification

pytestmark = pytest.mark.django_db

CHANGES: dict[str, Callable[[Road], Any]] = {
    "paused": lambda road: partners.pause_slot(actor=road.member, slot_id=road.slot.pk),
    "resumed": lambda road: partners.resume_slot(actor=road.member, slot_id=road.slot.pk),
    "closed": lambda road: partners.close_slot(actor=road.member, slot_id=road.slot.pk),
    "cancelled": lambda road: partners.cancel_slot(actor=road.member, slot_id=road.slot.pk, reason="no_capacity"),
}


@dataclass
class Cast:
    """One slot with an application in every state and a placement in every state; each by another person."""

    road: Road
    people: dict[str, User] = field(default_factory=dict)

    def told(self, act: Callable[[], Any]) -> dict[str, list[str]]:
        """Who was told what by an act, by the name of the person."""
        outbox.drain()
        Notification.objects.all().delete()
        act()
        outbox.drain()
        names = {user.pk: name for name, user in self.people.items()}
        found: dict[str, list[str]] = {}
        for row in Notification.objects.order_by("code"):
            found.setdefault(names.get(row.user_id, f"somebody else: {row.user}"), []).append(row.code)
        return found


def _user(person: Any) -> User:
    assert person.user is not None
    return person.user  # type: ignore[no-any-return]


@pytest.fixture
def cast() -> Cast:
    road = make_road(seats=40)
    Mentor.objects.filter(pk=road.mentor.pk).update(capacity=20)
    found = Cast(road)
    name = found.people.__setitem__
    now = road.at(road.agency.today())
    # The services bring each of them as far as it goes for all; the state is set.
    for status in ApplicationStatus:
        if status == ApplicationStatus.ACCEPTED:
            continue
        one = road.beside()
        extra: dict[str, Any] = {"status": status}
        if status == ApplicationStatus.DRAFT:
            one.application = services.save_draft(actor=one.applicant, slot_id=one.slot.pk, motivation="")
        elif status == ApplicationStatus.AWAITING_CLEARANCE:
            one.apply()
        else:
            one.clear()
        if status == ApplicationStatus.WAITLISTED:
            extra |= {"waitlist_position": 1}
        if status == ApplicationStatus.OFFERED:
            extra |= {"holds_seat": True, "offered_at": now, "due_at": now}
            Slot.objects.filter(pk=road.slot.pk).update(held_seats=1)
        Application.objects.filter(pk=one.application.pk).update(**extra)
        name(f"application {status}", _user(one.employee))
    for state in PlacementStatus:
        one = road.beside()
        one.prepare()
        extra = {"status": state}
        if state in (PlacementStatus.ENDED_EARLY, PlacementStatus.NO_SHOW):
            extra |= {"ended_at": now, "ended_by": road.hr, "end_reason": "health"}
        if state not in (PlacementStatus.PREPARING, PlacementStatus.NO_SHOW):
            extra |= {"started_at": now, "started_by": road.hr}
        if state == PlacementStatus.COMPLETED:
            extra |= {"completed_at": now, "completed_by": road.hr}
        Placement.objects.filter(pk=one.placement.pk).update(**extra)
        name(f"placement {state}", _user(one.employee))
    # No seat is free: nobody is promoted from the waitlist meanwhile.
    Slot.objects.filter(pk=road.slot.pk).update(seats=F("filled_seats") + F("held_seats"))
    name("supervisor", road.boss)
    name("hr", road.hr)
    name("hr colleague", AgencyMembershipFactory(agency=road.agency).user)
    name("auditor", AgencyMembershipFactory(agency=road.agency, role="auditor").user)
    name("hr elsewhere", AgencyMembershipFactory().user)
    name("member", road.member)
    name("member colleague", PartnerMembershipFactory(partner=road.slot.partner, user=UserFactory()).user)
    name("mentor", _user(road.mentor))
    beside = make_road(agency=road.agency)
    name("hr of another slot", beside.hr)
    name("applicant of another slot", _user(beside.employee))
    return found


def houses(change: str) -> dict[str, list[str]]:
    """Who looks after the slot; the member who did it is not told."""
    news = [f"slot_{change}_news"]
    found = {"hr": news, "hr colleague": news, "member colleague": news, "hr of another slot": news}
    return found | ({"mentor": news} if change == "cancelled" else {})


def expected(change: str) -> dict[str, list[str]]:
    """The whole table of who hears what."""
    found = houses(change)
    if change == "closed":  # a draft ends with it, which is told on its own
        found |= {f"application {status}": ["slot_closed"] for status in UNDER_WAY}
        return found | {"application draft": ["application_expired"]}
    if change != "cancelled":
        return found | {f"application {status}": [f"slot_{change}"] for status in UNDER_WAY}
    found |= {f"application {status}": ["slot_cancelled"] for status in UNDER_WAY}
    kept = ("preparing", "active", "on_hold", "finishing")
    found |= {f"placement {state}": ["place_cancelled"] for state in kept}
    # Somebody in the team waits for a clearance no more; four have a place that is called off.
    return found | {"supervisor": ["clearance_void", *["member_cancelled"] * len(kept)]}


@pytest.mark.parametrize("change", CHANGES)
def test_exactly_those_concerned_are_told(cast: Cast, change: str) -> None:
    if change == "resumed":
        CHANGES["paused"](cast.road)
    told = cast.told(lambda: CHANGES[change](cast.road))
    assert told == expected(change)


def test_the_page_says_beforehand_whom_it_reaches(cast: Cast) -> None:
    concerned = concerned_by(cast.road.slot)
    table = expected("cancelled")
    assert concerned.applicants == sum(who.startswith("application ") for who in table)
    assert concerned.participants == sum(who.startswith("placement ") for who in table)
    page = signed_in(cast.road.member).get(reverse("partner_slot_cancel", args=[cast.road.slot.pk])).content.decode()
    assert f"{concerned.applicants} pelamar" in page
    assert f"{concerned.participants} peserta" in page


@pytest.mark.parametrize(
    ("change", "name", "query"),
    [
        ("cancelled", "placements_under_way", lambda slot: Placement.objects.filter(slot=slot)),
        ("cancelled", "placements_under_way", lambda slot: Placement.objects.none()),
        ("paused", "applications_under_way", lambda slot: Application.objects.filter(slot=slot)),
        ("paused", "applications_under_way", lambda slot: Application.objects.none()),
        ("paused", "_hr", lambda agency_id: User.objects.filter(agency_memberships__agency_id=agency_id)),
        ("paused", "_members", lambda partner_id: User.objects.none()),
        ("cancelled", "_superior", lambda employee: []),
        ("paused", "_last_actor", lambda slot: None),
    ],
)
def test_a_query_that_is_wider_or_dropped_would_be_noticed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, change: str, name: str, query: Callable[..., Any]
) -> None:
    """The twin: each query of recipients widened or taken away gives another table."""
    monkeypatch.setattr(tasks, name, query)
    assert cast.told(lambda: CHANGES[change](cast.road)) != expected(change)


def test_each_change_is_told_anew_and_each_once() -> None:
    road = make_road()
    road.apply()
    for _ in range(2):
        CHANGES["paused"](road)
        outbox.drain()
        CHANGES["resumed"](road)
        outbox.drain()
    codes = list(Notification.objects.filter(user=road.applicant).values_list("code", flat=True))
    assert (codes.count("slot_paused"), codes.count("slot_resumed")) == (2, 2)


def test_what_was_undone_before_it_was_told_is_no_news() -> None:
    road = make_road()
    road.apply()
    CHANGES["paused"](road)
    CHANGES["resumed"](road)
    outbox.drain()
    codes = set(Notification.objects.filter(user=road.applicant).values_list("code", flat=True))
    assert codes & {"slot_paused", "slot_resumed"} == {"slot_resumed"}


def test_a_draft_that_nobody_has_seen_is_called_off_in_silence() -> None:
    road = make_road(draft=True)
    CHANGES["cancelled"](road)
    outbox.drain()
    assert not Notification.objects.exists()


def test_an_application_that_expired_before_is_not_told_again() -> None:
    road = make_road()
    road.apply()
    assert services.expire_applications(now=road.at(road.slot.ends_on)) == 1
    outbox.drain()
    Notification.objects.all().delete()
    CHANGES["cancelled"](road)
    outbox.drain()
    assert not Notification.objects.filter(user=road.applicant).exists()
