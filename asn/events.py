"""Facts this room announces."""

ASSESSMENT_RECORDED = "asn.assessment_recorded"
STANDARDS_CHANGED = "asn.standards_changed"
PRIORITIES_CHANGED = "asn.priorities_changed"
EMPLOYEE_CHANGED = "asn.employee_changed"
