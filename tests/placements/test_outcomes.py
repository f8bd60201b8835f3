"""What matching is told of each application: when it is handed in, and how it ends, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from asn.models import Assessment
from matching.models import PairOutcome
from matching.services.calibration import SETTLED_AFTER
from placements import services
from tests.factories.placements import MOTIVATION, Road, make_road

pytestmark = pytest.mark.django_db


def refuse(road: Road) -> None:
    road.apply()
    services.refuse_application(actor=road.boss, application_id=road.application.pk, reason="staffing")


def reject(road: Road) -> None:
    road.clear()
    services.reject_application(actor=road.hr, application_id=road.application.pk, reason="other_candidates")


def decline(road: Road) -> None:
    road.approve()
    services.decline_application(actor=road.member, application_id=road.application.pk, reason="no_capacity")


def withdraw(road: Road) -> None:
    road.apply()
    services.withdraw_application(actor=road.applicant, application_id=road.application.pk)


def expire(road: Road) -> None:
    road.apply()
    assert services.expire_applications(now=road.at(road.slot.starts_on + timedelta(days=1))) == 1


def end_early(road: Road) -> None:
    road.start()
    services.end_placement_early(actor=road.hr, placement_id=road.placement.pk, reason="health")


def stay_away(road: Road) -> None:
    road.accept()
    services.mark_no_show(actor=road.hr, placement_id=road.placement.pk, now=road.at(road.slot.starts_on))


ENDINGS: list[tuple[Callable[[Road], object], str]] = [
    (refuse, "rejected"),
    (reject, "rejected"),
    (decline, "declined"),
    (withdraw, "withdrawn"),
    (expire, "expired"),
    (end_early, "ended_early"),
    (stay_away, "no_show"),
    (Road.complete, "completed"),
]


@pytest.mark.parametrize(("walk", "ending"), ENDINGS, ids=lambda value: getattr(value, "__name__", value))
def test_every_road_has_one_ending(walk: Callable[[Road], object], ending: str) -> None:
    road = make_road()
    walk(road)
    outcome = PairOutcome.objects.get()
    assert (outcome.application_id, outcome.employee_id, outcome.slot_id) == (
        road.application.pk,
        road.employee.pk,
        road.slot.pk,
    )
    assert outcome.ending == ending
    assert outcome.ended_at is not None
    assert outcome.counts_from == road.slot.ends_on + SETTLED_AFTER
    assert not outcome.is_example


def test_the_gaps_of_the_day_of_the_application_are_kept() -> None:
    road = make_road()
    road.apply()
    outcome = PairOutcome.objects.get()
    assert (outcome.ending, outcome.ended_at) == ("", None)
    gaps = {gap["competency"]: gap["required"] - gap["assessed"] for gap in outcome.inputs["candidate"]["gaps"]}
    taught = {o.competency_id: float(o.to_level - o.from_level) for o in road.slot.outcomes.all()}
    assert gaps.items() >= taught.items()


def test_a_draft_is_no_outcome() -> None:
    road = make_road()
    draft = services.save_draft(actor=road.applicant, slot_id=road.slot.pk, motivation=MOTIVATION)
    assert not PairOutcome.objects.exists()
    services.withdraw_application(actor=road.applicant, application_id=draft.pk)
    assert not PairOutcome.objects.exists()


def test_a_revised_application_keeps_its_first_day() -> None:
    road = make_road()
    road.clear()
    before = PairOutcome.objects.get()
    services.return_application(
        actor=road.hr, application_id=road.application.pk, reason="incomplete", note="Mohon dilengkapi."
    )
    services.revise_application(actor=road.applicant, application_id=road.application.pk)
    Assessment.objects.filter(employee=road.employee).update(level=5)
    services.submit_application(actor=road.applicant, application_id=road.application.pk, consent=True)
    after = PairOutcome.objects.get()
    assert (after.pk, after.inputs, after.ending) == (before.pk, before.inputs, "")
