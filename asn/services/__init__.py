"""Use cases of agencies and their people: the only writers of this room."""

from asn.services.acting import (
    delegate_decisions,
    end_acting,
    name_acting,
    report_missing_superior,
    set_unit_head,
    tell_ended_periods,
)
from asn.services.agencies import (
    DEADLINES,
    PriorityRow,
    add_agency_member,
    create_agency,
    import_priorities,
    set_agency_standard,
    set_deadlines,
    set_position_standard,
)
from asn.services.assessments import AssessmentRow, import_assessments, record_assessment
from asn.services.corrections import (
    accept_correction,
    refuse_correction,
    remind_of_corrections,
    request_correction,
    review_correction,
    withdraw_correction,
)
from asn.services.letterhead import set_letterhead
from asn.services.people import (
    EmployeeImport,
    EmployeeRow,
    PositionRow,
    UnitRow,
    change_employment,
    create_employee,
    import_employees,
    import_positions,
    import_units,
    set_interests,
    set_supervisor,
)
from asn.services.reference import ReferenceReport, load_reference

__all__ = [
    "DEADLINES",
    "AssessmentRow",
    "EmployeeImport",
    "EmployeeRow",
    "PositionRow",
    "PriorityRow",
    "ReferenceReport",
    "UnitRow",
    "accept_correction",
    "add_agency_member",
    "change_employment",
    "create_agency",
    "create_employee",
    "delegate_decisions",
    "end_acting",
    "import_assessments",
    "import_employees",
    "import_positions",
    "import_priorities",
    "import_units",
    "load_reference",
    "name_acting",
    "record_assessment",
    "refuse_correction",
    "remind_of_corrections",
    "report_missing_superior",
    "request_correction",
    "review_correction",
    "set_agency_standard",
    "set_deadlines",
    "set_interests",
    "set_letterhead",
    "set_position_standard",
    "set_supervisor",
    "set_unit_head",
    "tell_ended_periods",
    "withdraw_correction",
]
