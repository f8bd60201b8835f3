"""Match whole agencies: ``manage.py match --agency CODE | --all [--wait | --here | --verify [--sample N]]``."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from asn.models import Agency
from matching import services
from matching.models import MatchRun
from matching.selectors import progress

POLL_SECONDS = 0.2


class Command(BaseCommand):
    """One use case, another door: the same service as HR's button."""

    help = "Ask for new recommendations of whole agencies, through the workers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        whom = parser.add_mutually_exclusive_group(required=True)
        whom.add_argument("--agency", metavar="CODE", help="code of one agency")
        whom.add_argument("--all", action="store_true", help="every agency")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--wait", action="store_true", help="show progress until the workers are done")
        how.add_argument("--here", action="store_true", help="do it in this process, without workers")
        how.add_argument("--verify", action="store_true", help="match nothing: compute stored points again and compare")
        parser.add_argument("--sample", type=int, default=0, metavar="N", help="people a --verify looks at; 0: all")
        parser.add_argument("--timeout", type=float, default=600, metavar="SECONDS", help="how long --wait waits")

    def handle(self, *args: Any, **options: Any) -> None:
        agencies = list(Agency.objects.all() if options["all"] else Agency.objects.filter(code=options["agency"]))
        if not agencies:
            raise CommandError("There is no such agency." if options["agency"] else "There are no agencies.")
        if options["verify"]:
            self._verify(agencies, options["sample"])
            return
        runs = [services.request_full_match(actor=None, agency_id=agency.pk) for agency in agencies]
        if options["here"]:
            for run in runs:
                services.run_match(run_id=run.pk)
        if options["wait"] or options["here"]:
            self._watch(agencies, runs, time.monotonic() + options["timeout"])
        else:
            self.stdout.write(f"Asked for {len(runs)} runs; the workers will do them.")

    def _verify(self, agencies: list[Agency], sample: int) -> None:
        wrong: list[str] = []
        for agency in agencies:
            found = services.verify_lists(agency=agency, sample=sample)
            wrong += found.wrong
            self.stdout.write(
                f"{agency.code}: {found.pairs} pairs computed again, {len(found.wrong)} otherwise than stored;"
                f" {found.changed_people} people have changed since"
            )
        if wrong:
            raise CommandError("Stored points do not follow from their model:\n" + "\n".join(wrong[:20]))

    def _watch(self, agencies: list[Agency], runs: list[MatchRun], deadline: float) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeElapsedColumn(),
        )
        names = {agency.pk: agency.name for agency in agencies}
        with Progress(*columns, console=Console(stderr=True)) as bars:
            tasks = {run.pk: bars.add_task(names[run.agency_id], total=None, speed="") for run in runs}
            while True:
                rows = list(MatchRun.objects.filter(pk__in=tasks).select_related("version"))
                for row in rows:
                    known = row.total_employees or row.finished_at
                    total = row.total_employees if known else None
                    bars.update(tasks[row.pk], completed=row.done_employees, total=total, speed=_speed(row))
                if all(row.finished_at for row in rows):
                    break
                if time.monotonic() > deadline:
                    raise CommandError("The workers are not done. Are they running? (manage.py serve)")
                time.sleep(POLL_SECONDS)
        self._report(rows)

    def _report(self, rows: list[MatchRun]) -> None:
        failed = [row for row in rows if row.failure]
        if failed:
            raise CommandError(f"{len(failed)} of {len(rows)} runs failed: {failed[0].failure}")
        first = min(row.created_at for row in rows)
        last = max(row.finished_at for row in rows if row.finished_at)
        people, slots = sum(row.total_employees for row in rows), sum(row.total_slots for row in rows)
        pairs = sum(row.pairs_stored for row in rows)
        self.stdout.write(
            f"{people} people and {slots} open slots: {pairs} recommendations in {(last - first).total_seconds():.1f} s"
        )


def _speed(run: MatchRun) -> str:
    """People a second, and the time left."""
    now = progress(run)
    if now.rate is None or now.eta_seconds is None:
        return ""
    left = "" if run.finished_at else f", {now.eta_seconds:.0f} s left"
    return f"{now.rate:.0f}/s{left}"
