"""An ASN finds, applies, follows and writes; the supervisor clears. By role and visible label, as people do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from core import outbox
from matching import services as matching
from placements.models import Application, LogbookEntry, Placement
from placements.states import ApplicationStatus
from tests.factories.placements import MOTIVATION, Road, make_road

pytestmark = pytest.mark.django_db(transaction=True)

Visitor = Callable[..., Page]


def given_a_recommended_slot() -> Road:
    road = make_road(title="Magang dasbor layanan", employee={"name": "Ratna Sari"})
    matching.refresh_agency(agency_id=road.agency.pk)
    return road


def given_a_running_placement() -> Road:
    today = date.today()
    road = make_road(
        title="Magang dasbor layanan",
        starts_on=today + timedelta(days=1),
        ends_on=today + timedelta(days=60),
        apply_by=today,
    )
    road.start()
    Placement.objects.filter(pk=road.placement.pk).update(starts_on=today - timedelta(days=8))
    return road


def fits_and_is_accessible(page: Page) -> None:
    """No sideways scrolling, and nothing that axe finds serious."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    found = [
        f"{violation['id']}: {violation['nodes'][0]['html']}"
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert found == []


def apply(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Magang dasbor layanan").click()
    expect(page.get_by_text("Menutup 1 dari 1 kesenjangan terpenting Anda")).to_be_visible()
    page.get_by_role("link", name="Ajukan").click()
    page.get_by_label("Mengapa slot ini").fill(MOTIVATION)
    page.get_by_label("Tidak", exact=True).check()
    page.get_by_label("Saya setuju mitra melihat").check()
    page.get_by_role("button", name="Ajukan").click()
    expect(page.get_by_text("Pengajuan telah diserahkan")).to_be_visible()


@pytest.mark.parametrize(("phone", "javascript"), [(True, True), (False, False)])
def test_from_recommendation_to_clearance(visitor: Visitor, phone: bool, javascript: bool) -> None:
    road = given_a_recommended_slot()

    # When the ASN applies for the slot that home recommends,
    asn = visitor(road.applicant, phone=phone, javascript=javascript)
    apply(asn)
    # then the page says who holds it and until when,
    expect(asn.get_by_role("list", name="Perjalanan").get_by_text(road.supervisor.full_name)).to_be_visible()
    # and when the supervisor, told of it, opens the notification and clears,
    outbox.drain()
    boss = visitor(road.boss, phone=phone, javascript=javascript)
    boss.goto("/notifications/")
    boss.get_by_role("button", name="Buka Perlu keputusan Anda").click()
    expect(boss.get_by_role("heading", name="Ratna Sari")).to_be_visible()
    boss.get_by_role("button", name="Izinkan").click()
    expect(boss.get_by_text("pengajuan kini pada pengelola kepegawaian")).to_be_visible()
    # then HR has it.
    asn.reload()
    expect(asn.locator("[aria-current=step]")).to_contain_text("Keputusan pengelola kepegawaian")
    assert Application.objects.get().status == ApplicationStatus.SUBMITTED


def test_what_is_missing_is_said_and_nothing_typed_is_lost(visitor: Visitor, console: list[str]) -> None:
    road = given_a_recommended_slot()
    page = visitor(road.applicant, phone=True)
    page.goto(f"/slots/{road.slot.pk}/apply/")
    page.get_by_label("Mengapa slot ini").fill(MOTIVATION)
    page.get_by_role("button", name="Ajukan").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_count(2)
    expect(page.get_by_label("Mengapa slot ini")).to_have_value(MOTIVATION)
    page.get_by_role("button", name="Simpan draf").click()
    expect(page.get_by_text("Draf tersimpan")).to_be_visible()
    assert ["422" in line for line in console] == [True]  # the browser itself tells of the refused form
    console.clear()


def test_filters_change_the_list_and_the_address(visitor: Visitor) -> None:
    road = given_a_recommended_slot()
    page = visitor(road.applicant)
    page.goto("/slots/")
    page.get_by_label("Jenis").select_option("mentoring")
    expect(page.get_by_text("Tidak ada slot yang sesuai")).to_be_visible()
    assert "kind=mentoring" in page.url
    page.go_back()
    expect(page.get_by_role("link", name="Magang dasbor layanan")).to_be_visible()


def test_a_day_is_written_with_one_field_on_a_phone(visitor: Visitor) -> None:
    road = given_a_running_placement()
    page = visitor(road.applicant, phone=True)
    page.goto("/")
    page.get_by_role("link", name="Logbook minggu ini").click()
    page.get_by_label("Apa yang Anda kerjakan?").fill("Menyusun dasbor layanan bersama tim data")
    page.get_by_role("button", name="Serahkan kepada pembimbing").click()
    expect(page.get_by_text("Catatan tersimpan")).to_be_visible()
    assert LogbookEntry.objects.get().hours == 8
