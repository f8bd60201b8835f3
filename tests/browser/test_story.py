"""The story "slot to award" as people walk it: in the browser, in Bahasa Indonesia, the ASN on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Page, expect

from core import outbox
from incentives import services as incentives
from incentives.models import Award
from matching.services import refresh_agency
from partners.models import Slot
from placements.models import Application, LearningHourEntry, Placement
from tests.factories.asn import AssessmentFactory, CompetencyFactory, PositionStandardFactory
from tests.factories.core import PDF
from tests.factories.placements import Road, make_road
from web.management.commands.verify_invariants import broken_promises

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

TITLE = "Magang sehari menyusun dasbor layanan"


def said(sentence: str) -> str:
    """The sentence as the page says it."""
    with translation.override("id"):
        return str(gettext(sentence))


def button(page: Page, label: str) -> None:
    page.get_by_role("button", name=said(label), exact=True).first.click()


def fill(page: Page, label: str, value: str) -> None:
    page.get_by_label(re.compile(rf"^\s*{re.escape(said(label))}\s*(\(|$)")).first.fill(value)


@pytest.fixture
def road() -> Road:
    made = make_road()
    competency = CompetencyFactory(code="TEK-216-02", name_id="Analisis Data Layanan")
    PositionStandardFactory(position=made.employee.position, competency=competency, level=3)
    AssessmentFactory(employee=made.employee, competency=competency, level=1)
    incentives.create_award_rule(
        actor=made.hr,
        agency_id=made.agency.pk,
        code="piagam",
        name="Piagam Penerapan Terbaik",
        decided_by="Wali Kota",
        document="Piagam",
    )
    refresh_agency(agency_id=made.agency.pk)
    return made


def test_from_slot_to_award(road: Road, visitor: Callable[..., Page], tmp_path: Path) -> None:
    assert road.mentor.user is not None
    partner = visitor(road.member)
    office = visitor(road.hr)
    asn = visitor(road.applicant, phone=True)
    today = road.agency.today().isoformat()

    slot = post_slot(partner, road, today)
    publish_slot(office, slot)
    outbox.drain()
    apply_by_phone(asn, slot)
    application = Application.objects.get(slot=slot)
    clear(visitor(road.boss), application)
    approve(office, application)
    placement = accept(partner, application)
    write_plan(asn, placement)
    mentor = visitor(road.mentor.user)
    agree(mentor, placement)
    issue_letter_and_start(office, placement, today, tmp_path)
    keep_logbook(asn, placement)
    verify_and_evaluate(mentor, placement)
    evaluate_by_phone(asn, placement)
    complete(mentor, placement)
    outbox.drain()
    assert LearningHourEntry.objects.get(placement=placement).counted_hours == 20
    grant(office, placement, today)
    outbox.drain()
    see_what_it_brought(asn, placement)
    assert not any(broken_promises().values())


def post_slot(page: Page, road: Road, today: str) -> Slot:
    page.goto("/partner/slots/new/")
    page.get_by_label(said("Agreement")).first.select_option(str(road.slot.agreement_id))
    fill(page, "Title", TITLE)
    fill(
        page,
        "What will people do, with whom, and what will they take home?",
        "Peserta mengolah data pengaduan bersama tim kami. Sore hari dasbor pertama dipaparkan kepada unit.",
    )
    lines = page.get_by_role("group", name=f"{said('Outcome')} 1")
    lines.get_by_label(said("Competency")).select_option("TEK-216-02")
    lines.get_by_label(said("From level")).select_option("1")
    lines.get_by_label(said("To level")).select_option("3")
    fill(page, "Place", "Surakarta")
    for label in ("First day", "Last day", "Apply until"):
        fill(page, label, today)
    button(page, "Keep the draft and check it")
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    slot = Slot.objects.get(title=TITLE)
    page.get_by_label(said("Mentor"), exact=True).select_option(str(road.mentor.pk))
    button(page, "Tie to this slot")
    button(page, "Hand in for review")
    expect(page.get_by_text(said("Handed in: HR checks the slot now."))).to_be_visible()
    return slot


def publish_slot(page: Page, slot: Slot) -> None:
    page.goto(f"/agency/slots/{slot.pk}/")
    button(page, "Publish")
    page.wait_for_load_state()
    assert Slot.objects.get(pk=slot.pk).status == "published"


def apply_by_phone(page: Page, slot: Slot) -> None:
    page.goto("/recommendations/")
    page.get_by_role("link", name=TITLE).first.click()
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    page.goto(f"/slots/{slot.pk}/apply/")
    fill(page, "Why this slot, and what will you do with it at work?", "Dinas kami perlu dasbor pengaduan pekan depan.")
    page.get_by_label(said("No"), exact=True).check()
    page.get_by_role("checkbox").check()
    page.locator("main button[type=submit]").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert Application.objects.get(slot=slot).status == "awaiting_clearance"


def clear(page: Page, application: Application) -> None:
    page.goto("/clearances/")
    page.get_by_role("link", name=application.employee.name).first.click()
    button(page, "Clear")
    expect(page.get_by_text(said("Cleared: HR has the application now."))).to_be_visible()


def approve(page: Page, application: Application) -> None:
    page.goto(f"/agency/applications/{application.pk}/")
    button(page, "Approve")
    page.wait_for_load_state()
    assert Application.objects.get(pk=application.pk).status == "approved"


def accept(page: Page, application: Application) -> Placement:
    page.goto("/partner/candidates/")
    page.get_by_role("link", name=application.employee.name).first.click()
    button(page, "Accept")
    expect(page.get_by_text(said("Accepted: the seat is taken."))).to_be_visible()
    return Placement.objects.get(application=application)


def write_plan(page: Page, placement: Placement) -> None:
    page.goto(f"/placements/{placement.pk}/plan/")
    fill(page, "What will you do for it?", "Mengolah data pengaduan sepekan")
    fill(page, "What will show that it was reached?", "Dasbor terpasang di dinas")
    page.locator("main button[type=submit]").first.click()
    expect(page.get_by_text(said("Your plan has been handed to the mentor to agree."))).to_be_visible()


def agree(page: Page, placement: Placement) -> None:
    page.goto("/mentor/")
    page.get_by_role("link", name=placement.employee.name).first.click()
    button(page, "Agree to the learning plan")
    expect(page.get_by_text(said("You have agreed to the learning plan."))).to_be_visible()


def issue_letter_and_start(page: Page, placement: Placement, today: str, tmp_path: Path) -> None:
    letter = tmp_path / "surat.pdf"
    letter.write_bytes(PDF)
    page.goto(f"/agency/placements/{placement.pk}/letter/")
    fill(page, "Number of the letter", "800.1.4.1/12/2026")
    fill(page, "Date of the letter", today)
    fill(page, "Signed by", "Sekretaris Daerah")
    page.get_by_label(said("Signed letter as PDF")).set_input_files(letter)
    button(page, "Keep the letter")
    button(page, "Start the placement")
    page.wait_for_load_state()
    assert Placement.objects.get(pk=placement.pk).status == "active"


def keep_logbook(page: Page, placement: Placement) -> None:
    page.goto(f"/placements/{placement.pk}/logbook/")
    fill(page, "What did you do?", "Mengolah data pengaduan dan menyusun dasbor pertama")
    page.locator("main button[type=submit]").first.click()
    expect(page.get_by_text(said("The day is written; your mentor can read it now."))).to_be_visible()


def verify_and_evaluate(page: Page, placement: Placement) -> None:
    page.goto(f"/participants/{placement.pk}/")
    button(page, "Verify")
    expect(page.get_by_text(said("The day is verified."))).to_be_visible()
    page.goto(f"/participants/{placement.pk}/evaluation/")
    page.get_by_label(said("5 – excellent")).check()
    fill(page, "Strengths", "Teliti dan cepat belajar")
    page.locator("select").first.select_option("3")
    button(page, "Send the evaluation")
    expect(page.get_by_text(said("Thank you: your evaluation is kept.")).first).to_be_visible()


def evaluate_by_phone(page: Page, placement: Placement) -> None:
    page.goto(f"/placements/{placement.pk}/evaluation/")
    page.get_by_label(said("4 – useful")).check()
    fill(page, "What will you use at work, and when?", "Dasbor pengaduan mulai pekan depan")
    button(page, "Send my evaluation")
    expect(page.get_by_text(said("Thank you: your evaluation is kept.")).first).to_be_visible()


def complete(page: Page, placement: Placement) -> None:
    page.goto(f"/participants/{placement.pk}/completion/")
    button(page, "Complete the placement")
    expect(page.get_by_text(said("Completed: the certificate is issued."))).to_be_visible()


def grant(page: Page, placement: Placement, today: str) -> None:
    page.goto("/agency/awards/")
    page.get_by_role("link", name=placement.employee.name).first.click()
    button(page, "The facts are right")
    fill(page, "Number of the decree", "100.3.3.3/8/2026")
    fill(page, "Date of the decree", today)
    fill(page, "Signed by", "Wali Kota")
    button(page, "Grant the award")
    page.wait_for_load_state()
    assert Award.objects.get().decree_number == "100.3.3.3/8/2026"


def see_what_it_brought(page: Page, placement: Placement) -> None:
    page.goto("/hours/")
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"20\s*/\s*20"))
    page.goto("/awards/")
    expect(page.get_by_text("Piagam Penerapan Terbaik").first).to_be_visible()
    page.goto(f"/placements/{placement.pk}/")
    expect(page.get_by_text(placement.certificate.number).first).to_be_visible()
    overflow = page.locator("html").evaluate("e => e.scrollWidth > e.clientWidth")
    assert not overflow


def test_the_employee_side_without_script(road: Road, visitor: Callable[..., Page]) -> None:
    """The same pages work plain: applying and withdrawing with JavaScript off, on a phone."""
    page = visitor(road.applicant, phone=True, javascript=False)
    page.goto(f"/slots/{road.slot.pk}/apply/")
    fill(page, "Why this slot, and what will you do with it at work?", "Dinas kami perlu dasbor pengaduan pekan depan.")
    page.get_by_label(said("No"), exact=True).check()
    page.get_by_role("checkbox").check()
    page.locator("main button[type=submit]").first.click()
    application = Application.objects.get(slot=road.slot)
    assert application.status == "awaiting_clearance"
    page.goto(f"/applications/{application.pk}/withdraw/")
    page.locator("main button[type=submit]").first.click()
    assert Application.objects.get(pk=application.pk).status == "withdrawn"
