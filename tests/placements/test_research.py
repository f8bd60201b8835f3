"""Collaborative research: what its slot must say, the team it begins with, what came out, its use, hours by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.errors import Conflict, Invalid
from core.outbox import drain
from partners import services as partners
from partners.models import Slot
from partners.services.slots import slot_data
from placements import services
from placements.models import LearningHourEntry
from placements.selectors import completion_evidence
from tests.api import ask, told
from tests.assertions import violates
from tests.factories.partners import days
from tests.factories.placements import Road, make_road

pytestmark = pytest.mark.django_db

ANSWERS = {
    "problem": "Mengapa pengaduan yang sama berulang.",
    "team": "Ketua, data, wawancara.",
    "outputs": "Ringkasan kebijakan untuk unit pengaduan.",
}


def research(**slot: Any) -> Road:
    period = {"starts_on": days(40), "ends_on": days(42), "apply_by": days(20)}
    return make_road(**{"kind": "research", "seats": 4, "answers": ANSWERS, **period, **slot})


@pytest.mark.parametrize("missing", sorted(ANSWERS))
def test_a_slot_without_an_answer_is_refused_at_its_field(missing: str) -> None:
    road = research()
    said = replace(slot_data(road.slot), minimum_cohort=2, answers={**ANSWERS, missing: " "})
    with pytest.raises(Invalid) as refusal:
        partners.create_slot(actor=road.member, partner_id=road.slot.partner_id, data=said)
    assert refusal.value.field == f"answers.{missing}"


def test_milestones_are_refused_at_their_line_and_copied_with_the_slot() -> None:
    road = research(minimum_cohort=2)
    first, last = road.slot.starts_on, road.slot.ends_on
    told_once = [("Izin data", first, "Surat izin"), ("Laporan", last, "")]
    said = replace(slot_data(road.slot), milestones=told_once)

    def offer(**changed: Any) -> Slot:
        return partners.create_slot(actor=road.member, partner_id=road.slot.partner_id, data=replace(said, **changed))

    for milestones, code, field in (
        ([], "milestones_missing", "milestones"),
        ([("Laporan", last, "")] * 21, "too_many_milestones", "milestones"),
        ([*told_once, ("laporan", first, "")], "milestone_twice", "milestones.2.title"),
        ([("Laporan", last + timedelta(days=1), "")], "milestone_outside_period", "milestones.0.due_on"),
        ([("Laporan", first - timedelta(days=1), "")], "milestone_outside_period", "milestones.0.due_on"),
        ([(" ", last, "")], "text_missing", "milestones.0.title"),
    ):
        with pytest.raises(Invalid) as refusal:
            offer(milestones=milestones)
        assert (refusal.value.code, refusal.value.field) == (code, field)
    with pytest.raises(Invalid) as other:
        offer(kind="internship", answers={})
    assert other.value.code == "kind_without_milestones"
    slot = offer()
    for _ in range(2):
        partners.update_slot(actor=road.member, slot_id=slot.pk, data=said)
    copy = partners.clone_slot(actor=road.member, slot_id=slot.pk)
    assert [tuple(row) for row in slot_data(copy).milestones] == told_once
    with violates("milestone_title_once"):
        copy.milestones.create(agency=copy.agency, title="Laporan", due_on=first)
    with violates("milestone_has_title"):
        copy.milestones.create(agency=copy.agency, title="", due_on=first)


def test_the_api_takes_and_gives_milestones() -> None:
    road = research()
    said = slot_data(road.slot)
    line = {"title": "Temuan diuji", "due_on": said.ends_on.isoformat(), "proof": "Notula"}
    body = {
        "partner_id": str(road.slot.partner_id),
        "agreement_id": str(said.agreement_id),
        **{name: getattr(said, name) for name in ("kind", "title", "description", "mode", "place", "hours_per_week")},
        **{name: getattr(said, name).isoformat() for name in ("starts_on", "ends_on", "apply_by")},
        "seats": 4,
        "answers": ANSWERS,
        "milestones": [line],
        "outcomes": [{"competency": code, "from_level": low, "to_level": high} for code, low, high in said.outcomes],
    }
    [kept] = told(ask(road.member, "POST", "slots", body), 201)["milestones"]
    assert {name: kept[name] for name in line} == line
    refusal = ask(road.member, "POST", "slots", {**body, "milestones": []})
    assert (refusal.status_code, refusal.json()["field"]) == (422, "milestones")
    [shown] = told(ask(road.applicant, "GET", f"slots/{road.slot.pk}"))["milestones"]
    assert shown["title"] == "Laporan diserahkan"


def test_one_person_is_no_team() -> None:
    road = research()
    said = slot_data(road.slot)
    for seats, cohort, code in ((1, None, "seats_below_cohort"), (4, 1, "cohort_range")):
        with pytest.raises(Invalid) as refusal:
            partners.create_slot(
                actor=road.member,
                partner_id=road.slot.partner_id,
                data=replace(said, seats=seats, minimum_cohort=cohort),
            )
        assert refusal.value.code == code
    alone = research(minimum_cohort=2)
    alone.prepare()
    with pytest.raises(Conflict) as too_few:
        services.start_placement(actor=alone.hr, placement_id=alone.placement.pk, now=alone.at(alone.slot.starts_on))
    assert too_few.value.code == "cohort_too_small"


def test_host_and_supervisor_are_asked_for_outputs_and_their_use() -> None:
    road = research()
    road.prove()
    at = f"placements/{road.placement.pk}/evaluations"
    [kind] = [kind for kind in told(ask(road.boss, "GET", "slot-kinds")) if kind["code"] == "research"]
    asked = {form["role"]: [q["code"] for q in form["questions"] if q["required"]] for form in kind["evaluations"]}
    assert asked == {"mentor": ["strengths"], "participant": ["applied"], "supervisor": ["applied"]}
    assert all(item.done for item in completion_evidence(road.placement)), "use comes later and is not waited for"
    told(ask(road.boss, "POST", at, {"overall": 4, "applied": "Diuji coba di loket sejak pekan lalu."}), 201)
    assert road.placement.evaluations.get(role="supervisor").applied.startswith("Diuji coba")


def test_its_hours_are_entered_by_an_officer() -> None:
    road = research()
    assert road.complete().status == "completed"
    drain()
    assert not LearningHourEntry.objects.exists()
    at = f"placements/{road.placement.pk}/learning-hours"
    entry = told(ask(road.hr, "POST", at, {"hours": 8, "note": "Laporan riset diperiksa."}), 201)
    assert (entry["counted_hours"], entry["form"]) == (8, "collaborative_research")
    assert ask(road.hr, "POST", at, {"hours": 8, "note": "Lagi"}).status_code == 409
