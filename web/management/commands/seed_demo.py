"""Build the demo world."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.utils import timezone

from core import outbox
from web.demo.builder import DemoExists, build
from web.demo.world import SIZES, plan


class Command(BaseCommand):
    help = "Build five made-up cities with people, partners and slots; does nothing when they are there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="the same seed and day give the same world")
        parser.add_argument("--size", choices=sorted(SIZES), default="city")

    def handle(self, *args: Any, seed: int, size: str, **options: Any) -> None:
        began = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")  # what a crash takes can be built again
        world = plan(seed=seed, size=size, today=timezone.localdate())
        try:
            summary = build(world, say=self.stdout.write)
        except DemoExists:
            self.stdout.write("The demo world is there already; nothing was changed.")
            return
        outbox.drain()
        self.stdout.write(
            f"Built in {time.monotonic() - began:.0f} s: {summary.agencies} cities, {summary.employees} ASN, "
            f"{summary.assessments} assessments, {summary.partners} partners, {summary.slots} slots, "
            f"{summary.mentors} mentors, {summary.applications} applications, of which {summary.finished} finished, "
            f"and {summary.past} made-up ones of the past to learn percentages from."
        )
