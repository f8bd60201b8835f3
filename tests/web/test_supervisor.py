"""Clearing, sending back, refusing, and the gaps of a team."""

from __future__ import annotations

import pytest
from django.test import Client

from placements import services
from placements.models import Application
from placements.states import ApplicationStatus, ConflictOutcome
from tests.factories.asn import AssessmentFactory, CompetencyFactory, EmployeeFactory, PositionStandardFactory
from tests.factories.partners import SlotFactory
from tests.factories.placements import MOTIVATION, Road, make_road

pytestmark = pytest.mark.django_db

CLEARED = {"decision": "approve", "reason": "", "note": ""}


@pytest.fixture
def road() -> Road:
    road = make_road()
    road.apply()
    return road


@pytest.fixture
def boss(road: Road, as_user) -> Client:
    return as_user(road.boss)


def address(road: Road, part: str = "") -> str:
    return f"/clearances/{road.application.pk}/{part}"


def status() -> str:
    return Application.objects.get().status


def test_the_queue_holds_the_own_team_with_deadlines(road: Road, boss: Client) -> None:
    other = make_road(agency=road.agency)
    other.apply()
    response = boss.get("/clearances/")
    assert [row.pk for row in response.context["waiting"]] == [road.application.pk]
    page = response.content.decode()
    assert "23.59" in page
    assert road.employee.nip not in page
    assert f"···{road.employee.nip[-3:]}" in page


def test_an_empty_queue_has_a_next_step(as_user) -> None:
    page = as_user(make_road().boss).get("/clearances/").content.decode()
    assert "Tidak ada yang menunggu izin Anda" in page


def test_the_page_names_the_consequences(road: Road, boss: Client) -> None:
    page = boss.get(address(road)).content.decode()
    assert "Mengizinkan berarti meneruskan pengajuan kepada BKPSDM" in page
    assert "Menolak berarti mengakhiri pengajuan ini" in page
    assert MOTIVATION in page


def test_clearing_hands_it_to_hr(road: Road, boss: Client) -> None:
    response = boss.post(address(road), CLEARED, follow=True)
    assert response.redirect_chain == [("/clearances/", 302)]
    assert "pengajuan kini pada pengelola kepegawaian" in response.content.decode()
    assert status() == ApplicationStatus.SUBMITTED


@pytest.mark.parametrize(
    ("decision", "reached"), [("return", ApplicationStatus.RETURNED), ("reject", ApplicationStatus.REJECTED)]
)
def test_sending_back_and_refusing_need_a_coded_reason(
    road: Road, boss: Client, decision: str, reached: ApplicationStatus
) -> None:
    response = boss.post(address(road), {"decision": decision, "reason": "", "note": "Catatan saya"})
    assert response.status_code == 422
    assert "reason" in response.context["form"].errors
    assert "Catatan saya" in response.content.decode()
    assert status() == ApplicationStatus.AWAITING_CLEARANCE
    boss.post(address(road), {"decision": decision, "reason": "staffing", "note": "Catatan saya"})
    assert status() == reached


def test_another_reason_needs_words(road: Road, boss: Client) -> None:
    response = boss.post(address(road), {"decision": "reject", "reason": "other", "note": ""})
    assert response.status_code == 422
    assert status() == ApplicationStatus.AWAITING_CLEARANCE


def test_a_decision_that_is_none_decides_nothing(road: Road, boss: Client) -> None:
    assert boss.post(address(road), {"decision": "", "reason": ""}).status_code == 422
    assert boss.post(address(road), {"decision": "accept", "reason": "staffing"}).status_code == 422
    assert status() == ApplicationStatus.AWAITING_CLEARANCE


def test_a_second_decision_is_refused_with_what_has_happened(road: Road, boss: Client) -> None:
    boss.post(address(road), CLEARED)
    response = boss.post(address(road), {"decision": "reject", "reason": "staffing", "note": ""})
    assert response.status_code == 409
    assert "sudah diputuskan" in response.content.decode()
    assert status() == ApplicationStatus.SUBMITTED
    assert 'name="decision"' not in boss.get(address(road)).content.decode()


@pytest.mark.parametrize("who", ["applicant", "hr", "member"])
def test_nobody_else_decides(road: Road, as_user, who: str) -> None:
    assert as_user(getattr(road, who)).post(address(road), CLEARED).status_code == 403
    assert status() == ApplicationStatus.AWAITING_CLEARANCE


