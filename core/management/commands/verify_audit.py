"""Walk every chain of audit rows from its first to its last link."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from core.audit import broken_links
from core.models import AuditEvent


class Command(BaseCommand):
    """``manage.py verify_audit [--json]``: exit status 1 and the first bad row of each broken chain."""

    help = "Verify the audit trail; name the first altered, missing or swapped row of each chain."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer an answer for programs."""
        parser.add_argument("--json", action="store_true", help="one JSON object instead of sentences")

    def handle(self, *, json: bool = False, **_: object) -> None:
        """Report, and end with the status that says it."""
        broken = list(broken_links())
        rows = AuditEvent.objects.count()
        if json:
            self.stdout.write(_as_json(rows, [link._asdict() for link in broken]))
        else:
            for link in broken:
                self.stdout.write(f"chain {link.chain}: row {link.sequence} is {link.problem}")
            self.stdout.write(f"{rows} audit rows, {len(broken)} broken chains.")
        if broken:
            sys.exit(1)


def _as_json(rows: int, broken: list[dict[str, object]]) -> str:
    return json.dumps({"ok": not broken, "rows": rows, "broken": broken})
