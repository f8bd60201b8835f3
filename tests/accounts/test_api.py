from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken
from tests.api import ask, told
from tests.factories.accounts import ApiTokenFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_token_is_shown_once_and_opens_the_api_until_it_is_revoked() -> None:
    user = UserFactory()
    issued = told(ask(user, "POST", "tokens", {"label": "  Laporan bulanan ", "days": 30}), 201)
    assert issued["label"] == "Laporan bulanan"
    headers = {"Authorization": f"Bearer {issued['token']}"}
    assert told(Client().get("/api/me", headers=headers))["username"] == user.username

    (listed,) = told(ask(user, "GET", "tokens"))["items"]
    assert (listed["id"], listed["last_used_at"] is not None) == (issued["id"], True)
    assert issued["token"] not in str(listed)
    assert issued["token"] not in ApiToken.objects.get().digest

    revoked = told(ask(user, "POST", f"tokens/{issued['id']}/revoke"))
    assert revoked["revoked_at"] is not None
    assert Client().get("/api/me", headers=headers).status_code == 401


def test_a_token_expires() -> None:
    user = UserFactory()
    issued = told(ask(user, "POST", "tokens", {"label": "Laporan", "days": 1}), 201)
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
        answer = Client().get("/api/me", headers={"Authorization": f"Bearer {issued['token']}"})
        assert answer.status_code == 401


def test_tokens_of_others_are_not_there() -> None:
    theirs = ApiTokenFactory()
    user = UserFactory()
    assert told(ask(user, "GET", "tokens")) == {"items": [], "count": 0}
    told(ask(user, "POST", f"tokens/{theirs.pk}/revoke"), 404)
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_a_closed_account_has_no_token_that_works() -> None:
    user = UserFactory()
    issued = told(ask(user, "POST", "tokens", {"label": "Laporan"}), 201)
    user.is_active = False
    user.save()
    answer = Client().get("/api/me", headers={"Authorization": f"Bearer {issued['token']}"})
    assert answer.status_code == 401
