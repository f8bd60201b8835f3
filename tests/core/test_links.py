"""Links for people without a session: random, of limited time, used once, by the right person."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from core.errors import Gone
from core.links import _digest, make_link, open_link, revoke_links, use_link
from core.models import AccessLink, AuditEvent
from tests.factories.accounts import UserFactory

DAY = timedelta(days=1)


def made(**more: Any) -> tuple[AccessLink, str]:
    return make_link(
        **{"actor": None, "purpose": "join", "subject": UserFactory(), "lasts": DAY, "email": "a@b.id"} | more
    )


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Gone) as refusal:
        act()
    assert refusal.value.status == 410
    return refusal.value.code


@pytest.mark.django_db
def test_a_link_opens_often_and_works_once() -> None:
    link, token = made()
    for _ in range(2):
        assert open_link(token=token, purpose="join") == link
    assert use_link(actor=None, token=token, purpose="join").used_at is not None
    assert refused(lambda: use_link(actor=None, token=token, purpose="join")) == "link_used"
    assert refused(lambda: open_link(token=token, purpose="join")) == "link_used"


@pytest.mark.django_db
def test_only_its_digest_is_kept() -> None:
    link, token = made()
    row = AccessLink.objects.filter(pk=link.pk).values().get()
    assert token not in str(row)
    assert token not in str(list(AuditEvent.objects.values()))
    assert len({made()[1] for _ in range(20)}) == 20


@pytest.mark.django_db
def test_late_withdrawn_replaced_unknown_and_of_another_purpose() -> None:
    subject, now = UserFactory(), timezone.now()
    _, late = made(now=now - 2 * DAY)
    assert refused(lambda: open_link(token=late, purpose="join")) == "link_expired"
    _, first = made(subject=subject)
    _, second = made(subject=subject)
    assert refused(lambda: open_link(token=first, purpose="join")) == "link_revoked"
    assert revoke_links(actor=None, purpose="join", subject=subject) == 1
    assert refused(lambda: use_link(actor=None, token=second, purpose="join")) == "link_revoked"
    _, other = made()
    for token in (other[:-1] + ("A" if other[-1] != "A" else "B"), "", "tautan-", "x" * 5000, f"{other}\n"):
        assert refused(lambda token=token: open_link(token=token, purpose="join")) == "link_unknown"
    assert refused(lambda: open_link(token=other, purpose="leave")) == "link_unknown"


@pytest.mark.django_db
def test_a_link_of_somebody_else_is_refused_before_it_tells_anything() -> None:
    mine, other = UserFactory(email="Ratna@Contoh.id"), UserFactory()
    _, by_mail = made(email="ratna@contoh.ID")
    _, by_user = made(email="", user=mine)
    for token in (by_mail, by_user):
        assert open_link(token=token, purpose="join", user=mine)
        assert refused(lambda token=token: open_link(token=token, purpose="join", user=other)) == "link_of_another"
        assert use_link(actor=mine, token=token, purpose="join").used_by == mine
        assert refused(lambda token=token: use_link(actor=other, token=token, purpose="join")) == "link_of_another"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("link_for_somebody", {"email": ""}),
        ("link_used_or_revoked", {"email": "a@b.id", "used_at": timezone.now(), "revoked_at": timezone.now()}),
    ],
)
def test_the_database_refuses_nonsense(name: str, values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=name):
        AccessLink.objects.create(
            purpose="join", subject_type="t", subject_id="1", digest="0", expires_at=timezone.now(), **values
        )


RIVALS = 10


def race(attempt: Callable[[], object]) -> int:
    """How many of ten who start together get through."""
    gate = threading.Barrier(RIVALS)

    def rival(_: int) -> bool:
        gate.wait(timeout=30)
        try:
            with transaction.atomic():
                attempt()
        except Gone:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(RIVALS) as pool:
        return sum(pool.map(rival, range(RIVALS)))


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_use_it_once() -> None:
    _, token = made()
    assert race(lambda: use_link(actor=None, token=token, purpose="join")) == 1


@pytest.mark.django_db(transaction=True)
def test_twin_without_the_lock_is_used_more_than_once() -> None:
    _, token = made()

    def careless() -> None:
        row = AccessLink.objects.get(digest=_digest(token))
        if row.used_at is not None:
            raise Gone("link_used")
        time.sleep(0.1)
        AccessLink.objects.filter(pk=row.pk).update(used_at=timezone.now())

    assert race(careless) > 1
