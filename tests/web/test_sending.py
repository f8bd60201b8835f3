"""The same form twenty times at once, after the back button, after somebody was quicker.

tests/web/test_every_form.py sends each form of each page twice.
"""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.errors import Conflict
from mentors.models import Mentor
from partners import services as partners
from placements import services
from tests.factories.asn import AgencyMembershipFactory
from tests.factories.placements import make_road
from tests.web.forms import Form, forms_of
from web.meanwhile import explained
from web.sending import FIELD


def signed_in(user: User, **headers: str) -> Client:
    client = Client(headers=headers)
    client.force_login(user)
    return client


# The same moment, the back button, and somebody who was quicker


def form_at(client: Client, address: str, **has: str) -> Form:
    """The form of the page that has these fields."""
    (found,) = [f for f in forms_of(client.get(address).content.decode(), address) if set(has.values()) <= set(f.kinds)]
    return found


def at_once(client: Client, address: str, data: dict[str, Any], times: int = 20) -> list[HttpResponse]:
    gate = threading.Barrier(times)

    def send(_: int) -> HttpResponse:
        try:
            gate.wait(timeout=30)
            other = Client()
            other.cookies = client.cookies.copy()
            return other.post(address, data)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(send, range(times)))


@pytest.mark.django_db(transaction=True)
def test_twenty_clicks_at_once_make_one_mentor_and_lead_to_the_same_page() -> None:
    client = signed_in(make_road().member)
    form = form_at(client, reverse("partner_mentor_create"), needed="name")
    before = Mentor.objects.count()
    answers = at_once(client, form.action, form.fields | {"name": "Budi Santoso", "capacity": "3"})
    assert {(a.status_code, a.headers.get("Location")) for a in answers} == {(302, answers[0]["Location"])}
    assert Mentor.objects.count() == before + 1


@pytest.mark.django_db(transaction=True)
def test_without_the_field_each_click_makes_a_mentor() -> None:
    """The twin: the same form without its hidden name."""
    client = signed_in(make_road().member)
    form = form_at(client, reverse("partner_mentor_create"), needed="name")
    data = form.fields | {"name": "Budi Santoso", "capacity": "3"}
    del data[FIELD]
    before = Mentor.objects.count()
    at_once(client, form.action, data)
    assert Mentor.objects.count() == before + 20


@pytest.mark.django_db
def test_after_the_back_button_a_changed_form_is_explained_and_can_be_sent_as_a_new_one() -> None:
    client = signed_in(make_road().member)
    form = form_at(client, reverse("partner_mentor_create"), needed="name")
    data = form.fields | {"name": "Budi Santoso", "capacity": "3"}
    first = client.post(form.action, data)
    before = Mentor.objects.count()
    page = client.post(form.action, data | {"name": "Sri Lestari"})
    assert (page.status_code, page.context["to"], Mentor.objects.count()) == (409, first["Location"], before)
    (anew,) = [f for f in forms_of(page.content.decode(), form.action) if "name" in f.fields]
    assert (anew.fields["name"], anew.fields["capacity"]) == ("Sri Lestari", "3")
    assert anew.fields[FIELD] != data[FIELD]
    assert client.post(anew.action, anew.fields).status_code == 302
    assert Mentor.objects.filter(name="Sri Lestari").count() == 1


@pytest.mark.django_db
def test_a_form_with_errors_keeps_its_name_and_may_be_sent_again() -> None:
    client = signed_in(make_road().member)
    form = form_at(client, reverse("partner_mentor_create"), needed="name")
    assert client.post(form.action, form.fields | {"name": "", "capacity": "3"}).status_code == 422
    assert client.post(form.action, form.fields | {"name": "Budi", "capacity": "3"}).status_code == 302


@pytest.mark.django_db
def test_what_was_said_is_said_again_with_a_word_about_the_second_sending() -> None:
    client = signed_in(make_road().member, **{"Accept-Language": "en"})
    form = form_at(client, reverse("partner_mentor_create"), needed="name")
    data = form.fields | {"name": "Budi", "capacity": "3"}
    client.post(form.action, data)
    words = [str(m) for m in client.post(form.action, data, follow=True).context["messages"]]
    assert "This form arrived more than once; it counted once." in words
    assert len(words) == 3


def test_every_template_that_posts_names_its_form() -> None:
    for path in (Path(settings.BASE_DIR) / "web" / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for start in re.finditer(r'<form[^>]*method="post"', text):
            body = text[start.start() : text.index("</form>", start.start())] if "</form>" in text else ""
            assert "{% csrf_token %}" in body, path


@pytest.mark.django_db
def test_a_decision_taken_meanwhile_is_told_with_who_when_and_what_now() -> None:
    road = make_road()
    pk = road.clear().pk
    colleague = AgencyMembershipFactory(agency=road.agency).user
    client = signed_in(road.hr, **{"Accept-Language": "en"})
    address = reverse("agency_application", args=[pk])
    form = form_at(client, address, needed="reason")
    services.approve_application(actor=colleague, application_id=pk)
    answer = client.post(form.action, form.fields | {"decision": "approve"})
    told = answer.context["problem"]
    assert answer.status_code == 409
    assert colleague.get_full_name() in told.message
    assert "the HR office" in told.message
    assert "Approved, waiting for the partner" in told.message
    assert told.remedy == "The partner has it now; nothing is left to do here."


@pytest.mark.django_db
def test_people_of_another_house_are_told_the_role_only() -> None:
    road = make_road()
    pk = road.clear().pk
    services.reject_application(actor=road.hr, application_id=pk, reason="other_candidates")
    with pytest.raises(Conflict) as refused:
        services.withdraw_application(actor=road.applicant, application_id=pk)
    assert road.hr.get_full_name() in explained(refused.value).message  # an employee of the same agency
    refused.value.asked_by = road.member
    told = explained(refused.value).message
    assert road.hr.get_full_name() not in told
    slot = road.slot.pk
    partners.pause_slot(actor=road.member, slot_id=slot)
    with pytest.raises(Conflict) as paused:
        partners.pause_slot(actor=road.hr, slot_id=slot)
    assert road.member.get_full_name() not in explained(paused.value).message


@pytest.mark.django_db
def test_a_button_without_a_form_around_it_gets_a_page_and_no_bare_refusal() -> None:
    road = make_road()
    client = signed_in(road.member, **{"Accept-Language": "en"})
    partners.pause_slot(actor=road.member, slot_id=road.slot.pk)
    answer = client.post(reverse("partner_slot_pause", args=[road.slot.pk]))
    assert answer.status_code == 409
    assert "You changed it last yourself" in answer.content.decode()
    assert "It takes no applications until it is opened again." in answer.content.decode()
