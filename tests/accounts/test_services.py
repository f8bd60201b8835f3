from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import services
from accounts.models import ApiToken, User
from core.errors import Invalid, NotAllowed, NotFound
from core.models import AuditEvent
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyMembershipFactory

pytestmark = pytest.mark.django_db


def test_create_user_with_a_password() -> None:
    user = services.create_user(username="sri", email="sri@example.com", name="Sri  Lestari", password="kopi-tubruk-12")
    assert user.check_password("kopi-tubruk-12")
    assert AuditEvent.objects.get().action == "accounts.create_user"


def test_create_user_without_a_password_cannot_sign_in() -> None:
    assert not services.create_user(username="sri", email="", name="Sri").has_usable_password()


def test_import_users_opens_all_or_none() -> None:
    Row = services.UserRow
    rows = [Row(username="sri", name="Sri", password="kopi-tubruk-12"), Row(username="budi", name="Budi")]
    with pytest.raises(Invalid) as caught:
        services.import_users(rows=[*rows, Row(username="SRI", name="Sri lain")])
    assert (caught.value.code, caught.value.field, caught.value.params["row"]) == ("username_taken", "3.username", 3)
    assert not User.objects.exists()
    services.import_users(rows=rows)
    assert [user.has_usable_password() for user in User.objects.order_by("pk")] == [True, False]
    assert AuditEvent.objects.get().after == {"rows": 2}
    with pytest.raises(NotAllowed):
        services.import_users(actor=UserFactory.create(), rows=rows)


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"username": ""}, "text_missing", "username"),
        ({"username": "sri lestari"}, "username_invalid", "username"),
        ({"username": "LAMA"}, "username_taken", "username"),
        ({"email": "bukan-surel"}, "email_invalid", "email"),
        ({"email": "Lama@example.com"}, "email_taken", "email"),
        ({"name": "x" * 161}, "text_too_long", "name"),
        ({"name": "a\x00b"}, "text_control", "name"),
        ({"password": "12345678901"}, "password_weak", "password"),
        ({"language": "xx"}, "language_unknown", "language"),
    ],
)
def test_create_user_refuses(given: dict[str, str], code: str, field: str) -> None:
    UserFactory(username="lama", email="lama@example.com")
    with pytest.raises(Invalid) as refusal:
        services.create_user(**{"username": "baru", "email": "baru@example.com", "name": "Baru", **given})  # type: ignore[arg-type]
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert User.objects.count() == 1
    assert not AuditEvent.objects.exists()


def test_only_those_who_look_after_people_open_accounts() -> None:
    with pytest.raises(NotAllowed):
        services.create_user(actor=UserFactory(), username="baru", email="", name="Baru")
    hr = AgencyMembershipFactory().user
    assert services.create_user(actor=hr, username="baru", email="", name="Baru").pk


def test_a_token_is_shown_once_and_kept_as_a_digest() -> None:
    user = UserFactory()
    token, plain = services.issue_token(actor=user, label="laporan")
    assert plain not in str(token.__dict__)
    assert services.authenticate_token(plain) == user
    assert services.authenticate_token(plain + "x") is None
    assert AuditEvent.objects.get().action == "accounts.issue_token"


def test_an_expired_revoked_or_closed_token_opens_nothing() -> None:
    user = UserFactory()
    token, plain = services.issue_token(actor=user, label="laporan", days=1)
    assert services.authenticate_token(plain, now=timezone.now() + timedelta(days=2)) is None
    services.revoke_token(actor=user, token_id=token.pk)
    services.revoke_token(actor=user, token_id=token.pk)
    assert services.authenticate_token(plain) is None
    assert AuditEvent.objects.filter(action="accounts.revoke_token").count() == 1
    _, other = services.issue_token(actor=user, label="lain")
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert services.authenticate_token(other) is None


def test_last_use_is_noted_but_not_at_every_request() -> None:
    token, plain = services.issue_token(actor=UserFactory(), label="laporan")
    noon = timezone.now()
    for minutes, seen in ((0, 0), (1, 0), (10, 10)):
        services.authenticate_token(plain, now=noon + timedelta(minutes=minutes))
        assert ApiToken.objects.get(pk=token.pk).last_used_at == noon + timedelta(minutes=seen)


@pytest.mark.parametrize("days", [0, 366])
def test_token_days_have_a_range(days: int) -> None:
    with pytest.raises(Invalid, match="token_days_range"):
        services.issue_token(actor=UserFactory(), label="laporan", days=days)


def test_nobody_revokes_a_neighbours_token() -> None:
    token, _ = services.issue_token(actor=UserFactory(), label="laporan")
    with pytest.raises(NotFound):
        services.revoke_token(actor=UserFactory(), token_id=token.pk)
