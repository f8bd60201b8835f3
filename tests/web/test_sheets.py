"""Every list as a workbook: same rows, same rights, nothing in a cell that runs, and an entry in the audit trail."""

from __future__ import annotations

import datetime as dt
import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from core.errors import Invalid
from core.models import AuditEvent
from tests.factories.placements import Road, make_road
from tests.web.agency import another, signed_in
from web import sheets
from web.sheets import Field, inert, sheet

pytestmark = pytest.mark.django_db

HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    '=HYPERLINK("https://x.invalid")',
    "=cmd|' /C calc'!A0",
]
# list -> who looks at it
LISTS = {
    "agency_people": "hr",
    "agency_queue": "hr",
    "agency_slots": "hr",
    "agency_placements": "hr",
    "agency_partners": "hr",
    "agency_agreements": "hr",
    "agency_awards": "hr",
    "agency_acting": "hr",
    "agency_units": "hr",
    "agency_changes": "hr",
    "agency_corrections": "hr",
    "partner_slots": "member",
    "partner_applications": "member",
    "partner_mentors": "member",
    "partner_placements": "member",
    "partner_agreements": "member",
    "employee_slots": "applicant",
    "employee_applications": "applicant",
    "employee_placements": "applicant",
    "employee_hours": "applicant",
    "supervisor_queue": "boss",
    "supervisor_team": "boss",
}
# Pages with a table or pages of rows that are no list to take along: figures, one's own diary, samples of components.
NO_LISTS = {
    "agency/home.html",
    "agency/quality.html",
    "agency/queue_result.html",
    "employee/logbook.html",
    "employee/recommended.html",
    "account/notifications.html",
    "gallery.html",
    "skills/read.html",
}


def book_of(response: Any) -> Any:
    assert response.status_code == 200
    assert response["Content-Type"] == sheets.XLSX
    assert response["Content-Disposition"].startswith("attachment")
    return load_workbook(io.BytesIO(b"".join(response.streaming_content))).active


def test_every_list_page_offers_its_workbook() -> None:
    folder = Path(settings.BASE_DIR) / "web" / "templates"
    listing = {
        str(path.relative_to(folder))
        for path in folder.rglob("*.html")
        if re.search(r"<c-(data-table|pagination) ", path.read_text()) and "components" not in path.parts
    }
    offering = {str(p.relative_to(folder)) for p in folder.rglob("*.html") if "<c-export" in p.read_text()}
    assert listing - offering - NO_LISTS == set()
    # The waitlist is one slot's: tests/web/test_waitlist.py takes it along.
    assert len(offering - {"agency/waitlist.html"}) == len(LISTS)


@pytest.mark.parametrize("name", LISTS)
def test_each_list_is_a_workbook_in_which_nothing_runs(name: str) -> None:
    road = make_road(title="=1+1|cmd", employee={"name": "@Ratna"})
    road.slot.partner.name = "+62 Mitra"
    road.slot.partner.save()
    road.accept()
    client = signed_in(getattr(road, LISTS[name]))
    page = client.get(reverse(name))
    assert "format=xlsx" in page.content.decode()
    written = book_of(client.get(reverse(name), {"format": "xlsx"}))
    assert written.freeze_panes == "A2"
    cells = [cell for row in written.iter_rows() for cell in row]
    assert not [(cell.data_type, cell.value) for cell in cells if cell.data_type not in {"s", "n", "d"}]
    assert not [cell.value for cell in cells if isinstance(cell.value, str) and cell.value.startswith(tuple("=+-@"))]
    assert not [cell.value for cell in cells if isinstance(cell.value, str) and road.employee.nip in cell.value]
    event = AuditEvent.objects.get(action="web.export_list")
    assert event.actor == getattr(road, LISTS[name])
    assert event.after["rows"] == written.max_row - 1


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_cell_is_quoted(text: str) -> None:
    assert inert(text).startswith("'")
    assert inert("a" + text) == "a" + text
    assert "\x00" not in inert(f"a\x00{text}")


def test_the_workbook_has_the_rows_of_the_filtered_list() -> None:
    road = make_road(employee={"name": "Ratna Sari"})
    road.accept()
    other = another(road)
    other.employee.name = "Budi Hartono"
    other.employee.save()
    other.accept()
    client, address = signed_in(road.hr), reverse("agency_placements")
    assert book_of(client.get(address, {"format": "xlsx"})).max_row == 3
    found = book_of(client.get(address, {"format": "xlsx", "q": "ratna", "sort": "name"}))
    assert found.max_row == 2
    assert "Ratna" in found["A2"].value
    assert isinstance(found["F2"].value, dt.datetime)
    event = AuditEvent.objects.filter(action="web.export_list").order_by("pk").last()
    assert event is not None
    assert event.after["filters"] == {"q": "…"}  # a name is nobody's business in the trail


def test_the_language_is_the_readers() -> None:
    road = make_road()
    client, address = signed_in(road.hr), reverse("agency_people")
    asked = {"format": "xlsx"}
    assert book_of(client.get(address, asked, headers={"Accept-Language": "en"}))["A1"].value == "Person"
    assert book_of(client.get(address, asked, headers={"Accept-Language": "id"}))["A1"].value != "Person"


def test_a_neighbour_exports_nothing_of_ours() -> None:
    road = make_road()
    road.accept()
    stranger: Road = make_road()
    found = book_of(signed_in(stranger.hr).get(reverse("agency_placements"), {"format": "xlsx"}))
    assert found.max_row == 1
    assert signed_in(road.applicant).get(reverse("agency_people"), {"format": "xlsx"}).status_code == 403


def test_a_partner_reads_an_alias_until_hr_has_approved() -> None:
    road = make_road(employee={"name": "Ratna Sari"})
    road.clear()
    from placements.services import shortlist_application

    shortlist_application(actor=road.hr, application_id=road.application.pk)
    found = book_of(signed_in(road.member).get(reverse("partner_applications"), {"format": "xlsx"}))
    assert found.max_row == 2
    assert "Ratna" not in found["A2"].value


def test_a_whole_nip_needs_hr_and_a_purpose_that_is_kept() -> None:
    road = make_road()
    address = reverse("agency_people_export")
    client = signed_in(road.hr)
    refused = client.post(address, {"purpose": "x"})
    assert refused.status_code == 422
    assert refused.context["purpose_form"].errors["purpose"]
    found = book_of(client.post(address, {"purpose": "Usulan peserta ke LAN"}))
    numbers = {row[1].value for row in found.iter_rows(min_row=2)}
    assert road.employee.nip in numbers
    event = AuditEvent.objects.get(action="web.export_list")
    assert event.after["purpose"] == "Usulan peserta ke LAN"
    assert signed_in(road.boss).post(address, {"purpose": "Usulan peserta ke LAN"}).status_code == 403


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch, rf: RequestFactory) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    request = rf.get("/x/")
    request.user = make_road().hr
    with pytest.raises(Invalid) as caught:
        sheet(request, "Daftar", [1, 2, 3], [Field("A", lambda row: row)])
    assert caught.value.code == "export_too_large"


def test_three_rows_take_as_many_queries_as_one() -> None:
    road = make_road()
    road.accept()
    client, address = signed_in(road.hr), reverse("agency_placements")

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            book_of(client.get(address, {"format": "xlsx"}))
        return len(caught)

    queries()
    one = queries()
    for _ in range(2):
        another(road).accept()
    assert queries() == one
