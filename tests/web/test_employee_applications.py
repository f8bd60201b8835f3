"""Applying, following, revising and withdrawing."""

from __future__ import annotations

import pytest
from django.test import Client

from placements import services
from placements.models import Application
from placements.states import ApplicationStatus
from tests.factories.partners import SlotFactory
from tests.factories.placements import MOTIVATION, Road, make_road
from web.consent import PARTNER_SEES

pytestmark = pytest.mark.django_db

ANSWERS = {"motivation": MOTIVATION, "has_conflict": "no", "conflict_note": "", "consent": "on", "action": "submit"}


@pytest.fixture
def road() -> Road:
    return make_road()


@pytest.fixture
def asn(road: Road, as_user) -> Client:
    return as_user(road.applicant)


@pytest.fixture
def form(road: Road) -> str:
    return f"/slots/{road.slot.pk}/apply/"


def test_the_form_shows_exactly_what_the_partner_will_see(asn: Client, form: str) -> None:
    page = asn.get(form).content.decode()
    assert all(str(row.what) in page for row in PARTNER_SEES)
    assert page.count("tidak terlihat") == sum((not row.before) + (not row.after) for row in PARTNER_SEES)


def test_applying_hands_it_to_the_supervisor(road: Road, asn: Client, form: str) -> None:
    response = asn.post(form, ANSWERS, follow=True)
    application = Application.objects.get()
    assert application.status == ApplicationStatus.AWAITING_CLEARANCE
    assert application.consent_at is not None
    assert response.redirect_chain == [(f"/applications/{application.pk}/", 302)]
    assert "Pengajuan telah diserahkan" in response.content.decode()


def test_htmx_posts_like_everyone(asn: Client, form: str) -> None:
    assert asn.post(form, ANSWERS, HTTP_HX_REQUEST="true").status_code == 302


def test_a_draft_may_be_incomplete_and_nothing_typed_is_lost(road: Road, asn: Client, form: str) -> None:
    response = asn.post(form, {"motivation": "Baru sebagian", "action": "draft"}, follow=True)
    assert response.redirect_chain == [(form, 302)]
    assert "Baru sebagian" in response.content.decode()
    assert Application.objects.get().status == ApplicationStatus.DRAFT


def test_without_agreement_nothing_is_written(asn: Client, form: str) -> None:
    response = asn.post(form, {**ANSWERS, "consent": ""})
    assert response.status_code == 422
    page = response.content.decode()
    assert 'href="#id_consent"' in page
    assert MOTIVATION in page
    assert not Application.objects.exists()


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"motivation": ""}, "motivation"),
        ({"motivation": "terlalu pendek"}, "motivation"),
        ({"has_conflict": ""}, "has_conflict"),
        ({"has_conflict": "yes"}, "conflict_note"),
    ],
)
def test_what_is_missing_is_told_at_its_field(asn: Client, form: str, answers: dict[str, str], field: str) -> None:
    response = asn.post(form, {**ANSWERS, **answers})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not Application.objects.exists()


def test_a_full_slot_leads_to_similar_open_ones(road: Road, asn: Client, form: str) -> None:
    outcome = road.slot.outcomes.get()
    other = SlotFactory(agreement__agency=road.agency, outcomes=[(outcome.competency_id, 1, 3)])
    type(road.slot).objects.filter(pk=road.slot.pk).update(filled_seats=road.slot.seats)
    response = asn.post(form, ANSWERS)
    assert response.status_code == 409
    page = response.content.decode()
    assert "Semua kursi slot ini sudah terisi" in page
    assert f'href="/slots/{other.pk}/"' in page
    assert MOTIVATION in page
    assert not Application.objects.exists()


def test_whoever_has_applied_is_led_to_the_application(road: Road, asn: Client, form: str) -> None:
    application = road.apply()
    assert asn.get(form)["Location"] == f"/applications/{application.pk}/"
    assert asn.post(form, ANSWERS)["Location"] == f"/applications/{application.pk}/"


