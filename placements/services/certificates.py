"""Certificates and the running numbers of letters."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from asn.models import Agency
from core import audit
from placements.models import Certificate, NumberSeries, Placement

# Letters about magang and exchange: archive class of Permendagri 83/2022.
ARCHIVE_CLASS = "800.1.4.1"


def next_number(agency: Agency, series: str, year: int) -> int:
    """Take the next running number under a row lock: no gap within a committed year, no repetition."""
    NumberSeries.objects.bulk_create([NumberSeries(agency=agency, series=series, year=year)], ignore_conflicts=True)
    row = NumberSeries.objects.select_for_update(no_key=True).get(agency=agency, series=series, year=year)
    row.last += 1
    row.save(update_fields=("last", "updated_at"))
    return row.last


def issue_certificate(placement: Placement, *, actor: User, kind: str, now: datetime | None = None) -> Certificate:
    """Issue the one certificate (or statement) of a placement, inside the service that ends it."""
    today = placement.agency.today(now)
    number = next_number(placement.agency, "certificate", today.year)
    certificate = Certificate.objects.create(
        agency_id=placement.agency_id,
        placement=placement,
        kind=kind,
        number=f"{ARCHIVE_CLASS}/{number:04d}/{placement.agency.hr_office_short}/{today.year}",
        issued_on=today,
        issued_by=actor,
    )
    audit.record(
        actor=actor,
        action="certificate.issued",
        obj=certificate,
        after={"kind": kind, "number": certificate.number, "placement": str(placement.pk)},
    )
    return certificate
