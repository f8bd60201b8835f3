"""Each kind as people walk it, in both languages: the host at a desk, the ASN on a phone. The internship is walked in
Indonesian by the story of an award."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Page, expect

from accounts.models import User
from core import outbox
from partners.models import Slot
from placements import services
from placements.models import LearningHourEntry
from tests.factories.core import PDF
from tests.factories.placements import Road, make_road

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]
LANGUAGES = pytest.mark.parametrize("language", ["id", "en"])


class Seat:
    """One person at a browser, in one language."""

    def __init__(self, page: Page, language: str) -> None:
        self.page, self.language = page, language

    def said(self, sentence: str) -> str:
        with translation.override(self.language):
            return str(gettext(sentence))

    def goto(self, address: str) -> None:
        self.page.goto(address)
        assert self.page.locator("html").get_attribute("lang") == self.language

    def press(self, label: str) -> None:
        self.page.get_by_role("button", name=self.said(label), exact=True).first.click()

    def fill(self, label: str, value: str) -> None:
        name = re.compile(rf"^\s*{re.escape(self.said(label))}\s*(\(|$)")
        self.page.get_by_label(name).first.fill(value)

    def reads(self, sentence: str) -> None:
        expect(self.page.get_by_text(self.said(sentence)).first).to_be_visible()


def seats(road: Road, visitor: Callable[..., Page], language: str) -> tuple[Seat, Seat, Seat]:
    """Host and HR at desks, the ASN with a phone; all of them read this language."""

    def seat(person: User, *, phone: bool = False) -> Seat:
        page = visitor(person, phone=phone)
        page.goto("/privacy/")
        address = page.url.rsplit("/privacy/", 1)[0]
        page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": address}])
        return Seat(page, language)

    return seat(road.member), seat(road.hr), seat(road.applicant, phone=True)


def describe(host: Seat, road: Road, kind: str, title: str) -> None:
    """Choosing the kind shows at once what it asks for."""
    today = road.agency.today().isoformat()
    host.goto("/partner/slots/new/")
    host.page.locator("#id_agreement_id").select_option(str(road.slot.agreement_id))
    host.page.locator(f"input[name=kind][value={kind}]").check()
    host.fill("Title", title)
    host.fill("What will people do, with whom, and what will they take home?", "Belajar bersama tim kami sehari penuh.")
    host.fill("Place", "Surakarta")
    for label in ("First day", "Last day", "Apply until"):
        host.fill(label, today)
    lines = host.page.get_by_role("group", name=f"{host.said('Outcome')} 1", exact=True)
    lines.locator("select").nth(0).select_option(road.slot.outcomes.get().competency_id)
    lines.locator("select").nth(1).select_option("1")
    lines.locator("select").nth(2).select_option("3")


def hand_in(host: Seat, road: Road, title: str) -> Slot:
    host.press("Keep the draft and check it")
    expect(host.page.get_by_role("heading", name=title)).to_be_visible()
    slot = Slot.objects.get(title=title)
    host.page.locator("#id_mentor_id").select_option(str(road.mentor.pk))
    host.press("Tie to this slot")
    host.press("Hand in for review")
    host.reads("Handed in: HR checks the slot now.")
    return slot


def publish(office: Seat, slot: Slot) -> None:
    office.goto(f"/agency/slots/{slot.pk}/")
    office.press("Publish")
    office.reads("Published: people of your city can apply now.")


def start(office: Seat, road: Road, tmp_path: Path) -> None:
    letter = tmp_path / "surat.pdf"
    letter.write_bytes(PDF)
    office.goto(f"/agency/placements/{road.placement.pk}/letter/")
    office.fill("Number of the letter", "800.1.4.1/12/2026")
    office.fill("Date of the letter", road.agency.today().isoformat())
    office.fill("Signed by", "Sekretaris Daerah")
    office.page.locator("input[type=file]").set_input_files(letter)
    office.press("Keep the letter")
    office.press("Start the placement")
    office.reads("The placement is running. Participant and mentor are told.")


def evaluate(asn: Seat, road: Road) -> None:
    asn.goto(f"/placements/{road.placement.pk}/evaluation/")
    asn.page.get_by_label(asn.said("4 – useful")).check()
    asn.fill("What will you use at work, and when?", "Mulai pekan depan di loket")
    asn.press("Send my evaluation")
    asn.reads("Thank you: your evaluation is kept.")
    assert not asn.page.locator("html").evaluate("e => e.scrollWidth > e.clientWidth")


def plan(asn: Seat, host: Seat, road: Road) -> None:
    asn.goto(f"/placements/{road.placement.pk}/plan/")
    asn.fill("What will you do for it?", "Mengamati loket")
    asn.fill("What will show that it was reached?", "Catatan pengamatan")
    asn.page.locator("main button[type=submit]").first.click()
    asn.reads("Your plan has been handed to the mentor to agree.")
    host.goto(f"/participants/{road.placement.pk}/")
    host.press("Agree to the learning plan")
    host.reads("You have agreed to the learning plan.")


def write_a_day(asn: Seat, host: Seat, road: Road) -> None:
    asn.goto(f"/placements/{road.placement.pk}/logbook/")
    asn.fill("What did you do?", "Mengamati cara loket melayani warga")
    asn.page.locator("main button[type=submit]").first.click()
    asn.reads("The day is written; your mentor can read it now.")
    host.goto(f"/participants/{road.placement.pk}/")
    host.press("Verify")
    host.reads("The day is verified.")


def judge(host: Seat, road: Road, asked: str = "Strengths") -> None:
    host.goto(f"/participants/{road.placement.pk}/evaluation/")
    host.page.get_by_label(host.said("5 – excellent")).check()
    host.fill(asked, "Teliti dan banyak bertanya")
    host.page.locator("select").first.select_option("3")
    host.press("Send the evaluation")
    host.reads("Thank you: your evaluation is kept.")


def enter_hours(office: Seat, road: Road) -> None:
    """No rule counts it: HR is asked for the hours."""
    office.goto("/agency/placements/?status=hours")
    office.page.get_by_role("link", name=road.employee.full_name).first.click()
    office.page.locator("#id_hours").fill("6")
    office.fill("How the JP were counted", "Satu hari, catatan pembimbing")
    office.press("Enter the JP")
    office.reads("The JP are on record.")
    assert LearningHourEntry.objects.get(placement=road.placement).counted_hours == 6
    assert services.credit_completion(placement_id=road.placement.pk) is None


def reach_the_milestone(asn: Seat, host: Seat, road: Road) -> None:
    """The team reports, the host returns it once, the team reports anew, the host confirms."""
    address = f"/placements/{road.placement.pk}/milestones/{road.slot.milestones.get().pk}/"
    asn.goto(address)
    asn.fill("What has been reached?", "Ringkasan dua halaman diserahkan")
    asn.press("Report it")
    asn.reads("Reported: the host has been told.")
    host.goto(address)
    host.fill("What is missing (to return it)", "Sebutkan jumlah responden")
    host.press("Return it to the team")
    host.reads("Returned: the team has been told.")
    asn.goto(address)
    asn.reads("Sebutkan jumlah responden")
    asn.fill("What has been reached?", "Ringkasan dua halaman, 40 responden")
    asn.press("Report it")
    host.goto(address)
    host.press("Confirm it is reached")
    host.reads("Confirmed: the team has been told.")
    assert not asn.page.locator("html").evaluate("e => e.scrollWidth > e.clientWidth")


def complete(host: Seat, road: Road) -> None:
    host.goto(f"/participants/{road.placement.pk}/completion/")
    host.press("Complete the placement")
    host.reads("Completed: the certificate is issued.")


@LANGUAGES
def test_a_workshop(language: str, visitor: Callable[..., Page], tmp_path: Path) -> None:
    road = make_road()
    host, office, asn = seats(road, visitor, language)
    describe(host, road, "workshop", "Lokakarya dasbor")
    expect(host.page.get_by_role("heading", name=host.said("Meetings"))).to_be_visible()
    host.page.locator("#id_minimum_cohort").fill("3")
    host.page.locator("#id_seats").fill("12")
    host.page.locator("[name=meetings-0-held_on]").fill(road.agency.today().isoformat())
    host.page.locator("[name=meetings-0-begins_at]").fill("09:00")
    host.page.locator("[name=meetings-0-ends_at]").fill("15:00")
    road.slot = hand_in(host, road, "Lokakarya dasbor")
    publish(office, road.slot)
    asn.goto(f"/slots/{road.slot.pk}/")
    asn.reads("Workshop")
    road.slot = Slot.objects.get(pk=road.slot.pk)
    road.accept()

    # One of three: the partner agrees to begin with fewer
    host.goto(f"/partner/slots/{road.slot.pk}/")
    host.page.get_by_text(host.said("Begin with fewer"), exact=True).click()
    host.fill("Why it begins with fewer", "Bahan sudah siap.")
    host.press("Begin with fewer participants")
    host.reads("Noted: it begins with fewer participants.")
    start(office, road, tmp_path)

    # The list is kept in one press; the participant answers by phone
    host.goto(f"/partner/slots/{road.slot.pk}/")
    host.page.get_by_role("link", name=re.compile(host.said("Attendance list"))).click()
    host.press("Keep the list")
    host.reads("The list is kept. Each participant is asked to confirm.")
    asn.goto(f"/placements/{road.placement.pk}/")
    asn.press("That is right")
    asn.reads("Thank you: the day is confirmed by both sides.")
    evaluate(asn, road)
    complete(host, road)
    outbox.drain()
    assert LearningHourEntry.objects.get(placement=road.placement).counted_hours == 5


def offered(host: Seat, office: Seat, road: Road, title: str) -> None:
    """Handed in, published, and the ASN has the seat."""
    road.slot = hand_in(host, road, title)
    publish(office, road.slot)
    road.slot = Slot.objects.get(pk=road.slot.pk)
    road.accept()


@LANGUAGES
def test_job_shadowing(language: str, visitor: Callable[..., Page], tmp_path: Path) -> None:
    road = make_road()
    host, office, asn = seats(road, visitor, language)
    describe(host, road, "shadowing", "Mendampingi kepala loket")
    offered(host, office, road, "Mendampingi kepala loket")
    plan(asn, host, road)
    start(office, road, tmp_path)
    write_a_day(asn, host, road)
    judge(host, road)
    evaluate(asn, road)
    complete(host, road)
    outbox.drain()
    enter_hours(office, road)


@LANGUAGES
def test_collaborative_research(language: str, visitor: Callable[..., Page], tmp_path: Path) -> None:
    road = make_road()
    host, office, asn = seats(road, visitor, language)
    describe(host, road, "research", "Riset pengaduan berulang")
    expect(host.page.get_by_text(host.said("Problem statement")).first).to_be_visible()
    host.page.locator("#id_minimum_cohort").fill("2")
    host.page.locator("#id_seats").fill("4")
    for code in ("problem", "team", "outputs"):
        host.page.locator(f"[name='answers.{code}']").fill(f"Pengaduan berulang: {code}")
    host.page.locator("#id_milestones-0-title").fill("Ringkasan diserahkan")
    host.page.locator("#id_milestones-0-due_on").fill(road.agency.today().isoformat())
    offered(host, office, road, "Riset pengaduan berulang")
    asn.goto(f"/slots/{road.slot.pk}/")
    asn.reads("Collaborative research")
    asn.reads("Problem statement")
    asn.reads("Pengaduan berulang: problem")
    asn.reads("Ringkasan diserahkan")
    road.beside().accept()
    plan(asn, host, road)
    start(office, road, tmp_path)
    write_a_day(asn, host, road)
    reach_the_milestone(asn, host, road)
    judge(host, road, "What came out, and what was the participant's part in it?")
    evaluate(asn, road)
    complete(host, road)
    outbox.drain()
    enter_hours(office, road)


@LANGUAGES
def test_mentoring(language: str, visitor: Callable[..., Page], tmp_path: Path) -> None:
    road = make_road()
    host, office, asn = seats(road, visitor, language)
    describe(host, road, "mentoring", "Pendampingan loket")
    offered(host, office, road, "Pendampingan loket")
    plan(asn, host, road)
    start(office, road, tmp_path)
    asn.goto(f"/placements/{road.placement.pk}/sessions/")
    asn.fill("Day", road.agency.today().isoformat())
    asn.fill("What was it about?", "Satu kasus dari loket")
    asn.page.locator("main button[type=submit]").first.click()
    host.goto(f"/participants/{road.placement.pk}/")
    host.press("It was held")
    judge(host, road)
    evaluate(asn, road)
    complete(host, road)
    outbox.drain()
    assert LearningHourEntry.objects.get(placement=road.placement).counted_hours == 2


def test_an_internship(visitor: Callable[..., Page], tmp_path: Path) -> None:
    road = make_road()
    host, office, asn = seats(road, visitor, "en")
    describe(host, road, "internship", "Magang di loket")
    offered(host, office, road, "Magang di loket")
    plan(asn, host, road)
    start(office, road, tmp_path)
    write_a_day(asn, host, road)
    judge(host, road)
    evaluate(asn, road)
    complete(host, road)
    outbox.drain()
    assert LearningHourEntry.objects.get(placement=road.placement).counted_hours == 20
