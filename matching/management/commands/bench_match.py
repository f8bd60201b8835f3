"""Measure whole runs and single changes end to end, through worker processes, in a scratch database of its own.

    manage.py bench_match --employees 500000 --slots 5000 --agencies 1
    manage.py bench_match --employees 12540 --slots 1370 --agencies 5 --increments 300 --load 5

People and slots are those of all agencies together. Servers are our own embedded ones, durable as in a small
installation; their data are thrown away afterwards.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.models import Sum
from rich.console import Console
from rich.table import Table

from asn.models import Agency, Assessment, Employee, PositionStandard
from asn.services import record_assessment
from asn.states import AssessmentSource
from core import embedded
from matching import selectors, services, synthetic
from matching.models import EmployeeList, MatchRun

PLACE = "bench"
INSIDE = "PADAN_BENCH_INSIDE"


class Command(BaseCommand):
    help = "Measure matching end to end through worker processes, in a scratch database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--employees", type=int, default=20_000, help="people of all agencies together")
        parser.add_argument("--slots", type=int, default=500, help="open slots of all agencies together")
        parser.add_argument("--agencies", type=int, default=1)
        parser.add_argument("--workers", type=int, default=2, help="worker processes")
        parser.add_argument("--runs", type=int, default=2, help="how often all is matched")
        parser.add_argument("--increments", type=int, default=0, metavar="N", help="measure N changed assessments")
        parser.add_argument("--load", type=float, default=0.0, metavar="R", help="R other changes a second meanwhile")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--json", action="store_true", help="print JSON for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        if os.environ.get(INSIDE):
            self._measure(options)
            return
        servers = embedded.claim(settings.BASE_DIR, PLACE)
        if servers is None:
            raise CommandError("Another measurement is under way in this folder.")
        try:
            with servers:
                shutil.rmtree(servers.home / "postgres", ignore_errors=True)
                servers.start()
                environment = {
                    INSIDE: "1",
                    "DATABASE_URL": embedded.database_url(settings.BASE_DIR, PLACE),
                    "REDIS_URL": embedded.redis_url(settings.BASE_DIR, PLACE),
                }
                process = subprocess.Popen(
                    [sys.executable, *sys.argv],
                    env=os.environ | environment,
                    preexec_fn=embedded.child_setup(signal.SIGTERM),
                )
                code = process.wait()
        finally:
            shutil.rmtree(servers.home / "postgres", ignore_errors=True)
        if code:
            raise CommandError("The measurement failed.")

    # --- inside ---------------------------------------------------------------------------------------------------

    def _measure(self, options: dict[str, Any]) -> None:
        call_command("migrate", verbosity=0)
        agencies = options["agencies"]
        began = time.perf_counter()
        made = synthetic.fill(
            employees=options["employees"] // agencies,
            slots=options["slots"] // agencies,
            agencies=agencies,
            seed=options["seed"],
        )
        found: dict[str, Any] = {
            "employees": options["employees"],
            "slots": options["slots"],
            "agencies": agencies,
            "workers": options["workers"],
            "fill_seconds": round(time.perf_counter() - began, 1),
        }
        began = time.perf_counter()
        services.fit_model()
        found["fit_seconds"] = round(time.perf_counter() - began, 1)
        with _workers(options["workers"]):
            found["runs"] = [_whole_runs(made, options["workers"]) for _ in range(options["runs"])]
            if options["increments"]:
                found["increments"] = _increments(options["increments"], options["load"], options["seed"])
        verified = [services.verify_lists(agency=agency, sample=100) for agency in made[:5]]
        found["verified_pairs"] = sum(one.pairs for one in verified)
        found["wrong_pairs"] = sum(len(one.wrong) for one in verified)
        self._tell(found, as_json=options["json"])

    def _tell(self, found: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(found))
            return
        table = Table("Figure", *(f"run {n}" for n in range(1, len(found["runs"]) + 1)))
        for name in found["runs"][0]:
            table.add_row(name, *(f"{run[name]:,}" for run in found["runs"]))
        console = Console(file=sys.stdout)
        console.print({key: value for key, value in found.items() if key != "runs"})
        console.print(table)


@contextmanager
def _workers(count: int) -> Iterator[None]:
    """Worker processes of one task at a time, one core each."""
    logs = embedded.place(settings.BASE_DIR, PLACE).home
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "prefork", "--concurrency", "1"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"]
    started = []
    try:
        for number in range(count):
            log = logs / f"worker{number}.log"
            with log.open("wb") as output:
                process = subprocess.Popen(
                    [*command, "--hostname", f"bench{number}@%h"],
                    cwd=settings.BASE_DIR,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    preexec_fn=embedded.child_setup(signal.SIGQUIT),
                )
            started.append(process)
            _wait(partial(_is_ready, log), 120, "a worker does not start")
        yield
    finally:
        for process in started:
            embedded.stop_process(process, signal.SIGTERM, 20)


def _is_ready(log: Path) -> bool:
    return " ready." in log.read_text(errors="replace")


def _wait(is_done: Callable[[], bool], seconds: float, problem: str, tick: float = 0.05) -> None:
    deadline = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > deadline:
            raise CommandError(f"{problem}; see {embedded.place(settings.BASE_DIR, PLACE).home}")
        time.sleep(tick)


def _whole_runs(agencies: list[Agency], workers: int) -> dict[str, float]:
    """All agencies asked for at once; figures of what the workers then did."""
    busy = _database_seconds()
    began = time.perf_counter()
    runs = [services.request_full_match(actor=None, agency_id=agency.pk).pk for agency in agencies]
    rows = MatchRun.objects.filter(pk__in=runs)
    _wait(lambda: not rows.filter(finished_at=None).exists(), 4 * 3600, "the runs do not end")
    seconds = time.perf_counter() - began
    if rows.exclude(failure="").exists():
        raise CommandError(f"a run failed: {rows.exclude(failure='').values_list('failure', flat=True)[0]}")
    sums = rows.aggregate(people=Sum("done_employees"), pairs=Sum("pairs_stored"), shards=Sum("done_shards"))
    time.sleep(1.5)  # the statistics of the database come late
    in_database = _database_seconds() - busy
    sizes = {name: _size(f"matching_{name}") for name in ("employeelist", "slotlist", "generation")}
    return {
        "seconds": round(seconds, 2),
        "people": sums["people"],
        "shards": sums["shards"],
        "recommendations": sums["pairs"],
        "people_a_second": round(sums["people"] / seconds),
        "recommendations_a_second": round(sums["pairs"] / seconds),
        "bytes_of_lists_a_recommendation": round(sizes["employeelist"] / sums["pairs"], 2),
        "bytes_of_all_a_recommendation": round(sum(sizes.values()) / sums["pairs"], 2),
        "database_seconds": round(in_database, 2),
        "database_share_of_workers": round(in_database / (seconds * workers), 3),
    }


def _database_seconds() -> float:
    """Time that sessions of this database have spent in statements."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT active_time FROM pg_stat_database WHERE datname = current_database()")
        return float(cursor.fetchone()[0]) / 1000


