"""Facts this room announces."""

ASSESSMENT_RECORDED = "asn.assessment_recorded"
EMPLOYEES_IMPORTED = "asn.employees_imported"
STANDARDS_CHANGED = "asn.standards_changed"
