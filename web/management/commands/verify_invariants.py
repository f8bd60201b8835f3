"""Recompute what must never break from raw rows: seats, decisions, overlaps, ledgers, deliveries, the audit chain."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from asn.models import Agency
from core.audit import broken_links
from matching.services import verify_lists

SAMPLE = 20  # people an agency whose points are computed again

# Each query finds the rows that break the promise; none is what we want. Raw SQL on purpose: this must not
# share a mistake with the code it checks.
QUERIES = {
    "seats: counter equals placements that hold a seat, and stays within the seats": """
        SELECT s.id::text FROM partners_slot s
        LEFT JOIN placements_placement p ON p.slot_id = s.id
          AND NOT (p.status = 'no_show' OR (p.status = 'ended_early' AND p.started_at IS NULL))
        GROUP BY s.id HAVING s.filled_seats <> count(p.id) OR s.filled_seats > s.seats""",
    "seats: those held are what applications hold, and none beyond the seats": """
        SELECT s.id::text FROM partners_slot s
        LEFT JOIN placements_application a ON a.slot_id = s.id AND a.holds_seat
        GROUP BY s.id HAVING s.held_seats <> count(a.id) OR s.filled_seats + s.held_seats > s.seats""",
    "seats: those of a reserve's unit are counted": """
        SELECT s.id::text FROM partners_slot s
        LEFT JOIN placements_application a ON a.slot_id = s.id AND a.uses_reserve
        LEFT JOIN placements_placement p ON p.application_id = a.id
        GROUP BY s.id HAVING s.reserve_used <> count(a.id) FILTER (WHERE p.id IS NULL
          OR NOT (p.status = 'no_show' OR (p.status = 'ended_early' AND p.started_at IS NULL)))""",
    "waitlist: whoever waits or is offered a seat has a named officer's word": """
        SELECT a.id::text FROM placements_application a WHERE a.status IN ('waitlisted', 'offered') AND NOT EXISTS (
          SELECT 1 FROM placements_decision d WHERE d.application_id = a.id AND d.attempt = a.attempt
            AND d.step = 'hr' AND d.outcome = 'waitlisted')""",
    "overlap: no person in two placements that keep the same days": """
        SELECT a.id::text FROM placements_placement a JOIN placements_placement b
          ON a.employee_id = b.employee_id AND a.id < b.id AND a.blocks_time AND b.blocks_time
          AND daterange(a.starts_on, a.ends_on, '[]') && daterange(b.starts_on, b.ends_on, '[]')
        WHERE a.status IN ('preparing', 'active', 'on_hold', 'finishing')
          AND b.status IN ('preparing', 'active', 'on_hold', 'finishing')""",
    "decisions: each step of an attempt once, by different people": """
        SELECT application_id::text FROM placements_decision
        WHERE step NOT IN ('offer', 'removal', 'withdrawal')
        GROUP BY application_id, attempt
        HAVING count(*) <> count(DISTINCT step) OR count(*) <> count(DISTINCT decided_by_id)""",
    "status follows decisions: accepted applications were cleared, approved and accepted": """
        SELECT a.id::text FROM placements_application a WHERE a.status = 'accepted' AND 4 <> (
          SELECT count(*) FROM placements_decision d WHERE d.application_id = a.id AND d.attempt = a.attempt
            AND d.outcome IN ('submitted', 'cleared', 'approved', 'waitlisted', 'accepted'))""",
    "accepted applications and placements are one to one": """
        SELECT a.id::text FROM placements_application a LEFT JOIN placements_placement p ON p.application_id = a.id
        WHERE (a.status = 'accepted') <> (p.id IS NOT NULL)""",
    "hours: one line a cause, reversed at most once, ceiling of PPPK kept": """
        SELECT e.id::text FROM placements_learninghourentry l
        JOIN asn_employee e ON e.id = l.employee_id JOIN asn_agency g ON g.id = e.agency_id
        WHERE e.kind = 'pppk'
        GROUP BY e.id, l.account_year, g.pppk_contract_hours HAVING sum(l.counted_hours) > g.pppk_contract_hours""",
    "awards: none without a decree, none twice": """
        SELECT p.id::text FROM incentives_awardproposal p LEFT JOIN incentives_award a ON a.proposal_id = p.id
        WHERE (p.status = 'granted') <> (a.id IS NOT NULL)""",
    "completed placements have a certificate": """
        SELECT p.id::text FROM placements_placement p LEFT JOIN placements_certificate c ON c.placement_id = p.id
        WHERE p.status = 'completed' AND c.id IS NULL""",
    "recommendations: nobody's list is of another agency": """
        SELECT l.employee_id::text FROM matching_employeelist l
        JOIN matching_generation g ON g.id = l.generation_id LEFT JOIN asn_employee e ON e.id = l.employee_id
        WHERE e.agency_id IS DISTINCT FROM g.agency_id""",
    "outbox: nothing pending for more than an hour": """
        SELECT id::text FROM core_outboxdelivery
        WHERE done_at IS NULL AND parked_at IS NULL AND available_at < now() - interval '1 hour'""",
}


def broken_promises() -> dict[str, list[str]]:
    """Promise -> ids of rows that break it (ten at most); empty lists where it holds."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for promise, query in QUERIES.items():
            cursor.execute(f"{query} LIMIT 10")
            found[promise] = [row[0] for row in cursor.fetchall()]
    found["recommendations: stored points follow from their model"] = [
        row for agency in Agency.objects.all() for row in verify_lists(agency=agency, sample=SAMPLE).wrong
    ][:10]
    found["audit: every chain verifies"] = [f"{chain} #{number} {what}" for chain, number, what in broken_links()]
    return found


class Command(BaseCommand):
    help = "Recompute the invariants from raw rows; exit 1 when one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print JSON for machines.")

    def handle(self, *args: Any, **options: Any) -> None:
        found = broken_promises()
        if options["json"]:
            self.stdout.write(json.dumps({"ok": not any(found.values()), "broken": found}, indent=2))
        else:
            for promise, rows in found.items():
                self.stdout.write(
                    f"{'BROKEN' if rows else 'ok    '} {promise}" + (f": {', '.join(rows)}" if rows else "")
                )
        if any(found.values()):
            sys.exit(1)
