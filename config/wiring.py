"""Which announced fact wakes which task. Services know neither side."""

HANDLERS: dict[str, tuple[str, ...]] = {
    "asn.assessment_recorded": (),
    "asn.standards_changed": (),
    "partners.partner_registered": (),
    "partners.partner_decided": (),
    "partners.slot_submitted": (),
    "partners.slot_returned": (),
    "partners.slot_published": (),
    "partners.slot_changed": (),
}