def test_the_application_says_who_holds_it_until_when(road: Road, asn: Client) -> None:
    application = road.apply()
    response = asn.get(f"/applications/{application.pk}/")
    now = [step for step in response.context["steps"] if step.state == "now"]
    assert [(step.who, step.deadline) for step in now] == [(road.supervisor.full_name, application.due_at)]
    assert "23.59" in response.content.decode()


@pytest.mark.parametrize("path", ["", "withdraw/"])
def test_the_application_of_somebody_else_is_not_there(road: Road, as_user, path: str) -> None:
    application = road.apply()
    stranger = make_road(agency=road.agency).applicant
    assert as_user(stranger).get(f"/applications/{application.pk}/{path}").status_code == 404
    # the supervisor sees it, but on another page
    assert as_user(road.boss).get(f"/applications/{application.pk}/{path}").status_code == 404


def test_withdrawing_asks_first(road: Road, asn: Client) -> None:
    application = road.apply()
    assert "Batalkan pengajuan ini?" in asn.get(f"/applications/{application.pk}/withdraw/").content.decode()
    assert Application.objects.get().status == ApplicationStatus.AWAITING_CLEARANCE
    asn.post(f"/applications/{application.pk}/withdraw/", {"reason": "personal", "note": ""})
    assert Application.objects.get().status == ApplicationStatus.WITHDRAWN


def test_another_reason_needs_words(road: Road, asn: Client) -> None:
    application = road.apply()
    response = asn.post(f"/applications/{application.pk}/withdraw/", {"reason": "other", "note": ""})
    assert response.status_code == 422
    assert "note" in response.context["form"].errors


def test_too_late_to_withdraw_is_said(road: Road, asn: Client) -> None:
    road.accept()
    response = asn.post(f"/applications/{road.application.pk}/withdraw/", {"reason": "personal"})
    assert response.status_code == 409
    assert "sudah diputuskan" in response.content.decode()


def test_a_returned_application_is_revised_and_handed_in_again(road: Road, asn: Client, form: str) -> None:
    application = road.apply()
    services.return_application(
        actor=road.boss, application_id=application.pk, reason="incomplete", note="Tulis rencana penerapannya."
    )
    assert "Tulis rencana penerapannya." in asn.get(f"/applications/{application.pk}/").content.decode()
    assert asn.post(f"/applications/{application.pk}/revise/")["Location"] == form
    assert MOTIVATION in asn.get(form).content.decode()
    asn.post(form, ANSWERS)
    application = Application.objects.get()
    assert (application.status, application.attempt) == (ApplicationStatus.AWAITING_CLEARANCE, 2)


def test_a_rejected_application_shows_what_else_there_is(road: Road, asn: Client) -> None:
    road.clear()
    other = SlotFactory(
        agreement__agency=road.agency, outcomes=[(road.slot.outcomes.get().competency_id, 1, 3)], title="Serupa"
    )
    services.reject_application(actor=road.hr, application_id=road.application.pk, reason="other_candidates")
    page = asn.get(f"/applications/{road.application.pk}/").content.decode()
    assert other.title in page


def test_only_what_may_be_done_has_a_button(road: Road, asn: Client) -> None:
    road.accept()
    page = asn.get(f"/applications/{road.application.pk}/").content.decode()
    assert "/withdraw/" not in page
    assert f'href="/placements/{road.placement.pk}/"' in page


def test_more_applications_cost_no_more_queries(road: Road, asn: Client, count_queries) -> None:
    def apply_again() -> None:
        slot = SlotFactory(agreement__agency=road.agency)
        services.apply_to_slot(actor=road.applicant, slot_id=slot.pk, motivation=MOTIVATION, consent=True)

    road.apply()
    paths = ("/applications/", f"/applications/{road.application.pk}/")
    one = [count_queries(asn, path) for path in paths]
    apply_again()
    apply_again()
    assert [count_queries(asn, path) for path in paths] == one
    assert max(one) <= 20