def _size(table: str) -> int:
    """Bytes on disk, indexes and out-of-line values included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s)", [table])
        return int(cursor.fetchone()[0])


# --- single changes -----------------------------------------------------------------------------------------------


def _increments(count: int, load: float, seed: int) -> dict[str, float]:
    """Seconds from the commit of a new level to the moment when the person's new list can be read, by many."""
    chance = random.Random(seed)
    people = list(Employee.objects.active().values_list("pk", flat=True))
    measured, others = people[: len(people) // 2], people[len(people) // 2 :]
    over = threading.Event()
    changed = [0]

    def disturb() -> None:
        mine = random.Random(seed + 1)
        due = time.perf_counter()
        while not over.is_set():
            due += mine.expovariate(load)
            time.sleep(max(0.0, due - time.perf_counter()))
            changed[0] += _assess(mine, mine.choice(others))
        connection.close()

    disturber = threading.Thread(target=disturb) if load else None
    if disturber:
        disturber.start()
    took: list[float] = []
    try:
        while len(took) < count:
            person = chance.choice(measured)
            before = _stored(person)
            if not _assess(chance, person):
                continue
            began = time.perf_counter()
            _wait(partial(_differs, person, before), 60, "a change does not arrive", 0.002)
            employee = Employee.objects.select_related("agency", "unit", "position").get(pk=person)
            if not selectors.recommendations_for_employee(employee):
                raise CommandError("a changed list is empty")
            took.append(time.perf_counter() - began)
            time.sleep(chance.expovariate(10))
    finally:
        over.set()
        if disturber:
            disturber.join()
    p50, p99 = np.quantile(took, [0.5, 0.99])
    return {
        "changes": len(took),
        "other_changes": changed[0],
        "p50_seconds": round(float(p50), 3),
        "p99_seconds": round(float(p99), 3),
        "longest_seconds": round(max(took), 3),
    }


def _differs(person: uuid.UUID, before: bytes) -> bool:
    return _stored(person) != before


def _stored(person: uuid.UUID) -> bytes:
    return bytes(EmployeeList.objects.values_list("packed", flat=True).get(employee=person))


def _assess(chance: random.Random, person: uuid.UUID) -> bool:
    """Record a level of today that nobody has recorded; False when there is none left."""
    employee = Employee.objects.select_related("agency").get(pk=person)
    today = employee.agency.today()
    taken = Assessment.objects.filter(employee=employee, assessed_on__gt=today - timedelta(days=20))
    required = PositionStandard.objects.filter(position=employee.position_id).exclude(
        competency__in=taken.values("competency")
    )
    codes = list(required.order_by("competency").values_list("competency_id", "level"))
    if not codes:
        return False
    code, level = chance.choice(codes)
    known = Assessment.objects.filter(employee=employee, competency=code).values_list("level", flat=True).first()
    new = chance.choice([step for step in range(1, level + 1) if step != known])
    record_assessment(
        actor=None,
        employee_id=person,
        competency_code=code,
        level=new,
        source=AssessmentSource.ASSESSMENT_CENTRE,
        assessed_on=today,
    )
    return True
