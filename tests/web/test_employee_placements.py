"""Plan, logbook, sessions, evaluation and what a finished placement shows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import outbox
from incentives import services as incentives
from placements import services
from placements.models import Evaluation, LogbookEntry, MentoringSession, Placement
from placements.states import LogbookStatus, PlacementStatus
from tests.factories.placements import Road, make_road

pytestmark = pytest.mark.django_db


def running(**facts: Any) -> Road:
    """A placement in its second week."""
    today = date.today()
    road = make_road(starts_on=today + timedelta(days=1), ends_on=today + timedelta(days=60), apply_by=today, **facts)
    road.start()
    Placement.objects.filter(pk=road.placement.pk).update(starts_on=today - timedelta(days=8))
    road.reload()
    return road


@pytest.fixture
def road() -> Road:
    return running()


@pytest.fixture
def asn(road: Road, as_user) -> Client:
    return as_user(road.applicant)


def address(road: Road, part: str = "") -> str:
    return f"/placements/{road.placement.pk}/{part}"


def day(road: Road, **answers: Any) -> dict[str, Any]:
    facts = {"entry_date": date.today().isoformat(), "hours": "6.5", "activity": "Menyusun dasbor layanan"}
    return {**facts, "output": "", "lesson": "", **answers}


# Before it begins ----------------------------------------------------------------------


def test_the_checklist_says_what_is_missing(as_user) -> None:
    road = make_road()
    road.accept()
    page = as_user(road.applicant).get(address(road)).content.decode()
    assert "Sebelum dimulai" in page
    assert page.count("Belum ada:") == 2
    assert f'href="{address(road, "plan/")}"' in page


def test_the_learning_plan_is_written_and_read_again(as_user) -> None:
    road = make_road()
    road.accept()
    asn = as_user(road.applicant)
    outcome = road.slot.outcomes.get()
    answers = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-competency": outcome.competency_id,
        "form-0-activity": "Menyusun dasbor",
        "form-0-evidence": "Dasbor terpasang",
    }
    refused = asn.post(address(road, "plan/"), {**answers, "form-0-activity": ""})
    assert refused.status_code == 422
    assert "Dasbor terpasang" in refused.content.decode()
    assert asn.post(address(road, "plan/"), answers)["Location"] == address(road)
    objective = road.placement.objectives.get()
    assert (objective.from_level, objective.to_level, objective.activity) == (1, 3, "Menyusun dasbor")
    assert "Menyusun dasbor" in asn.get(address(road, "plan/")).content.decode()


def test_giving_the_seat_back_asks_first(as_user) -> None:
    road = make_road()
    road.accept()
    asn = as_user(road.applicant)
    assert "Kembalikan kursi?" in asn.get(address(road, "stop/")).content.decode()
    assert asn.post(address(road, "stop/"), {"reason": "health"})["Location"] == address(road)
    assert Placement.objects.get().status == PlacementStatus.ENDED_EARLY


@pytest.mark.parametrize("part", ["", "plan/", "logbook/", "sessions/", "evaluation/", "stop/"])
def test_the_placement_of_somebody_else_is_not_there(road: Road, as_user, part: str) -> None:
    stranger = make_road(agency=road.agency).applicant
    assert as_user(stranger).get(address(road, part)).status_code == 404
    assert as_user(road.boss).get(address(road, part)).status_code == 404


# Logbook ---------------------------------------------------------------------------------


def test_today_and_the_usual_hours_are_filled_in(road: Road, asn: Client) -> None:
    initial = asn.get(address(road, "logbook/")).context["form"].initial
    assert initial == {"entry_date": road.agency.today(), "hours": 8}


def test_a_day_is_written_with_one_field(road: Road, asn: Client) -> None:
    response = asn.post(address(road, "logbook/"), day(road), follow=True)
    entry = LogbookEntry.objects.get()
    assert (str(entry.hours), entry.status) == ("6.5", LogbookStatus.SUBMITTED)
    page = response.content.decode()
    assert "Catatan tersimpan" in page
    assert "6,5 jam" in page


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"entry_date": (date.today() + timedelta(days=2)).isoformat()}, "entry_date"),
        ({"entry_date": "2020-01-01"}, "entry_date"),
        ({"entry_date": "besok"}, "entry_date"),
        ({"hours": "30"}, "hours"),
        ({"activity": "kerja"}, "activity"),
    ],
)
def test_a_wrong_day_is_told_at_its_field(road: Road, asn: Client, answers: dict[str, str], field: str) -> None:
    response = asn.post(address(road, "logbook/"), day(road, **answers))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not LogbookEntry.objects.exists()


def test_a_returned_day_comes_back_with_its_words(road: Road, asn: Client) -> None:
    asn.post(address(road, "logbook/"), day(road))
    entry = LogbookEntry.objects.get()
    services.return_logbook_entry(actor=road.mentor.user, entry_id=entry.pk, note="Sebutkan sumbernya.")
    page = asn.get(address(road)).content.decode()
    assert "Sebutkan sumbernya." in page
    again = f"{address(road, 'logbook/')}?day={entry.pk}"
    assert f'href="{again}"' in page
    assert "Menyusun dasbor layanan" in asn.get(again).content.decode()
    assert [task.title for task in asn.get("/").context["tasks"]] == ["Perbaiki 1 hari logbook"]


def test_a_day_that_is_no_id_is_left_aside(road: Road, asn: Client) -> None:
    assert asn.get(f"{address(road, 'logbook/')}?day=../../etc").status_code == 200


def test_htmx_gets_the_days_alone(road: Road, asn: Client) -> None:
    part = asn.get(address(road, "logbook/"), HTTP_HX_REQUEST="true").content.decode()
    assert "<html" not in part
    assert 'id="entries"' in part


def test_this_week_waits_at_home_until_it_is_written(road: Road, asn: Client) -> None:
    assert "Logbook minggu ini" in [task.title for task in asn.get("/").context["tasks"]]
    asn.post(address(road, "logbook/"), day(road))
    assert asn.get("/").context["tasks"] == []


# Sessions --------------------------------------------------------------------------------


def test_a_session_is_entered_and_waits_for_the_mentor(as_user) -> None:
    road = running(mentoring=True)
    asn = as_user(road.applicant)
    answers = {"held_on": date.today().isoformat(), "minutes": "60", "agenda": "Rencana dasbor", "notes": ""} | {
        "visibility": "pair"
    }
    assert asn.post(address(road, "sessions/"), answers)["Location"] == address(road)
    session = MentoringSession.objects.get()
    assert session.participant_confirmed_at is not None
    assert "Menunggu pihak lain" in asn.get(address(road)).content.decode()
    twice = asn.post(address(road, "sessions/"), answers)
    assert twice.status_code == 409
    assert "Rencana dasbor" in twice.content.decode()


def test_a_session_of_the_mentor_is_confirmed(as_user) -> None:
    road = running(mentoring=True)
    asn = as_user(road.applicant)
    session = services.record_session(
        actor=road.mentor.user, placement_id=road.placement.pk, held_on=date.today(), minutes=60, agenda="Dasbor"
    )
    assert [task.title for task in asn.get("/").context["tasks"]] == ["Nyatakan apakah sesi mentoring terlaksana"]
    asn.post(reverse("session_answer", args=[session.pk]), {"held": "yes"})
    session = MentoringSession.objects.get(pk=session.pk)
    assert session.is_confirmed
    assert "Dikonfirmasi kedua pihak" in asn.get(address(road)).content.decode()


def test_a_session_of_another_placement_is_not_there(road: Road, asn: Client) -> None:
    other = running(mentoring=True)
    session = services.record_session(
        actor=other.mentor.user, placement_id=other.placement.pk, held_on=date.today(), minutes=60, agenda="Dasbor"
    )
    for name in ("session", "session_move", "session_cancel", "session_calendar"):
        assert asn.get(reverse(name, args=[session.pk])).status_code == 404
    for name in ("session_answer", "session_note"):
        assert asn.post(reverse(name, args=[session.pk])).status_code == 404
    assert asn.get(reverse("session_book", args=[other.placement.pk])).status_code == 404


# The end -----------------------------------------------------------------------------------


def test_the_participant_evaluates_once(road: Road, asn: Client) -> None:
    answers = {
        "overall": "5",
        "strengths": "Mentor sabar",
        "improvements": "",
        "applied": "Dasbor dinas",
        "level_0": "3",
    }
    assert asn.post(address(road, "evaluation/"), {**answers, "overall": ""}).status_code == 422
    assert asn.post(address(road, "evaluation/"), answers)["Location"] == address(road)
    evaluation = Evaluation.objects.get()
    assert evaluation.overall == 5
    assert [rating.level for rating in evaluation.ratings.all()] == [3]
    assert "Dasbor dinas" in asn.get(address(road)).content.decode()
    twice = asn.post(address(road, "evaluation/"), answers)
    assert twice.status_code == 409
    assert "Mentor sabar" in twice.content.decode()


def test_a_finished_placement_shows_certificate_hours_and_award(as_user) -> None:
    road = make_road()
    incentives.create_award_rule(
        actor=road.hr,
        agency_id=road.agency.pk,
        code="penerapan",
        name="Piagam Penerapan",
        decided_by="Wali Kota",
        document="Piagam",
        points=5,
    )
    road.complete()
    outbox.drain()
    asn = as_user(road.applicant)
    page = asn.get(address(road)).content.decode()
    assert road.placement.certificate.number in page
    assert "20 JP" in page
    assert "Piagam Penerapan" in asn.get("/awards/").content.decode()
    assert "tidak memiliki nilai hukum" in asn.get("/awards/").content.decode()
    assert road.slot.title in asn.get("/placements/").content.decode()


def test_more_days_cost_no_more_queries(road: Road, asn: Client, count_queries) -> None:
    def write(back: int) -> None:
        when = (date.today() - timedelta(days=back)).isoformat()
        assert asn.post(address(road, "logbook/"), day(road, entry_date=when)).status_code == 302

    write(0)
    asn.get(address(road))  # the message of the last act is gone
    paths = ("/", "/placements/", address(road), address(road, "logbook/"), address(road, "evaluation/"))
    one = [count_queries(asn, path) for path in paths]
    write(1)
    write(2)
    asn.get(address(road))
    assert [count_queries(asn, path) for path in paths] == one
    assert max(one) <= 20
