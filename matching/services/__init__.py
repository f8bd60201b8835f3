"""Every write of this room: model versions, whole-agency runs, and the changes in between."""

from matching.services.changes import (
    AvailabilityRow,
    import_availability,
    record_outcome,
    refresh_employee,
    refresh_slot,
    set_availability,
)
from matching.services.mending import mend
from matching.services.runs import refresh_agency, request_full_match, resume_runs, run_match
from matching.services.versions import fit_model

__all__ = [
    "AvailabilityRow",
    "fit_model",
    "import_availability",
    "mend",
    "record_outcome",
    "refresh_agency",
    "refresh_employee",
    "refresh_slot",
    "request_full_match",
    "resume_runs",
    "run_match",
    "set_availability",
]
