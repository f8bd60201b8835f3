"""What `make demo` prints: the cities matched, one person, one road, the accounts."""

from __future__ import annotations

import re

import pytest
from django.core.management import CommandError, call_command

from incentives.models import Award
from matching.models import EmployeeList, MatchRun
from placements.models import Placement
from placements.states import PlacementStatus
from web.demo import road
from web.demo.accounts import demo_accounts
from web.management.commands.verify_invariants import broken_promises

pytestmark = pytest.mark.django_db


def test_without_a_world_it_says_how_to_get_one() -> None:
    with pytest.raises(CommandError, match="seed_demo"):
        call_command("demo")


def test_it_matches_walks_the_road_and_shows_the_accounts(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed_demo", "--size", "small")
    awards = Award.objects.count()

    call_command("demo", "--without-workers", "--address", "http://localhost:8000")

    told = capsys.readouterr().out
    assert MatchRun.objects.filter(finished_at=None).count() == 0
    assert EmployeeList.objects.exists()
    assert "ASN dan" in told
    assert "Kesenjangan kompetensi" in told
    assert re.search(r"Peluang dipelajari dari (\d+) pengajuan, \1 di antaranya riwayat contoh", told)
    assert re.search(r"ECE 0\.\d{3}", told)
    assert re.search(r"peluang selesai bila diajukan \d\d?%", " ".join(told.split()))
    assert "5. " in told
    assert "Mengapa bukan" in told
    assert "Perubahan terkecil agar masuk lima teratas" in " ".join(told.split())
    assert re.search(r"dari “.+” \(keyakinan \d\d?%\)", " ".join(told.split()))
    assert Award.objects.count() == awards + 1
    walked = Award.objects.order_by("-created_at")[0].proposal.placement
    assert walked.status == PlacementStatus.COMPLETED
    assert walked.employee.points.exists()
    assert all(account.password in told for account in demo_accounts())
    assert "http://localhost:8000" in told
    assert not any(broken_promises().values())

    call_command("demo", "--without-workers")
    assert Placement.objects.filter(slot__title__startswith="Bimbingan satu sesi").count() == 2


def test_silent_workers_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("seed_demo", "--size", "small")
    monkeypatch.setattr(road, "PATIENCE", 0.3)
    with pytest.raises(CommandError, match="workers did not finish"):
        call_command("demo")
