"""Facts this room announces."""

ASSESSMENT_RECORDED = "asn.assessment_recorded"
STANDARDS_CHANGED = "asn.standards_changed"
