"""Which announced fact wakes which task. Services know neither side."""

HANDLERS: dict[str, tuple[str, ...]] = {
    "asn.assessment_recorded": ("matching.tasks.refresh_employee",),
    "asn.standards_changed": ("matching.tasks.refresh_everyone",),
    "partners.partner_registered": (),
    "partners.partner_decided": (),
    "partners.slot_submitted": (),
    "partners.slot_returned": (),
    "partners.slot_published": ("matching.tasks.refresh_slot",),
    "partners.slot_changed": ("matching.tasks.refresh_slot",),
    "matching.availability_changed": ("matching.tasks.refresh_employee",),
    "matching.run_requested": ("matching.tasks.start_run",),
    "matching.recommendations_ready": (),
}
