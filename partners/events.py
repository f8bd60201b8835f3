"""Facts this room announces."""

PARTNER_REGISTERED = "partners.partner_registered"
PARTNER_DECIDED = "partners.partner_decided"
SLOT_SUBMITTED = "partners.slot_submitted"
SLOT_RETURNED = "partners.slot_returned"
SLOT_PUBLISHED = "partners.slot_published"
SLOT_CHANGED = "partners.slot_changed"
COHORT_SHORT = "partners.cohort_short"
