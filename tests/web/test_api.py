from __future__ import annotations

import pytest
from django.utils import timezone

from tests.api import ask, told
from tests.factories.accounts import UserFactory
from tests.factories.placements import make_road
from web.models import Notification

pytestmark = pytest.mark.django_db


def test_me_says_who_i_am_and_what_waits() -> None:
    road = make_road()
    road.apply()
    boss = told(ask(road.boss, "GET", "me"))
    assert boss["roles"] == ["employee", "signed_in", "supervisor"]
    assert (boss["employee_id"], boss["waiting"]["clearance"]) == (str(road.supervisor.pk), 1)
    hr = told(ask(road.hr, "GET", "me"))
    assert hr["agencies"] == [{"agency_id": str(road.agency.pk), "agency": road.agency.name, "role": "hr"}]
    assert hr["waiting"]["approval"] == 0
    member = told(ask(road.member, "GET", "me"))
    assert member["partners"][0]["partner"] == road.slot.partner.name
    assert told(ask(road.mentor.user, "GET", "me"))["mentor_id"] == str(road.mentor.pk)


def test_notifications_are_listed_for_their_owner_only() -> None:
    user = UserFactory()
    for n in range(3):
        Notification.objects.create(
            user=user, event_key=str(n), code="application_cleared", read_at=timezone.now() if n else None
        )
    assert told(ask(user, "GET", "me"))["unread"] == 1
    assert told(ask(user, "GET", "notifications", query={"unread": True}))["count"] == 1
    assert told(ask(user, "GET", "notifications", query={"unread": False}))["count"] == 2
    assert told(ask(UserFactory(), "GET", "notifications"))["count"] == 0


def test_a_notification_is_read_once_and_by_its_owner_only() -> None:
    user = UserFactory()
    rows = [Notification.objects.create(user=user, event_key=str(n), code="application_cleared") for n in range(3)]
    path = f"notifications/{rows[0].pk}/read"
    told(ask(UserFactory(), "POST", path), 404)
    read = told(ask(user, "POST", path))
    assert told(ask(user, "POST", path))["read_at"] == read["read_at"]
    assert told(ask(user, "POST", "notifications/read")) == {"marked": 2}
    assert told(ask(user, "GET", "me"))["unread"] == 0
