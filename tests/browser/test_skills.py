"""A partner types what people will do, and the form says which competencies it hears."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from asn.models import Competency
from matching.services import fit_model
from tests.browser.test_employee_road import fits_and_is_accessible
from tests.factories.asn import CompetencyFactory
from tests.factories.placements import Road, make_road

pytestmark = pytest.mark.django_db(transaction=True)

Visitor = Callable[..., Page]
WORDS = "Peserta membersihkan data, membuat visualisasi dan dasbor, lalu menyajikan analisis statistik."


def given_a_fitted_model() -> tuple[Road, Competency]:
    road = make_road()
    data = CompetencyFactory(
        code="TEK-901-01",
        name_id="Analisis data dan statistik",
        description_id="Mengolah data, membuat visualisasi, dasbor dan analisis statistik.",
    )
    for number, (name, text) in enumerate(
        (("Pengelolaan arsip", "Menata dan menyusutkan arsip."), ("Promosi wisata", "Menyusun kampanye wisata.")), 2
    ):
        CompetencyFactory(code=f"TEK-901-0{number}", name_id=name, description_id=text)
    fit_model()
    return road, data


@pytest.mark.parametrize("javascript", [True, False])
def test_a_suggestion_is_read_and_taken_over(visitor: Visitor, javascript: bool) -> None:
    road, data = given_a_fitted_model()
    page = visitor(road.member, phone=True, javascript=javascript)
    page.goto("/partner/slots/new/")
    page.get_by_label("Judul").fill("Magang dasbor data")
    page.get_by_label("Apa yang akan dikerjakan").fill(WORDS)
    if not javascript:
        page.get_by_role("button", name="Baca kompetensi dari uraian").click()
    use = page.get_by_role("button", name="Pakai Analisis data dan statistik")
    expect(use).to_be_visible()
    if javascript:
        fits_and_is_accessible(page)
    use.click()
    expect(page.get_by_label("Kompetensi").first).to_have_value(data.pk)
    expect(page.get_by_label("Judul")).to_have_value("Magang dasbor data")
    expect(page.get_by_text("sudah ada di daftar Anda")).to_be_visible()


def test_an_skp_is_read_on_a_phone(visitor: Visitor) -> None:
    road, _data = given_a_fitted_model()
    page = visitor(road.applicant, phone=True)
    page.goto("/competencies/")
    page.get_by_role("link", name="Baca SKP").click()
    page.get_by_label("Uraian tugas jabatan").fill(WORDS)
    page.get_by_role("button", name="Baca", exact=True).click()
    expect(page.get_by_role("rowheader", name="Analisis data dan statistik")).to_be_visible()
    fits_and_is_accessible(page)
