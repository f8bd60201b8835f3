"""Load the reference data that ships with Padan: competencies, levels, class standards, JP rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from asn.services import load_reference
from placements.services import load_hour_rules


class Command(BaseCommand):
    help = "Load or refresh competencies, level descriptors, class standards and JP conversion rules."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, help="A folder with your own CSV files of the same names.")

    def handle(self, *args: Any, folder: Path | None = None, **options: Any) -> None:
        report = load_reference(folder=folder)
        rules = (
            load_hour_rules(path=folder / "jp_conversion.csv")
            if folder and (folder / "jp_conversion.csv").exists()
            else load_hour_rules()
        )
        self.stdout.write(f"{report}; {rules} JP rules")
