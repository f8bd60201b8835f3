from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from config.wiring import HANDLERS
from core import outbox
from core.models import OutboxDelivery, OutboxEvent
from tests.core import handlers
from tests.factories.accounts import UserFactory


@pytest.fixture(autouse=True)
def wiring(settings) -> None:
    settings.OUTBOX_WIRING = "tests.core.handlers.WIRING"


@pytest.fixture
def user(db) -> User:
    return UserFactory(name="Sari")


def name_of(user: User) -> str:
    return User.objects.get(pk=user.pk).name


def announce(event: str, user: User, key: str = "1") -> OutboxDelivery:
    outbox.announce(event, key=key, user_id=user.pk)
    return OutboxDelivery.objects.latest("pk")


def test_the_same_fact_is_announced_once(user) -> None:
    for key in ("1", "1", "2"):
        outbox.announce("tests.named", key=key, user_id=user.pk)
    assert list(OutboxEvent.objects.order_by("pk").values_list("key", flat=True)) == ["tests.named:1", "tests.named:2"]
    assert OutboxDelivery.objects.count() == 2


def test_an_unknown_fact_is_a_mistake(user) -> None:
    with pytest.raises(KeyError):
        outbox.announce("tests.unheard", key=1)


def test_a_fact_nobody_handles_is_on_record(user) -> None:
    outbox.announce("tests.nobody", key=1, user_id=user.pk)
    assert OutboxEvent.objects.get().payload == {"user_id": str(user.pk)}
    assert not OutboxDelivery.objects.exists()


def test_what_is_rolled_back_was_never_announced(user) -> None:
    class Regret(Exception):
        pass

    def regret() -> None:
        with transaction.atomic():
            outbox.announce("tests.named", key=1, user_id=user.pk)
            raise Regret

    with pytest.raises(Regret):
        regret()
    assert not OutboxEvent.objects.exists()


def test_drained_once_however_often_it_rings(user) -> None:
    delivery = announce("tests.named", user)
    assert outbox.drain() == 1
    assert outbox.drain() == 0
    handlers.rename(delivery.pk)
    handlers.rename(delivery.pk)
    assert name_of(user) == "Sari!"
    delivery.refresh_from_db()
    assert delivery.attempts == 1
    assert delivery.done_at


def test_draining_goes_on_with_what_is_announced_meanwhile(user) -> None:
    announce("tests.chain", user)
    assert outbox.drain() == 2
    assert name_of(user) == "Sari!"


def test_a_failure_keeps_nothing_and_is_parked_after_five(user) -> None:
    outbox.announce("tests.poisoned", key=1, user_id=user.pk)
    assert outbox.drain() == 2
    poisoned = OutboxDelivery.objects.get(handler__endswith="spoil")
    assert name_of(user) == "Sari!"
    assert (poisoned.attempts, poisoned.error, poisoned.parked_at) == (1, "RuntimeError: poison", None)
    assert poisoned.available_at > timezone.now() + timedelta(seconds=15)
    for _ in range(9):
        handlers.spoil(poisoned.pk)
    poisoned.refresh_from_db()
    assert poisoned.attempts == OutboxDelivery.MAX_ATTEMPTS
    assert poisoned.parked_at
    assert name_of(user) == "Sari!"


def test_a_parked_delivery_gets_five_more(user) -> None:
    delivery = announce("tests.named", user)
    OutboxDelivery.objects.update(attempts=5, parked_at=timezone.now(), error="worker died")
    handlers.rename(delivery.pk)
    assert name_of(user) == "Sari"
    outbox.retry_parked(delivery.pk)
    handlers.rename(delivery.pk)
    assert name_of(user) == "Sari!"


def test_a_handler_that_kills_its_worker_is_parked_too(user) -> None:
    delivery = announce("tests.named", user)
    # five workers have counted their attempt and died before they could say anything
    OutboxDelivery.objects.update(attempts=OutboxDelivery.MAX_ATTEMPTS)
    handlers.rename(delivery.pk)
    delivery.refresh_from_db()
    assert (name_of(user), delivery.error) == ("Sari", "worker died")
    assert delivery.parked_at


def test_the_sweep_rings_for_what_is_due(user, monkeypatch) -> None:
    rung: list[tuple[str, list[int]]] = []
    monkeypatch.setattr(outbox.current_app, "send_task", lambda name, args, retry: rung.append((name, args)))
    due, later, done, parked = (announce("tests.named", user, key) for key in "1234")
    now = timezone.now()
    OutboxDelivery.objects.filter(pk=later.pk).update(available_at=now + timedelta(minutes=1))
    OutboxDelivery.objects.filter(pk=done.pk).update(done_at=now)
    OutboxDelivery.objects.filter(pk=parked.pk).update(parked_at=now)
    assert outbox.sweep() == 1
    assert rung == [("tests.core.handlers.rename", [due.pk])]


@pytest.mark.django_db(transaction=True)
def test_a_delivery_in_other_hands_is_skipped() -> None:
    user = UserFactory(name="Sari")
    delivery = announce("tests.named", user)
    ran: list[bool] = []

    def rival() -> None:
        ran.append(handlers.rename(delivery.pk))
        connection.close()

    with transaction.atomic():
        OutboxDelivery.objects.select_for_update().get(pk=delivery.pk)
        thread = threading.Thread(target=rival)
        thread.start()
        thread.join(timeout=10)
    assert ran == [False]
    assert name_of(user) == "Sari"
    assert handlers.rename(delivery.pk)
    assert name_of(user) == "Sari!"


def test_the_real_wiring_names_tasks_that_exist() -> None:
    from celery import current_app

    current_app.loader.import_default_modules()
    named = {task for tasks in HANDLERS.values() for task in tasks}
    assert sorted(named - set(current_app.tasks)) == []
