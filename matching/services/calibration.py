"""Learning what points mean: outcomes as they come, and a curve fitted on them.

The event whose chance is shown: **of such pairs that were applied for, the placement was completed.** An application
enters when it is handed in, with the engine's inputs of that day, and ends once: completed, or in one of the ways that
matching.states.Ending lists, which are all "not". Refusals come within days and completions after months, so an outcome
counts only when everybody who applied for the slot should have come to an end; else the newest would look hopeless.
"""

from __future__ import annotations

import hashlib
import json
import math
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from asn.models import Agency, Employee, by_own_date
from core import audit
from core.errors import require
from core.services import service
from matching import datasets
from matching.engine.calibration import PointsCalibrator
from matching.models import Calibration, ModelVersion, PairOutcome
from matching.services.locks import lock_until_commit
from matching.snapshots import pair_inputs, pair_of
from matching.states import Ending
from partners.models import Slot

SETTLED_AFTER = timedelta(days=30)  # after the last day of a slot: completion waits for its evidence
MOST_OUTCOMES = 5_000  # the latest of them; scoring one takes about 2 ms


# --- outcomes -----------------------------------------------------------------------------------------------------


@service
def note_application(*, application_id: uuid.UUID, employee: Employee, slot: Slot) -> PairOutcome:
    """Keep what the engine knew when a person applied; handing in again changes nothing.

    Called by placements inside its own services, which audit it.
    """
    outcome = PairOutcome.objects.filter(application_id=application_id).first()
    if outcome is not None:
        return outcome
    today = slot.agency.today()
    return PairOutcome.objects.create(
        agency_id=slot.agency_id,
        application_id=application_id,
        employee=employee,
        slot=slot,
        inputs=pair_inputs(datasets.candidate_of(employee, today=today), datasets.opportunity(slot, today)),
        counts_from=slot.ends_on + SETTLED_AFTER,
    )


@service
def record_outcome(*, application_id: uuid.UUID, ending: str, at: datetime | None = None) -> bool:
    """Remember how an application ended, once; whether that was news. One that was never handed in has no outcome.

    Called by placements inside its own services, which audit the end.
    """
    waiting = PairOutcome.objects.filter(application_id=application_id, ending="")
    return waiting.update(ending=Ending(ending), ended_at=at or timezone.now()) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleOutcome:
    """A made-up application of the past and how it ended."""

    employee_id: uuid.UUID
    slot_id: uuid.UUID
    ending: str


@service
def import_example_outcomes(*, agency_id: uuid.UUID, rows: Sequence[ExampleOutcome]) -> int:
    """Give a demonstration a history to calibrate on, by today's inputs; returns how many outcomes it has.

    Refused for real agencies. Their own history cannot be brought along either: it holds what was completed, hardly ever
    what came to nothing, and inputs of those days are gone.
    """
    agency = Agency.objects.get(pk=agency_id)
    require(agency.is_demo)
    today, now = agency.today(), timezone.now()
    people = datasets.candidates(agency, today=today, only={row.employee_id for row in rows})
    candidates = {uuid.UUID(person.id): person for person in people}
    slots = Slot.objects.filter(agency=agency, pk__in={row.slot_id for row in rows}).select_related("agreement")
    opportunities = {
        slot.pk: datasets.opportunity(slot, today) for slot in slots.prefetch_related("outcomes", "prerequisites")
    }
    PairOutcome.objects.bulk_create(
        PairOutcome(
            agency=agency,
            employee_id=row.employee_id,
            slot_id=row.slot_id,
            inputs=pair_inputs(candidates[row.employee_id], opportunities[row.slot_id]),
            ending=Ending(row.ending),
            ended_at=now,
            counts_from=today,
            is_example=True,
        )
        for row in rows
    )
    audit.record(
        actor=None, action="matching.examples_imported", obj=agency, agency_id=agency.pk, after={"rows": len(rows)}
    )
    return len(rows)


# --- the curve ----------------------------------------------------------------------------------------------------


@service
def calibrate(*, version_id: uuid.UUID) -> Calibration:
    """Fit a version's points to the outcomes that count; the latest calibration is returned where nothing has changed.

    One curve for all agencies of this installation: few of them would have enough outcomes alone. It holds two numbers
    and tells nothing of any one.
    """
    lock_until_commit("calibrate")
    version = ModelVersion.objects.defer("artifact").get(pk=version_id)
    settled = PairOutcome.objects.exclude(ending="").filter(by_own_date(lambda day: Q(counts_from__lte=day)))
    rows = list(
        settled.order_by("-counts_from", "pk").values_list("slot_id", "inputs", "ending", "is_example")[:MOST_OUTCOMES]
    )
    points = _points(version_id, [inputs for _, inputs, _, _ in rows])
    happened = [ending == Ending.COMPLETED for _, _, ending, _ in rows]
    slots = [str(slot) for slot, _, _, _ in rows]
    calibrator = PointsCalibrator()
    parameters = calibrator.get_params()
    facts = sorted(zip(points, happened, slots, strict=True))
    data_hash = hashlib.sha256(json.dumps(facts, separators=(",", ":")).encode()).hexdigest()
    latest = Calibration.objects.filter(version=version).order_by("-fitted_at").first()
    if latest and (latest.data_hash, latest.parameters) == (data_hash, parameters):
        return latest
    calibrator.fit(points, happened, slots)
    low, high = calibrator.brier_skill_interval_
    metrics = {
        "brier": calibrator.brier_,
        "brier_skill": calibrator.brier_skill_,
        "brier_skill_low": low,
        "brier_skill_high": high,
        "ece": calibrator.ece_,
    }
    calibration = Calibration.objects.create(
        version=version,
        fitted_at=timezone.now(),
        outcomes=calibrator.n_,
        completed=calibrator.positives_,
        examples=sum(is_example for *_, is_example in rows),
        data_hash=data_hash,
        parameters=parameters,
        curve=asdict(calibrator.curve_) if calibrator.curve_ else None,
        metrics={name: round(value, 4) for name, value in metrics.items() if not math.isnan(value)},
        reliability=[asdict(one) for one in calibrator.reliability_],
        abstains=calibrator.abstains_,
    )
    audit.record(
        actor=None,
        action="matching.calibrated",
        obj=calibration,
        after={"version": version.number, "outcomes": calibration.outcomes, "abstains": calibration.abstains},
    )
    return calibration


def _points(version_id: uuid.UUID, inputs: Sequence[dict[str, Any]]) -> list[int]:
    if not inputs:
        return []
    recommender = datasets.recommender_of(version_id)
    return [recommender.explain(*pair_of(one)).points for one in inputs]
