"""Collaborative research: what its slot must say, the team it begins with, what came out, its use, hours by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.errors import Conflict, Invalid
from core.outbox import drain
from partners import services as partners
from partners.services.slots import slot_data
from placements import services
from placements.models import LearningHourEntry
from placements.selectors import completion_evidence
from tests.api import ask, told
from tests.factories.partners import days
from tests.factories.placements import Road, make_road

pytestmark = pytest.mark.django_db

ANSWERS = {
    "problem": "Mengapa pengaduan yang sama berulang.",
    "team": "Ketua, data, wawancara.",
    "milestones": "Pekan 2: izin data.",
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
