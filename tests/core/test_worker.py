"""Real workers, one of which dies at the worst moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from celery import current_app
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import ApiToken, User
from core import outbox
from core.models import OutboxDelivery
from tests.worker import WorkerProcess


def wait_for(condition: Callable[[], bool], worker: WorkerProcess, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, worker.output()
        time.sleep(0.05)


@pytest.mark.xdist_group("worker")
def test_a_killed_worker_leaves_nothing_half_done(
    start_worker: Callable[[], WorkerProcess], settings: Settings, tmp_path: Path
) -> None:
    settings.OUTBOX_WIRING = "tests.handlers.WIRING"
    user = User.objects.create_user("sari", name="Sari")
    doomed = start_worker()
    with transaction.atomic():
        outbox.announce("tests.note_wanted", key=user.pk, user_id=user.pk, folder=tmp_path)
    wait_for((tmp_path / "first-write-done").exists, doomed)
    assert not ApiToken.objects.exists()

    doomed.kill()
    assert doomed.process.returncode == -9
    other = start_worker()
    # its turn comes again; the sweep rings twice, as a sweep and a late doorbell might
    OutboxDelivery.objects.update(available_at=timezone.now())
    current_app.send_task("core.tasks.sweep_outbox")
    current_app.send_task("core.tasks.sweep_outbox")
    wait_for(OutboxDelivery.objects.exclude(done_at=None).exists, other)
    other.stop()

    assert [token.label for token in ApiToken.objects.all()] == ["note"]
    delivery = OutboxDelivery.objects.get()
    assert (delivery.attempts, delivery.parked_at, delivery.error) == (2, None, "")
