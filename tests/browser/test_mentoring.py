"""The story of a mentoring session, in both languages: booked, confirmed by both, noted, counted. The ASN has a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Page, expect

from accounts.models import User
from core import outbox
from placements.models import LearningHourEntry, MentoringSession, Placement
from tests.browser.test_employee_road import fits_and_is_accessible
from tests.factories.placements import Road
from tests.placements.meetings import running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


def given_a_running_mentoring(language: str) -> Road:
    road = running(zone="Asia/Jayapura")
    today = road.agency.today()
    Placement.objects.filter(pk=road.placement.pk).update(
        starts_on=today - timedelta(days=20), ends_on=today + timedelta(days=60)
    )
    User.objects.update(language=language)
    return road


def as_if_held() -> MentoringSession:
    """Time goes by: the booked session was three days ago."""
    session = MentoringSession.objects.get()
    shift = timedelta(days=3)
    MentoringSession.objects.update(
        starts_at=session.starts_at - shift, ends_at=session.ends_at - shift, held_on=session.held_on - shift
    )
    return session


@pytest.mark.parametrize(("language", "javascript"), [("id", True), ("en", False)])
def test_from_booking_to_learning_hours(visitor: Callable[..., Page], language: str, javascript: bool) -> None:
    def said(sentence: str) -> str:
        with translation.override(language):
            return str(gettext(sentence))

    def fill(page: Page, label: str, value: str) -> None:
        page.get_by_label(re.compile(rf"^\s*{re.escape(said(label))}\s*(\(|$)")).first.fill(value)

    road = given_a_running_mentoring(language)

    # When the ASN books a free time of the mentor on a phone,
    asn = visitor(road.applicant, phone=True, javascript=javascript)
    asn.goto(f"/placements/{road.placement.pk}/")
    asn.get_by_role("link", name=said("Book a session")).first.click()
    asn.get_by_label(said("How long")).select_option("90")
    if not javascript:
        asn.get_by_role("button", name=said("Show the free times of this length")).click()
    asn.get_by_role("button", name=said("Week after")).click()
    expect(asn.get_by_role("button", name=said("Week before"))).to_be_visible()
    asn.get_by_role("radio").first.check()
    fill(asn, "What shall it be about?", "Rencana dasbor")
    fill(asn, "Link of the meeting", "https://meet.example.go.id/dasbor")
    fits_and_is_accessible(asn)
    asn.get_by_role("button", name=said("Book"), exact=True).click()
    expect(asn.get_by_text(said("The session is booked; the other side has been told."))).to_be_visible()
    fits_and_is_accessible(asn)
    session = MentoringSession.objects.get()
    assert session.minutes == 90

    # then the mentor is told, and finds it in the week,
    outbox.drain()
    mentor = visitor(road.mentor.user, javascript=javascript)
    mentor.goto("/notifications/")
    expect(mentor.get_by_text("Rencana dasbor").or_(mentor.get_by_text(road.slot.title)).first).to_be_visible()
    mentor.goto(f"/mentor/agenda/?week={session.held_on}")
    fits_and_is_accessible(mentor)
    mentor.get_by_role("link", name=road.employee.full_name).click()
    expect(mentor.get_by_text("Rencana dasbor")).to_be_visible()

    # and after it was held both say so, the mentor with a note for the two,
    as_if_held()
    asn.reload()
    asn.get_by_role("button", name=said("It was held")).click()
    expect(asn.get_by_text(said("Your word is kept. It counts when the other side says the same."))).to_be_visible()
    mentor.reload()
    mentor.get_by_role("button", name=said("It was held")).click()
    expect(mentor.get_by_text(said("The session is confirmed by both sides and counts."))).to_be_visible()
    mentor.get_by_label(said("Participant and mentor"), exact=True).check()
    fill(mentor, "Note", "Lanjutkan dengan data Oktober.")
    mentor.get_by_role("button", name=said("Keep the note")).click()
    fits_and_is_accessible(mentor)
    asn.reload()
    expect(asn.get_by_text("Lanjutkan dengan data Oktober.")).to_be_visible()
    office = visitor(road.hr, javascript=javascript)
    office.goto(f"/sessions/{session.pk}/")
    expect(office.get_by_text("Lanjutkan dengan data Oktober.")).to_have_count(0)

    # and the worker credits the hours.
    outbox.drain()
    assert LearningHourEntry.objects.get().counted_hours == 2
    asn.goto("/hours/")
    expect(asn.get_by_text(road.slot.title).first).to_be_visible()
