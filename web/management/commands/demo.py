"""Show what Padan does: match the demo cities through the queue, and walk the road once."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from asn.models import Agency, Competency, Employee
from asn.selectors import gap_profile
from asn.states import GapStatus
from core import outbox
from core.errors import DomainError
from matching import selectors as matches
from matching import services as matching
from matching.models import MatchRun
from partners.models import Slot
from web.demo.accounts import demo_accounts, username_of
from web.demo.road import NoRoad, wait_until, walk
from web.demo.world import DEMO_CITIES
from web.management.commands.demo_accounts import table_of
from web.phrases import change_line, explain, level_word, reason_lines

SHOWN = DEMO_CITIES[0]
BEST = 5
JUST_NOW = timedelta(minutes=5)
LOOKED_AT = 30  # open slots, for one of which a single change helps
TEXT = (
    "Peserta menyusun dasbor data kependudukan, memeriksa mutu data bersama produsen data, dan menyajikan hasilnya kepada "
    "pimpinan perangkat daerah."
)


class Command(BaseCommand):
    help = "Match every demo city through the workers, walk the road from slot to award, show the demo accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--address", default="", help="where the pages are, to be printed at the end")
        parser.add_argument("--without-workers", action="store_true", help="do the workers' part in this process")

    def handle(self, *args: Any, address: str, without_workers: bool, **options: Any) -> None:
        agencies = list(Agency.objects.filter(is_demo=True).order_by("name"))
        if not agencies:
            raise CommandError("There is no demo world; `manage.py seed_demo` builds it.")
        # the world speaks Indonesian, whatever the terminal does
        with translation.override("id"):
            try:
                self.show(agencies, address, work_here if without_workers else partial(time.sleep, 0.1))
            except NoRoad as error:
                raise CommandError(str(error)) from error
            except DomainError as error:
                explanation = explain(error)
                raise CommandError(f"{explanation.message} {explanation.remedy} ({error.code})") from error

    def show(self, agencies: Sequence[Agency], address: str, tick: Callable[[], object]) -> None:
        console = Console(highlight=False, soft_wrap=False)
        self.match(console, agencies, tick)
        self.person(console)
        self.road(console, tick)
        console.print(table_of(demo_accounts()))
        console.print("[dim]JSON: .venv/bin/python manage.py demo_accounts --json[/dim]")
        if address:
            console.print(f"\nAlamat: [bold]{address}[/bold]")

    def match(self, console: Console, agencies: Sequence[Agency], tick: Callable[[], object]) -> None:
        """The main job: all people of all cities against all open slots, done by the workers."""
        console.rule("Pencocokan melalui antrean", align="left")
        runs = MatchRun.objects.filter(pk__in=[self.run_of(agency) for agency in agencies])
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task(
                "ASN dicocokkan", total=Employee.objects.active().filter(agency__in=agencies).count()
            )

            def finished() -> bool:
                rows = runs.values_list("done_employees", "finished_at")
                progress.update(task, completed=sum(done for done, _ in rows))
                return all(at is not None for _, at in rows)

            wait_until(finished, what="the matching runs", tick=tick)
        failed = runs.exclude(failure="").first()
        if failed is not None:
            raise NoRoad(f"A matching run failed: {failed.failure}.")
        table = Table(box=SIMPLE)
        for heading in ("Kota", "ASN", "Slot terbuka", "Pasangan", "Detik"):
            table.add_column(heading, justify="left" if heading == "Kota" else "right")
        rows = list(runs.select_related("agency").order_by("agency__name"))
        times = [(run.started_at, run.finished_at) for run in rows if run.started_at and run.finished_at]
        for run, (started, ended) in zip(rows, times, strict=True):
            figures = (run.total_employees, run.total_slots, run.pairs_stored)
            table.add_row(run.agency.city, *map(str, figures), f"{(ended - started).total_seconds():.1f}")
        seconds = (max(ended for _, ended in times) - min(started for started, _ in times)).total_seconds()
        console.print(table)
        people, slots = sum(r.total_employees for r in rows), sum(r.total_slots for r in rows)
        console.print(f"[bold]{people} ASN dan {slots} slot dicocokkan dalam {seconds:.1f} detik.[/bold]")
        console.print(self.how_sure(agencies[0]))
        console.print()

    @staticmethod
    def how_sure(agency: Agency) -> str:
        """What the percentages were learnt from, and how far they hold."""
        calibration = matches.calibration_of(agency)
        if calibration is None or calibration.abstains:
            return f"Peluang belum ditampilkan: {calibration.get_abstains_display() if calibration else 'belum ada'}"
        low, skill, high = (
            calibration.metrics[name] for name in ("brier_skill_low", "brier_skill", "brier_skill_high")
        )
        return (
            f"Peluang dipelajari dari {calibration.outcomes} pengajuan, {calibration.examples} di antaranya riwayat "
            f"contoh buatan (ECE {calibration.metrics['ece']:.3f}, skor keterampilan Brier {skill:.2f}, 95 %: "
            f"{low:.2f} sampai {high:.2f})."
        )

    @staticmethod
    def run_of(agency: Agency) -> uuid.UUID:
        """The run that building the world asked for, if that was just now; else a new one."""
        fresh = MatchRun.objects.filter(agency=agency, created_at__gte=timezone.now() - JUST_NOW)
        latest = fresh.order_by("created_at").last()
        return (latest or matching.request_full_match(actor=None, agency_id=agency.pk)).pk

    def person(self, console: Console) -> None:
        """One ASN: what is missing, and which slots would help."""
        employee = Employee.objects.select_related("agency", "position", "unit").get(
            user__username=username_of("employee", SHOWN)
        )
        console.rule(f"{employee.full_name} – {employee.position.title}, {employee.agency.city}", align="left")
        table = Table(title="Kesenjangan kompetensi", title_justify="left", box=SIMPLE)
        for heading in ("Kompetensi", "Syarat", "Nilai", "Keadaan"):
            table.add_column(heading)
        for line in gap_profile(employee):
            if line.status == GapStatus.MET:
                continue
            assessed = "–" if line.assessed is None else str(line.assessed)
            table.add_row(line.competency.name_id, str(line.required), assessed, str(line.status.label))
        console.print(table)
        names = dict(Competency.objects.values_list("code", "name_id"))
        console.print(f"[bold]{BEST} slot terbaik[/bold]")
        calibration = matches.calibration_of(employee.agency)
        for number, best in enumerate(matches.recommendations_for_employee(employee, limit=BEST), 1):
            percent = matches.chance_of(best.points, calibration)
            chance = "" if percent is None else f", peluang selesai bila diajukan {percent}%"
            console.print(
                f"{number}. [bold]{best.slot.title}[/bold] – {best.slot.partner.name} ({best.points} poin{chance})"
            )
            for reason in reason_lines(best.reasons, names):
                console.print(f"   {reason.points:+5d}  {reason.text}")
        console.print()
        self.path(console, employee, names)
        self.reading(console)

    @staticmethod
    def path(console: Console, employee: Employee, names: Mapping[str, str]) -> None:
        """A slot that is not among the first: what stands in the way, and the smallest change that would bring it there."""
        further = [row.slot for row in matches.recommendations_for_employee(employee)[BEST:]]
        others = Slot.objects.filter(agency=employee.agency).open(employee.agency.today()).order_by("apply_by", "pk")
        slots = [*further, *others[:LOOKED_AT]]
        if not slots:
            return
        for slot in slots:
            pair = matches.look_at_pair(employee, slot)
            change = matches.cheapest_path(employee, slot, pair=pair)
            if change is not None:
                told = f"{change_line(change, names)} ({change.points_after} poin)"
                break
        else:
            slot, told = slots[0], "tidak ada satu perubahan pun yang cukup."
            pair = matches.look_at_pair(employee, slot)
        console.print(f"[bold]Mengapa bukan “{slot.title}”?[/bold] ({pair.match.points} poin)")
        for reason in reason_lines(pair.hindrances, names):
            console.print(f"   {reason.text}")
        console.print(f"   Perubahan terkecil agar masuk lima teratas: {told}")
        console.print()

    @staticmethod
    def reading(console: Console) -> None:
        """What the skill reader hears in a text that nobody has labelled."""
        console.print(f"[bold]Kompetensi yang terbaca dari teks[/bold] “{TEXT}”")
        for reading in matches.read_skills(TEXT, limit=3):
            console.print(
                f"   {reading.competency.name_id}: {level_word(reading.from_level)} → {level_word(reading.to_level)}, "
                f"dari “{reading.phrase}” (keyakinan {reading.percent}%)"
            )
        console.print()

    def road(self, console: Console, tick: Callable[[], object]) -> None:
        """The story from slot to award, told while it happens."""
        console.rule("Satu perjalanan, dari slot sampai penghargaan", align="left")
        for number, step in enumerate(walk(city=SHOWN, tick=tick), 1):
            console.print(f"{number:2d}. [bold]{step.actor}[/bold] ({step.name}) {step.what}")
        console.print()


def work_here() -> None:
    """What the workers would do next."""
    outbox.drain()
    for run in MatchRun.objects.filter(finished_at=None):
        matching.run_match(run_id=run.pk)
