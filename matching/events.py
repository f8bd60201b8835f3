"""Facts this room announces."""

RUN_REQUESTED = "matching.run_requested"
AVAILABILITY_CHANGED = "matching.availability_changed"
RECOMMENDATIONS_READY = "matching.recommendations_ready"
# Asked for again: somebody or something changed while a run was under way, or the list of a slot ran short.
PERSON_CHANGED = "matching.person_changed"
SLOT_CHANGED = "matching.slot_changed"
