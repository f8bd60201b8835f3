"""Facts this room announces."""

RUN_REQUESTED = "matching.run_requested"
AVAILABILITY_CHANGED = "matching.availability_changed"
RECOMMENDATIONS_READY = "matching.recommendations_ready"
