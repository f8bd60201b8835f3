"""Whole agencies through a real queue."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from matching import services
from matching.models import MatchRun, MatchState
from tests.matching.world import lists, make_world
from tests.worker import WorkerProcess


@pytest.mark.xdist_group("worker")
def test_the_command_waits_for_the_workers(
    celery_worker_process: WorkerProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    worlds = [make_world(seed, people=30, slots=22) for seed in (1, 2)]
    call_command("match", "--all", "--wait", "--timeout", "60")
    assert "60 people and 44 open slots: " in capsys.readouterr().out
    assert {run.failure for run in MatchRun.objects.all()} == {""}
    assert MatchState.objects.values("generation__version").distinct().count() == 1
    for world in worlds:
        done = lists(world.agency)
        assert len(done[0]) == 30
        services.refresh_agency(agency_id=world.agency.pk)
        assert lists(world.agency) == done
