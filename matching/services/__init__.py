"""Every write of this room: model versions, whole-agency runs, the changes in between, outcomes and policy."""

from matching.services.calibration import (
    ExampleOutcome,
    calibrate,
    import_example_outcomes,
    note_application,
    record_outcome,
)
from matching.services.changes import (
    AvailabilityRow,
    import_availability,
    refresh_employee,
    refresh_slot,
    set_availability,
)
from matching.services.exposure import exposure_report
from matching.services.fairness import set_policy
from matching.services.mending import mend
from matching.services.runs import (
    match_shard,
    next_run,
    prepare_run,
    refresh_agency,
    request_full_match,
    resume_runs,
    run_match,
)
from matching.services.verifying import Verification, verify_lists
from matching.services.versions import fit_model

__all__ = [
    "AvailabilityRow",
    "ExampleOutcome",
    "Verification",
    "calibrate",
    "exposure_report",
    "fit_model",
    "import_availability",
    "import_example_outcomes",
    "match_shard",
    "mend",
    "next_run",
    "note_application",
    "prepare_run",
    "record_outcome",
    "refresh_agency",
    "refresh_employee",
    "refresh_slot",
    "request_full_match",
    "resume_runs",
    "run_match",
    "set_availability",
    "set_policy",
    "verify_lists",
]
