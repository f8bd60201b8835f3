"""The language of pages, mails and programs: chosen once, kept with the account, the same page after the switch."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.models import AuditEvent
from tests.api import ask, told
from tests.factories.accounts import UserFactory
from tests.factories.placements import make_road
from tests.web.agency import signed_in
from tests.web.forms import forms_of
from web import services

pytestmark = pytest.mark.django_db
PASSWORD = "rahasia-dan-panjang"


def language_of(answer: object) -> str:
    found = re.search(r'<html lang="(\w+)"', answer.content.decode())  # type: ignore[attr-defined]
    assert found is not None
    return found[1]


def switch(client: Client, address: str, language: str) -> object:
    """Press the switch of a page."""
    form = next(form for form in forms_of(client.get(address).content.decode(), address) if "language" in form.action)
    return client.post(form.action, {**form.fields, "language": language}, follow=True)


def sign_in(user: User) -> Client:
    client = Client()
    answer = client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    assert answer.status_code == 302
    return client


@pytest.fixture
def user() -> User:
    user = UserFactory(email="ratna@example.id")
    user.set_password(PASSWORD)
    user.save()
    return user


def test_the_switch_leads_back_to_the_same_page_with_its_filters() -> None:
    road = make_road()
    client = signed_in(road.hr)
    address = reverse("agency_people") + "?q=ratna&status=active&page=1"
    answer = switch(client, address, "en")
    assert answer.redirect_chain[-1][0] == address
    assert language_of(answer) == "en"
    assert 'value="ratna"' in answer.content.decode()


def test_the_choice_is_kept_with_the_account_and_meets_the_reader_on_another_machine(user: User) -> None:
    client = sign_in(user)
    assert language_of(client.get("/notifications/")) == "id"
    assert language_of(switch(client, "/notifications/", "en")) == "en"
    user.refresh_from_db()
    assert user.language == "en"
    (event,) = AuditEvent.objects.filter(action="accounts.set_language")
    assert (event.actor, event.before, event.after) == (user, {"language": "id"}, {"language": "en"})

    elsewhere = sign_in(user)
    assert language_of(elsewhere.get("/notifications/", headers={"Accept-Language": "id"})) == "en"
    # The twin: a machine where nobody has signed in asks in its own language.
    assert language_of(Client().get("/", headers={"Accept-Language": "id"})) == "id"


def test_mails_and_programs_follow_the_choice(user: User) -> None:
    (row,) = services.notify(
        users=[user], message="member_joined", event_key="x", params={"person": "A", "partner": "B"}
    )
    told(ask(user, "PUT", "me/language", {"language": "en"}))
    services.mail_notification(notification_id=row.pk)
    (sent,) = mail.outbox
    assert sent.subject.endswith("A now acts for B")
    english = told(ask(user, "GET", "slots"), 403)
    told(ask(user, "PUT", "me/language", {"language": "id"}))
    assert told(ask(user, "GET", "slots"), 403)["message"] != english["message"]


def test_another_language_is_refused_and_changes_nothing(user: User) -> None:
    client = sign_in(user)
    client.post(reverse("set_language"), {"language": "fr", "next": "/notifications/"})
    assert language_of(client.get("/notifications/")) == "id"
    refused = told(ask(user, "PUT", "me/language", {"language": "fr"}), 422)
    assert "language" in str(refused)
    user.refresh_from_db()
    assert user.language == "id"
    assert not AuditEvent.objects.filter(action="accounts.set_language").exists()


def test_the_switch_leads_nowhere_else(user: User) -> None:
    answer = sign_in(user).post(reverse("set_language"), {"language": "en", "next": "https://elsewhere.example/"})
    assert "elsewhere" not in answer["Location"]


def test_a_stranger_chooses_for_the_browser_only() -> None:
    client = Client()
    assert language_of(switch(client, reverse("account_login"), "en")) == "en"
    assert client.cookies["django_language"].value == "en"
    assert not AuditEvent.objects.exists()
