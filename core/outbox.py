"""The outbox: facts are announced in the transaction that makes them true, and acted on once.

PostgreSQL is the truth, Celery the doorbell. ``announce`` writes the event and one delivery for each
handler that ``config/wiring.py`` names; after commit a doorbell carries the delivery's id to the
queue; the handler marks its delivery done in the transaction of its effect. A lost doorbell is healed
by the sweep, a doubled one finds nothing to do.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from celery import current_app, shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from core.models import OutboxDelivery, OutboxEvent
from core.services import service

log = logging.getLogger(__name__)

RETRY_AFTER = timedelta(seconds=20)


def wiring() -> Mapping[str, Sequence[str]]:
    """Event name -> names of the tasks it wakes."""
    handlers: Mapping[str, Sequence[str]] = import_string(settings.OUTBOX_WIRING)
    return handlers


def announce(name: str, *, key: object, **ids: object) -> OutboxEvent:
    """Announce a fact inside the running transaction. The same ``name`` and ``key`` announce it once.

    ``ids`` become the keyword arguments of the handlers, as strings: ids only, never personal data.
    """
    handlers = wiring()[name]
    event, created = OutboxEvent.objects.get_or_create(
        key=f"{name}:{key}",
        defaults={"name": name, "payload": {k: str(v) for k, v in ids.items()}},
    )
    if created and handlers:
        deliveries = OutboxDelivery.objects.bulk_create([OutboxDelivery(event=event, handler=h) for h in handlers])
        transaction.on_commit(lambda: _ring(deliveries))
    return event


def handler(function: Callable[..., None]) -> Any:
    """Make ``function(**ids)`` the Celery task of that name, run by delivery id."""

    def run(delivery_id: int) -> bool:
        return deliver(delivery_id, function)

    run.__doc__ = function.__doc__
    return shared_task(name=f"{function.__module__}.{function.__name__}", ignore_result=True)(run)


def deliver(delivery_id: int, function: Callable[..., None]) -> bool:
    """Run one delivery; True when this call had the effect.

    The attempt is counted and committed first, so that a handler that kills its worker is parked
    after ``OutboxDelivery.MAX_ATTEMPTS`` tries instead of killing workers for ever.
    """
    if not _count_attempt(delivery_id):
        return False
    try:
        return _run(delivery_id, function)
    except Exception as error:
        log.exception("delivery failed", extra={"delivery": delivery_id})
        _note_failure(delivery_id, f"{type(error).__name__}: {error}"[:500])
        return False


@transaction.atomic
def _count_attempt(delivery_id: int) -> bool:
    delivery = _take(delivery_id)
    if delivery is None:
        return False
    if delivery.attempts >= OutboxDelivery.MAX_ATTEMPTS:
        delivery.parked_at = timezone.now()
        delivery.error = delivery.error or "worker died"
    delivery.attempts += 1
    delivery.available_at = timezone.now() + RETRY_AFTER * delivery.attempts
    delivery.save()
    return delivery.parked_at is None


@service
def _run(delivery_id: int, function: Callable[..., None]) -> bool:
    delivery = _take(delivery_id)
    if delivery is None:
        return False
    function(**delivery.event.payload)
    delivery.done_at = timezone.now()
    delivery.error = ""
    delivery.save(update_fields=("done_at", "error"))
    return True


@transaction.atomic
def _note_failure(delivery_id: int, error: str) -> None:
    delivery = _take(delivery_id)
    if delivery is None:
        return
    delivery.error = error
    if delivery.attempts >= OutboxDelivery.MAX_ATTEMPTS:
        delivery.parked_at = timezone.now()
    delivery.save(update_fields=("error", "parked_at"))


def _take(delivery_id: int) -> OutboxDelivery | None:
    """Lock a pending delivery, or None when it is done, parked or in another worker's hands."""
    return (
        OutboxDelivery.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("event")
        .filter(pk=delivery_id, done_at=None, parked_at=None)
        .first()
    )


def sweep(limit: int = 500) -> int:
    """Ring again for pending deliveries that are due; returns how many."""
    due = OutboxDelivery.objects.filter(done_at=None, parked_at=None, available_at__lte=timezone.now())
    rows = list(due.order_by("available_at").values_list("handler", "pk")[:limit])
    for name, pk in rows:
        current_app.send_task(name, args=[pk], retry=False)
    return len(rows)


def drain(limit: int = 10_000) -> int:
    """Run every pending delivery here and now, and what those announce; returns how many ran.

    For commands and tests without a worker. Failing deliveries are left to their retry.
    """
    ran = 0
    while ran < limit:
        pending = OutboxDelivery.objects.filter(done_at=None, parked_at=None, attempts=0).order_by("pk").first()
        if pending is None:
            break
        import_string(pending.handler)(pending.pk)
        ran += 1
    return ran


def retry_parked(delivery_id: int) -> None:
    """Give a parked delivery five new attempts."""
    OutboxDelivery.objects.filter(pk=delivery_id, parked_at__isnull=False).update(
        parked_at=None, attempts=0, available_at=timezone.now()
    )


class _Doorbell:
    """Sends task messages from a thread of its own: a request never waits for Redis."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self, name: str, delivery_id: int) -> None:
        if not settings.OUTBOX_RING:
            return
        self._queue.put((name, delivery_id))
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._send, name="outbox-doorbell", daemon=True)
                self._thread.start()

    def _send(self) -> None:
        while True:
            name, delivery_id = self._queue.get()
            try:
                current_app.send_task(name, args=[delivery_id], retry=False)
            except Exception:  # the sweep rings again; the fact is safe in PostgreSQL
                log.warning("doorbell failed", extra={"delivery": delivery_id})


_bell = _Doorbell()


def _ring(deliveries: Sequence[OutboxDelivery]) -> None:
    for delivery in deliveries:
        _bell.ring(delivery.handler, delivery.pk)
