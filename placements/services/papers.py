"""Numbered papers of a placement: their numbers, their files, and what replaces what."""

from __future__ import annotations

import re
import uuid
from datetime import datetime

from django.core.files.base import ContentFile
from django.utils import translation

from asn.models import Agency
from core.files import store_pdf
from core.models import StoredFile
from core.services import service
from placements.models import Certificate, NumberSeries, Paper, Placement
from placements.services.common import moment
from placements.states import PaperKind

# Letters about magang and exchange: archive class of Permendagri 83/2022.
ARCHIVE_CLASS = "800.1.4.1"


def next_number(agency: Agency, series: str, year: int, *, above: int = 0) -> int:
    """Take the next running number, higher than ``above``, under a row lock: no gap in a committed year, none twice."""
    NumberSeries.objects.bulk_create([NumberSeries(agency=agency, series=series, year=year)], ignore_conflicts=True)
    row = NumberSeries.objects.select_for_update(no_key=True).get(agency=agency, series=series, year=year)
    row.last = max(row.last, above) + 1
    row.save(update_fields=("last", "updated_at"))
    return row.last


def running_number(agency: Agency, series: str, year: int, *, above: int = 0) -> str:
    """The next number of a series as it is written: archive class, number, office, year."""
    return _written(agency, next_number(agency, series, year, above=above), year)


def letter_number(agency: Agency, year: int) -> str:
    """The next number of a surat tugas; above those that were entered by hand in the same form."""
    pattern = re.compile(_written(agency, 0, year).replace("0000", "([0-9]{1,6})", 1).replace(".", "[.]"))
    entered = Placement.objects.filter(
        agency=agency, letter_number__startswith=f"{ARCHIVE_CLASS}/", letter_number__endswith=f"/{year}"
    ).values_list("letter_number", flat=True)
    highest = max((int(found[1]) for text in entered if (found := pattern.fullmatch(text))), default=0)
    return running_number(agency, "letter", year, above=highest)


def _written(agency: Agency, number: int, year: int) -> str:
    return f"{ARCHIVE_CLASS}/{number:04d}/{agency.hr_office_short}/{year}"


def replace_paper(placement: Placement, paper: Paper, *, now: datetime | None) -> Paper:
    """Write a paper beside the one it replaces, inside the service that holds the placement's lock."""
    current = Paper.objects.filter(placement=placement, kind=paper.kind, superseded_at=None)
    current.update(superseded_at=moment(now))
    paper.agency_id = placement.agency_id
    paper.placement = placement
    paper.save(force_insert=True)
    return paper


@service
def keep_paper_file(*, paper_id: uuid.UUID, content: bytes) -> Paper:
    """Keep the PDF of a paper; one that has its file keeps that one, however often it is made."""
    found = Paper.objects.values("placement_id").get(pk=paper_id)
    placement = Placement.objects.select_for_update(of=("self",), no_key=True).get(pk=found["placement_id"])
    paper = Paper.objects.select_for_update(of=("self",), no_key=True).get(pk=paper_id)
    if paper.file_id is not None:
        return paper
    with translation.override("id"):
        title = f"{paper.get_kind_display()} {paper.number}"
    paper.file = store_made(paper, content, title)
    paper.save(update_fields=("file", "updated_at"))
    if paper.kind == PaperKind.LETTER and paper.superseded_at is None:
        placement.letter_file = paper.file
        placement.save(update_fields=("letter_file", "updated_at"))
    return paper


def store_made(row: Paper | Certificate, content: bytes, title: str) -> StoredFile:
    """A PDF of ours, under a title without a name or a NIP in it."""
    return store_pdf(actor=None, upload=ContentFile(content), title=title.replace("/", "-"), agency_id=row.agency_id)
