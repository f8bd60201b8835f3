"""Any list as an Excel workbook: the same address with ``format=xlsx``, so the same filters and the same permission.

A cell is text, number or date, never a formula: what begins like one is quoted and stored as text as well.
"""

from __future__ import annotations

import datetime as dt
import itertools
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest
from django.utils.functional import Promise
from django.utils.text import slugify
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from core.errors import Invalid
from web.pages import user_of
from web.services import record_export

MOST_ROWS = 100_000
CHUNK = 500
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_LONGEST_CELL = 32_000
_DAY, _MOMENT = "dd/mm/yyyy", "dd/mm/yyyy hh:mm"
# Of the address: what is no filter.
_NO_FILTERS = {"format", "page", "sort"}


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its head, and the value of a row."""

    label: str | Promise
    value: Callable[[Any], object]
    width: int = 22


def wants_sheet(request: HttpRequest) -> bool:
    """Whether the address asks for the list as a workbook."""
    return request.GET.get("format") == "xlsx"


def sheet(
    request: HttpRequest,
    name: str,
    rows: QuerySet[Any] | Sequence[Any],
    fields: Sequence[Field],
    *,
    agency_id: uuid.UUID | None = None,
    zone: dt.tzinfo | None = None,
    prepare: Callable[[list[Any]], object] | None = None,
    purpose: str = "",
) -> FileResponse:
    """The rows as an attachment called ``name``; ``prepare`` gets some hundred rows at a time before they are written.

    Raises Invalid(``export_too_large``). Who exported which list, by which filters and for how many rows is audited.
    """
    total = rows.count() if isinstance(rows, QuerySet) else len(rows)
    if total > MOST_ROWS:
        raise Invalid("export_too_large", rows=total, limit=MOST_ROWS)
    book = Workbook(write_only=True)
    page = book.create_sheet(title=slugify(name)[:30] or "data")
    page.freeze_panes = "A2"
    for number, field in enumerate(fields, start=1):
        page.column_dimensions[get_column_letter(number)].width = field.width
    heads = [_cell(page, str(field.label), None) for field in fields]
    for head in heads:
        head.font = Font(bold=True)
    page.append(heads)
    written = 0
    for row in _prepared(rows, prepare):
        page.append([_cell(page, field.value(row), zone) for field in fields])
        written += 1
    out = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    book.save(out)
    out.seek(0)
    filters = {key: str(value) for key, value in request.GET.items() if value and key not in _NO_FILTERS}
    record_export(
        actor=user_of(request), agency_id=agency_id, name=name, filters=filters, rows=written, purpose=purpose
    )
    response = FileResponse(out, as_attachment=True, filename=f"{slugify(name) or 'data'}.xlsx", content_type=XLSX)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _prepared(rows: QuerySet[Any] | Sequence[Any], prepare: Callable[[list[Any]], object] | None) -> Iterator[Any]:
    """All rows, a chunk in memory at a time."""
    source: Iterable[Any] = rows.iterator(chunk_size=CHUNK) if isinstance(rows, QuerySet) else rows
    walk = iter(source)
    while chunk := list(itertools.islice(walk, CHUNK)):
        if prepare is not None:
            prepare(chunk)
        yield from chunk


def _cell(page: Any, value: object, zone: dt.tzinfo | None) -> Any:
    if value is None or value == "":
        return WriteOnlyCell(page, value=None)
    if isinstance(value, dt.datetime):
        cell = WriteOnlyCell(page, value=value.astimezone(zone or dt.UTC).replace(tzinfo=None))
        cell.number_format = _MOMENT
        return cell
    if isinstance(value, dt.date):
        cell = WriteOnlyCell(page, value=value)
        cell.number_format = _DAY
        return cell
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return WriteOnlyCell(page, value=value)
    cell = WriteOnlyCell(page, value=inert(str(value)))
    cell.data_type = "s"  # or a text that begins with "=" would be read as a formula
    return cell


def inert(text: str) -> str:
    """Text that no spreadsheet runs: quoted where it begins like a formula, without control characters."""
    quoted = f"'{text}" if text.startswith(_FORMULA) else text
    return ILLEGAL_CHARACTERS_RE.sub("", quoted)[:_LONGEST_CELL]
