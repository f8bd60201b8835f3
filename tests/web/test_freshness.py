"""Whether offers still stand: asked once, paused by age, opened by a confirmation, answered by the link of a mail."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from asn.services import set_deadlines
from core import outbox
from core.errors import Conflict, Invalid
from core.models import OutboxEvent
from partners import services
from partners.models import PartnerMembership, Slot
from tests.api import ask, told
from tests.factories.accounts import UserFactory
from tests.factories.partners import PartnerMembershipFactory
from tests.factories.placements import Road, make_road
from tests.web.agency import signed_in
from tests.web.forms import forms_of
from web.models import Notification
from web.sending import FIELD

pytestmark = pytest.mark.django_db


def aged(days: int, **slot: Any) -> Road:
    """A published slot that was confirmed so many days ago."""
    road = make_road(**slot)
    Slot.objects.filter(pk=road.slot.pk).update(confirmed_at=timezone.now() - timedelta(days=days))
    road.slot = Slot.objects.select_related("agency").get(pk=road.slot.pk)
    return road


def state(road: Road) -> tuple[str, str]:
    row = Slot.objects.get(pk=road.slot.pk)
    return row.status, row.pause_cause


def link_for(road: Road) -> str:
    """The link in the mail of the member."""
    services.tend_freshness()
    outbox.drain()
    (sent,) = [one for one in mail.outbox if one.to == [road.member.email]]
    found = re.search(r"https?://[^/]+(/answer/\S+)", sent.body)
    assert found is not None
    return found[1]


def asked() -> int:
    return Notification.objects.filter(code="slot_to_confirm").count()


@pytest.mark.parametrize(
    ("days", "expected"), [(29, (0, "published", "")), (30, (1, "published", "")), (400, (1, "published", ""))]
)
def test_asked_after_thirty_days_and_never_paused_unasked(days: int, expected: tuple[int, str, str]) -> None:
    road = aged(days)
    for _ in range(2):  # a sweep that runs twice asks and pauses nothing twice
        services.tend_freshness()
        outbox.drain()
    assert (asked(), *state(road)) == expected
    assert OutboxEvent.objects.filter(name="partners.slot_stale").count() == expected[0]
    assert Slot.objects.needing_confirmation().filter(pk=road.slot.pk).exists() == (days >= 30)
    assert Slot.objects.get(pk=road.slot.pk).needs_confirmation == (days >= 30)


def let_it_go_stale(road: Road) -> None:
    """Asked, and not answered in the fifteen days that are left."""
    services.tend_freshness(now=timezone.now() - timedelta(days=15))
    services.tend_freshness()


def test_paused_as_long_after_the_question_as_the_city_allows() -> None:
    road = aged(50)
    services.tend_freshness()
    now = timezone.now()
    services.tend_freshness(now=now + timedelta(days=14))
    assert state(road) == ("published", "")
    services.tend_freshness(now=now + timedelta(days=15, minutes=1))
    assert state(road) == ("paused", "stale")


@pytest.mark.parametrize("who", ["member", "hr"])
def test_whoever_opens_it_again_confirms_it(who: str) -> None:
    road = aged(50)
    let_it_go_stale(road)
    services.resume_slot(actor=getattr(road, who), slot_id=road.slot.pk)
    for _ in range(2):
        services.tend_freshness()
    assert state(road) == ("published", "")
    assert not Slot.objects.get(pk=road.slot.pk).needs_confirmation


def test_a_seat_that_comes_free_in_an_old_slot_is_asked_about_first() -> None:
    road = aged(50)
    Slot.objects.filter(pk=road.slot.pk).update(status="full", filled_seats=road.slot.seats)
    services.tend_freshness()
    assert state(road) == ("full", "")
    Slot.objects.filter(pk=road.slot.pk).update(status="published", filled_seats=0)
    services.tend_freshness()
    outbox.drain()
    assert (asked(), *state(road)) == (1, "published", "")


def test_a_link_says_that_a_colleague_has_answered_meanwhile() -> None:
    road = aged(31)
    address = link_for(road)
    services.confirm_slot(actor=road.member, slot_id=road.slot.pk)
    for answer in (Client().get(address), Client().post(address, {"decision": "pause"})):
        assert answer.status_code == 410
        assert "sudah dijawab" in answer.content.decode()
    assert state(road) == ("published", "")


def test_a_slot_confirmed_while_the_sweep_waits_for_its_row_is_not_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    from partners.services import freshness

    road = aged(50)
    services.tend_freshness(now=timezone.now() - timedelta(days=15))
    judge = freshness._pause_stale

    def rival(**given: Any) -> bool:
        services.confirm_slot(actor=road.member, slot_id=road.slot.pk)
        return judge(**given)

    monkeypatch.setattr(freshness, "_pause_stale", rival)
    services.tend_freshness()
    assert state(road) == ("published", "")


def test_each_confirmation_begins_a_new_term() -> None:
    road = aged(31)
    services.tend_freshness()
    outbox.drain()
    now = timezone.now()
    services.confirm_slot(actor=road.member, slot_id=road.slot.pk)
    services.tend_freshness(now=now + timedelta(days=29))
    outbox.drain()
    assert asked() == 1
    services.tend_freshness(now=now + timedelta(days=31))
    outbox.drain()
    assert asked() == 2


def test_a_confirmation_opens_what_its_age_has_paused_and_nothing_else() -> None:
    old, paused = aged(50), aged(50)
    services.pause_slot(actor=paused.member, slot_id=paused.slot.pk)
    let_it_go_stale(old)
    assert (state(old), state(paused)) == (("paused", "stale"), ("paused", "partner"))
    for road in (old, paused):
        services.confirm_slot(actor=road.member, slot_id=road.slot.pk)
    assert (state(old), state(paused)) == (("published", ""), ("paused", "partner"))


def test_what_can_no_longer_be_applied_for_is_not_opened_by_a_confirmation() -> None:
    road = aged(50)
    let_it_go_stale(road)
    late = road.at(road.slot.apply_by + timedelta(days=2))
    with pytest.raises(Conflict) as refused:
        services.confirm_slot(actor=road.member, slot_id=road.slot.pk, now=late)
    assert refused.value.code == "apply_by_past"
    assert state(road) == ("paused", "stale")


@pytest.mark.parametrize(("status", "cause"), [("paused", ""), ("published", "stale"), ("paused", "weather")])
def test_the_database_knows_why_a_slot_is_paused(status: str, cause: str) -> None:
    road = make_road()
    with pytest.raises(IntegrityError), transaction.atomic():
        Slot.objects.filter(pk=road.slot.pk).update(status=status, pause_cause=cause)


def test_the_mail_answers_in_one_press_without_signing_in() -> None:
    road = aged(31)
    address = link_for(road)
    visitor = Client()
    page = visitor.get(address)
    assert page.status_code == 200
    assert road.slot.title in page.content.decode()
    assert Slot.objects.get(pk=road.slot.pk).confirmed_at == road.slot.confirmed_at, "looking is not answering"
    (form,) = [form for form in forms_of(page.content.decode(), address) if form.action == address]
    answer = visitor.post(address, {**form.fields, "decision": "stands"})
    assert answer.status_code == 200
    assert not Slot.objects.get(pk=road.slot.pk).needs_confirmation
    again = visitor.post(address, {"decision": "pause"})
    assert again.status_code == 410
    assert state(road) == ("published", "")


def test_the_link_pauses_too_and_is_nobody_elses() -> None:
    road = aged(31)
    address = link_for(road)
    assert signed_in(UserFactory()).post(address, {"decision": "pause"}).status_code == 410
    assert Client().post(address, {"decision": "pause"}).status_code == 200
    assert state(road) == ("paused", "partner")


def test_a_link_that_comes_too_late_or_after_its_person_left_or_to_another_state_changes_nothing() -> None:
    road = aged(31)
    address = link_for(road)
    services.cancel_slot(actor=road.member, slot_id=road.slot.pk, reason="no_capacity")
    refused = Client().post(address, {"decision": "stands"})
    assert refused.status_code == 409
    assert state(road) == ("cancelled", "")
    other = aged(31)
    PartnerMembershipFactory(partner=other.slot.partner, owner=True)
    mail.outbox.clear()
    address = link_for(other)
    PartnerMembership.objects.filter(user=other.member).update(is_active=False)
    assert Client().post(address, {"decision": "pause"}).status_code in (403, 404)
    assert state(other) == ("published", "")


def test_each_member_has_a_link_of_their_own() -> None:
    road = aged(31)
    colleague = PartnerMembershipFactory(partner=road.slot.partner, user=UserFactory(email="rekan@example.id")).user
    link_for(road)
    links = {
        one.to[0]: re.search(r"/answer/([^/\s]+)", one.body)[1]  # type: ignore[index]
        for one in mail.outbox
        if "/answer/" in one.body
    }
    assert set(links) == {road.member.email, colleague.email}
    for token in links.values():
        assert Client().get(reverse("slot_answer", args=[token])).status_code == 200


def test_lists_say_and_filter_what_needs_confirmation() -> None:
    old = aged(31)
    day = old.slot.confirm_by.astimezone(old.agency.zone)
    for user, name in ((old.member, "partner_slots"), (old.hr, "agency_slots")):
        page = signed_in(user).get(reverse(name), {"status": "confirm"}).content.decode()
        assert old.slot.title in page
        assert f"Konfirmasi sebelum {day.day} " in page
    services.confirm_slot(actor=old.member, slot_id=old.slot.pk)
    for user, name in ((old.member, "partner_slots"), (old.hr, "agency_slots")):
        assert old.slot.title not in signed_in(user).get(reverse(name), {"status": "confirm"}).content.decode()
    listed = told(ask(old.member, "GET", "slots", query={"needs_confirmation": True}))
    assert listed["count"] == 0


def test_the_city_sets_its_days_on_a_page_and_by_api() -> None:
    road = aged(20)
    Slot.objects.filter(pk=road.slot.pk).update(reminded_at=timezone.now() - timedelta(days=4))
    client, address = signed_in(road.hr), reverse("agency_settings")
    (form,) = [form for form in forms_of(client.get(address).content.decode(), address) if form.action == address]
    assert form.fields["reminder_days"] == "30"
    assert client.post(address, {**form.fields, "reminder_days": "15", "pause_days": "18"}).status_code == 302
    services.tend_freshness()
    assert state(road) == ("paused", "stale")
    refused = client.post(address, {**form.fields, FIELD: "another", "reminder_days": "20", "pause_days": "20"})
    assert refused.status_code == 422
    assert refused.context["form"].errors["pause_days"]
    path = f"agencies/{road.agency.pk}/deadlines"
    assert told(ask(road.hr, "PUT", path, {"pause_days": 90}))["pause_days"] == 90
    assert told(ask(road.hr, "PUT", path, {"pause_days": 10}), 422)["field"] == "pause_days"
    told(ask(road.member, "PUT", path, {"pause_days": 90}), 403)
    told(ask(make_road().hr, "PUT", path, {"pause_days": 90}), 404)
    with pytest.raises(Invalid):
        set_deadlines(actor=road.hr, agency_id=road.agency.pk, clearance_days=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        type(road.agency).objects.filter(pk=road.agency.pk).update(reminder_days=90)
