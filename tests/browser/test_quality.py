"""How good the matching is, read on a phone, and the ceiling set there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from matching.models import MatchPolicy
from matching.services import refresh_agency
from tests.browser.test_employee_road import fits_and_is_accessible
from tests.factories.placements import make_road
from tests.web.test_agency_quality import calibrate, report

pytestmark = pytest.mark.django_db(transaction=True)

Visitor = Callable[..., Page]


def test_hr_reads_the_figures_and_sets_the_ceiling_on_a_phone(visitor: Visitor) -> None:
    road = make_road()
    refresh_agency(agency_id=road.agency.pk)
    report(road, ratio=0.7, by_chance=0.75, top=60)
    calibrate(road)
    page = visitor(road.hr, phone=True)
    page.goto("/agency/")
    page.get_by_role("link", name="Mutu pencocokan").click()
    expect(page.get_by_role("img", name="Keandalan")).to_be_visible()
    fits_and_is_accessible(page)
    page.get_by_role("link", name="Ubah batas").click()
    fits_and_is_accessible(page)
    page.get_by_label("Bagian terbesar satu mitra").fill("25")
    page.get_by_label("Dasar").fill("SE Wali Kota 12/2026")
    page.get_by_label("Ya, semua rekomendasi").check()
    page.get_by_role("button", name="Tetapkan batas").click()
    expect(page.get_by_text("SE Wali Kota 12/2026")).to_be_visible()
    assert MatchPolicy.objects.get(agency=road.agency).first_place_ceiling == 25
