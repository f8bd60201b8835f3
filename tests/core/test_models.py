from __future__ import annotations

import pytest
from django.db import IntegrityError
from django.utils import timezone

from core.models import AuditEvent, OutboxDelivery, OutboxEvent
from tests.factories.core import StoredFileFactory

pytestmark = pytest.mark.django_db


def refuses(name: str):
    return pytest.raises(IntegrityError, match=name)


@pytest.mark.parametrize("size", [0, 10 * 1024 * 1024 + 1])
def test_a_file_has_a_size(size: int, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    with refuses("file_size_within_limit"):
        StoredFileFactory(size=size)


def test_a_chain_has_one_row_a_number() -> None:
    values = {
        "chain": "c",
        "sequence": 1,
        "at": timezone.now(),
        "actor_label": "system",
        "action": "a",
        "object_type": "o",
        "object_id": "1",
        "previous_hash": "0",
        "hash": "1",
    }
    AuditEvent.objects.create(**values)
    with refuses("audit_one_per_sequence"):
        AuditEvent.objects.create(**values)


def test_an_event_is_announced_once() -> None:
    OutboxEvent.objects.create(name="a", key="a:1")
    with refuses("key"):
        OutboxEvent.objects.create(name="a", key="a:1")


def test_a_handler_has_one_delivery() -> None:
    event = OutboxEvent.objects.create(name="a", key="a:1")
    OutboxDelivery.objects.create(event=event, handler="h")
    with refuses("outbox_one_delivery_per_handler"):
        OutboxDelivery.objects.create(event=event, handler="h")


def test_a_delivery_is_done_or_parked_not_both() -> None:
    event = OutboxEvent.objects.create(name="a", key="a:1")
    with refuses("outbox_done_or_parked"):
        OutboxDelivery.objects.create(event=event, handler="h", done_at=timezone.now(), parked_at=timezone.now())