def test_the_supervisor_of_another_team_finds_nothing(road: Road, as_user) -> None:
    stranger = as_user(make_road(agency=road.agency).boss)
    assert stranger.get(address(road)).status_code == 404
    assert stranger.post(address(road), CLEARED).status_code == 404
    assert stranger.get(f"/team/{road.employee.pk}/").status_code == 404


def test_a_draft_is_nobodys_business(as_user) -> None:
    road = make_road()
    road.application = services.save_draft(actor=road.applicant, slot_id=road.slot.pk)
    boss = as_user(road.boss)
    assert boss.get(address(road)).status_code == 404
    assert road.slot.title not in boss.get("/clearances/").content.decode()


# Interests ---------------------------------------------------------------------------------


def test_a_declared_interest_is_assessed(as_user) -> None:
    road = make_road()
    road.apply(has_conflict=True, conflict_note="Dinas kami memeriksa mitra ini.")
    boss = as_user(road.boss)
    assert "Dinas kami memeriksa mitra ini." in boss.get(address(road)).content.decode()
    assert boss.post(address(road, "interest/"), {"outcome": ""}).status_code == 422
    assert boss.post(address(road, "interest/"), {"outcome": "controlled"})["Location"] == address(road)
    assert Application.objects.get().conflict_outcome == ConflictOutcome.CONTROLLED
    assert boss.post(address(road, "interest/"), {"outcome": "no_conflict"}).status_code == 409


def test_an_interest_that_was_not_declared_cannot_be_assessed(road: Road, boss: Client) -> None:
    assert boss.post(address(road, "interest/"), {"outcome": "no_conflict"}).status_code == 409


# Staffing -----------------------------------------------------------------------------------


def test_the_page_says_who_else_is_away(road: Road, boss: Client) -> None:
    unit = road.employee.unit
    placed = make_road(agency=road.agency, employee={"unit": unit, "name": "Dewi Lestari"})
    placed.accept()
    applying = make_road(agency=road.agency, employee={"unit": unit, "name": "Budi Santoso"})
    applying.clear()
    beside_work = make_road(agency=road.agency, employee={"unit": unit, "name": "Sari Utami"}, mentoring=True)
    beside_work.accept()
    later = make_road(
        agency=road.agency,
        employee={"unit": unit, "name": "Agus Salim"},
        starts_on=road.slot.ends_on.replace(year=road.slot.ends_on.year + 1),
        ends_on=road.slot.ends_on.replace(year=road.slot.ends_on.year + 1),
        agreement__ends_on=road.slot.ends_on.replace(year=road.slot.ends_on.year + 2),
    )
    later.accept()
    found = boss.get(address(road)).context["staffing"]
    assert {(row.name, row.is_certain) for row in found.away} == {("Dewi Lestari", True), ("Budi Santoso", False)}
    assert (found.size, found.certain, found.present) == (5, 1, 3)


# Team ---------------------------------------------------------------------------------------


def test_the_team_shows_gaps_and_what_it_lacks_together(road: Road, boss: Client) -> None:
    competency = CompetencyFactory(name_id="Komunikasi")
    PositionStandardFactory(position=road.employee.position, competency=competency, level=4)
    for person in (
        road.employee,
        EmployeeFactory(agency=road.agency, supervisor=road.supervisor, position=road.employee.position),
    ):
        AssessmentFactory(employee=person, competency=competency, level=1)
    EmployeeFactory(agency=road.agency, name="Bukan Anggota")
    response = boss.get("/team/")
    assert response.context["shared"][0] == ("Komunikasi", 2)
    assert len(response.context["rows"]) == 2
    page = response.content.decode()
    assert "Bukan Anggota" not in page
    assert road.employee.nip not in page
    assert "Komunikasi" in boss.get(f"/team/{road.employee.pk}/").content.decode()


def test_more_people_cost_no_more_queries(road: Road, boss: Client, count_queries) -> None:
    def grow() -> None:
        person = EmployeeFactory(agency=road.agency, supervisor=road.supervisor, with_user=True)
        competency = CompetencyFactory()
        PositionStandardFactory(position=person.position, competency=competency)
        AssessmentFactory(employee=person, competency=competency)
        slot = SlotFactory(agreement__agency=road.agency)
        services.apply_to_slot(actor=person.user, slot_id=slot.pk, motivation=MOTIVATION, consent=True)

    paths = ("/", "/clearances/", address(road), "/team/", f"/team/{road.employee.pk}/")
    one = [count_queries(boss, path) for path in paths]
    grow()
    grow()
    assert [count_queries(boss, path) for path in paths] == one
    assert max(one) <= 23  # two of them: who stands in today, and for whom
