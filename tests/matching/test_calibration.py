"""Outcomes scored by the version in force, and the percentage that comes of them."""

from __future__ import annotations

import json
import random
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from asn.models import Agency, Employee
from core.errors import NotAllowed
from core.models import AuditEvent
from matching import datasets, selectors, services, tasks
from matching.engine.types import Candidate, Opportunity
from matching.models import Calibration, MatchState, ModelVersion, PairOutcome
from matching.services.calibration import ExampleOutcome
from matching.snapshots import pair_inputs, pair_of
from partners.models import Slot
from tests.matching.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = make_world(3, people=60, slots=30)
    Agency.objects.filter(pk=made.agency.pk).update(is_demo=True)
    made.agency.refresh_from_db()
    return made


def pairs(world: World) -> list[tuple[Candidate, Opportunity]]:
    today = world.agency.today()
    people = datasets.candidates(world.agency, today=today)
    return [(person, slot) for person in people for slot in datasets.opportunities(world.agency, today=today)]


def seed(world: World, *, count: int = 200, related: bool = True) -> ModelVersion:
    """A made-up history in which the better half is completed three times as often, or as often."""
    version = services.fit_model()
    recommender = datasets.recommender_of(version.pk)
    chosen = random.Random(5).sample(pairs(world), count)
    points = [recommender.explain(*pair).points for pair in chosen]
    middle, luck = sorted(points)[count // 2], random.Random(6)
    rows = [
        ExampleOutcome(
            employee_id=uuid.UUID(person.id),
            slot_id=uuid.UUID(slot.id),
            ending="completed" if luck.random() < (0.85 if not related or value > middle else 0.15) else "rejected",
        )
        for (person, slot), value in zip(chosen, points, strict=True)
    ]
    assert services.import_example_outcomes(agency_id=world.agency.pk, rows=rows) == count
    return version


# --- inputs -------------------------------------------------------------------------------------------------------


def test_a_snapshot_scores_like_the_pair_it_was_taken_of(world: World) -> None:
    recommender = datasets.recommender_of(services.fit_model().pk)
    seen = set()
    for person, slot in random.Random(1).sample(pairs(world), 100):
        kept = json.loads(json.dumps(pair_inputs(person, slot)))
        points = recommender.explain(person, slot).points
        assert recommender.explain(*pair_of(kept)).points == points
        seen.add(points)
    assert len(seen) > 30


def test_a_snapshot_names_nobody(world: World) -> None:
    person, slot = pairs(world)[0]
    employee = Employee.objects.get(pk=person.id)
    kept = json.dumps(pair_inputs(person, slot))
    for secret in (*(str(getattr(employee, name)) for name in Employee.PERSONAL_FIELDS if getattr(employee, name)),):
        assert secret not in kept
    for identity in (employee.pk, slot.id, employee.agency_id):
        assert str(identity) not in kept


def test_a_snapshot_with_fields_of_another_release_is_read(world: World) -> None:
    kept = pair_inputs(*pairs(world)[0])
    for gap in kept["candidate"]["gaps"]:
        gap["of_tomorrow"] = 1
        del gap["importance"]
    candidate, _ = pair_of(kept)
    assert {gap.importance for gap in candidate.gaps} == {1.0}


# --- the curve ----------------------------------------------------------------------------------------------------


def test_before_any_outcome_it_abstains(world: World) -> None:
    assert selectors.calibration_of(world.agency) is None
    services.refresh_agency(agency_id=world.agency.pk)
    calibration = selectors.calibration_of(world.agency)
    assert calibration is not None
    assert (calibration.abstains, calibration.outcomes, calibration.curve) == ("too_few_outcomes", 0, None)
    assert calibration.metrics == {}
    assert selectors.chance_of(9000, calibration) is None
    assert selectors.chance_of(9000, None) is None


def test_a_history_gives_percentages_that_rise_with_the_points(world: World) -> None:
    version = seed(world)
    calibration = services.calibrate(version_id=version.pk)
    assert calibration.abstains == ""
    assert (calibration.outcomes, calibration.examples) == (200, 200)
    assert 0.0 < calibration.metrics["brier_skill_low"] < calibration.metrics["brier_skill"]
    assert sum(one["count"] for one in calibration.reliability) == 200
    chances = [selectors.chance_of(points, calibration) for points in range(1, 10_001, 500)]
    assert all(chance is not None and 1 <= chance <= 99 for chance in chances)
    assert chances == sorted(chances, key=lambda chance: chance or 0)
    assert len(set(chances)) > 3
    assert selectors.chance_of(0, calibration) is None
    assert AuditEvent.objects.filter(action="matching.calibrated", object_id=str(calibration.pk)).count() == 1


def test_a_history_that_has_nothing_to_do_with_the_points_abstains(world: World) -> None:
    calibration = services.calibrate(version_id=seed(world, related=False).pk)
    assert calibration.abstains == "no_skill"
    assert selectors.chance_of(9000, calibration) is None


def test_the_same_outcomes_make_no_second_calibration(world: World) -> None:
    version = seed(world)
    first = services.calibrate(version_id=version.pk)
    assert services.calibrate(version_id=version.pk) == first
    PairOutcome.objects.filter(ending="rejected").update(ending="withdrawn")
    assert services.calibrate(version_id=version.pk) == first
    PairOutcome.objects.order_by("pk").first().delete()  # type: ignore[union-attr]
    assert services.calibrate(version_id=version.pk).outcomes == 199
    assert Calibration.objects.filter(version=version).count() == 3  # the first came with the version


def test_each_version_scores_the_outcomes_itself(world: World) -> None:
    old = services.calibrate(version_id=seed(world).pk)
    world.add_slots(3)
    new_version = services.fit_model()
    assert new_version.pk != old.version_id
    new = Calibration.objects.get(version=new_version)
    assert (new.outcomes, new.abstains) == (200, "")
    assert new.curve != old.curve


def test_only_settled_and_ended_outcomes_count(world: World) -> None:
    version = seed(world)
    waiting = list(PairOutcome.objects.order_by("pk").values_list("pk", flat=True))
    PairOutcome.objects.filter(pk__in=waiting[:20]).update(counts_from=timezone.localdate() + timedelta(days=2))
    PairOutcome.objects.filter(pk__in=waiting[20:30]).update(ending="", ended_at=None)
    assert services.calibrate(version_id=version.pk).outcomes == 170


def test_nightly_the_points_are_held_against_new_outcomes(world: World) -> None:
    services.refresh_agency(agency_id=world.agency.pk)
    seed(world)
    tasks.refit()
    calibration = selectors.calibration_of(world.agency)
    assert calibration is not None
    assert calibration.version_id == MatchState.objects.get(agency=world.agency).generation.version_id
    assert (calibration.outcomes, calibration.abstains) == (200, "")


def test_examples_are_for_demonstrations_only(world: World) -> None:
    Agency.objects.filter(pk=world.agency.pk).update(is_demo=False)
    with pytest.raises(NotAllowed):
        services.import_example_outcomes(agency_id=world.agency.pk, rows=[])


def test_the_database_keeps_real_and_made_up_outcomes_apart(world: World) -> None:
    seed(world, count=100)
    some = PairOutcome.objects.all()[:1].get()
    for wrong in ({"is_example": False}, {"application_id": uuid.uuid4()}, {"ending": ""}, {"ended_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PairOutcome.objects.filter(pk=some.pk).update(**wrong)


def test_calibrating_asks_a_fixed_number_of_times(world: World) -> None:
    version = seed(world, count=110)
    with CaptureQueriesContext(connection) as few:
        services.calibrate(version_id=version.pk)
    seed(world, count=50)
    with CaptureQueriesContext(connection) as many:
        services.calibrate(version_id=version.pk)
    assert len(many) == len(few)


def test_an_old_slot_may_be_an_example_too(world: World) -> None:
    Slot.objects.update(status="closed")
    row = ExampleOutcome(employee_id=world.people[0].pk, slot_id=world.slots[0].pk, ending="no_show")
    assert services.import_example_outcomes(agency_id=world.agency.pk, rows=[row]) == 1
