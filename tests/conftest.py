"""Fixtures for every test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings

from tests.network import only_this_machine
from tests.worker import WorkerProcess, empty_queue

# Properties are judged by what they find, never by how busy the machine is.
hypothesis_settings.register_profile("padan", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("padan")


@pytest.fixture(autouse=True, scope="session")
def network_blocked() -> Iterator[None]:
    """No test speaks to another machine."""
    with only_this_machine():
        yield


@pytest.fixture
def start_worker(transactional_db: None, settings: Settings, tmp_path: Path) -> Iterator[Callable[[], WorkerProcess]]:
    """A function that starts one more real Celery worker; announcements ring meanwhile."""
    settings.OUTBOX_RING = True
    started: list[WorkerProcess] = []
    numbers = itertools.count(1)

    def start() -> WorkerProcess:
        started.append(WorkerProcess(tmp_path / f"worker{next(numbers)}.log"))
        return started[-1]

    empty_queue()
    yield start
    for worker in started:
        worker.kill()
    empty_queue()


@pytest.fixture
def celery_worker_process(start_worker: Callable[[], WorkerProcess]) -> WorkerProcess:
    """One real Celery worker on the test database; it may be killed."""
    return start_worker()
