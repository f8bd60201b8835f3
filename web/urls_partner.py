"""Addresses of the pages of partners and mentors."""

from django.urls import URLPattern, path

from web.views import attendance, host, mentor
from web.views.partner import candidates, copies, home, mentors, organisation, slots

_partner: list[URLPattern] = [
    path("partner/", home.home, name="partner_home"),
    path("partner/organisation/", organisation.standing, name="partner_standing"),
    path("partner/organisation/profile/", organisation.profile, name="partner_profile"),
    path("partner/organisation/<uuid:agency_id>/again/", organisation.ask_again, name="partner_ask_again"),
    path("partner/members/", organisation.members, name="partner_members"),
    path("partner/members/hand-over/", organisation.hand_over, name="partner_hand_over"),
    path("partner/members/<uuid:membership_id>/role/", organisation.member_role, name="partner_member_role"),
    path("partner/members/<uuid:membership_id>/end/", organisation.member_end, name="partner_member_end"),
    path("partner/invitations/<uuid:invitation_id>/", organisation.invitation, name="partner_invitation"),
    path("partner/agreements/", organisation.agreements, name="partner_agreements"),
    path("partner/agreements/<uuid:agreement_id>/", organisation.agreement, name="partner_agreement"),
    path("partner/slots/", slots.slots, name="partner_slots"),
    path("partner/slots/new/", slots.create, name="partner_slot_create"),
    path("partner/slots/<uuid:slot_id>/", slots.slot, name="partner_slot"),
    path("partner/slots/<uuid:slot_id>/change/", slots.edit, name="partner_slot_edit"),
    path("partner/slots/<uuid:slot_id>/submit/", slots.submit, name="partner_slot_submit"),
    path("partner/slots/<uuid:slot_id>/pause/", slots.pause, name="partner_slot_pause"),
    path("partner/slots/<uuid:slot_id>/resume/", slots.resume, name="partner_slot_resume"),
    path("partner/slots/<uuid:slot_id>/close/", slots.close, name="partner_slot_close"),
    path("partner/slots/<uuid:slot_id>/confirm/", slots.confirm, name="partner_slot_confirm"),
    path("partner/slots/<uuid:slot_id>/copy/", copies.clone, name="partner_slot_clone"),
    path("partner/slots/<uuid:slot_id>/cancel/", slots.cancel, name="partner_slot_cancel"),
    path("partner/slots/<uuid:slot_id>/waive/", slots.waive, name="partner_slot_waive"),
    path("partner/slots/<uuid:slot_id>/mentors/", slots.tie_mentor, name="partner_slot_mentor"),
    path("partner/candidates/", candidates.candidates, name="partner_applications"),
    path("partner/candidates/<uuid:application_id>/", candidates.candidate, name="partner_application"),
    path("partner/mentors/", mentors.mentors, name="partner_mentors"),
    path("partner/mentors/new/", mentors.create, name="partner_mentor_create"),
    path("partner/mentors/<uuid:mentor_id>/", mentors.edit, name="partner_mentor"),
    path("partner/mentors/<uuid:mentor_id>/availability/", mentors.availability, name="mentor_availability"),
    path("partner/participants/", host.placements, name="partner_placements"),
]

# Mentors and members of the partner share these: what one may do follows from the placement.
_host: list[URLPattern] = [
    path("mentor/", mentor.home, name="mentor_home"),
    path("mentor/agenda/", mentor.agenda, name="mentor_agenda"),
    path("mentor/participants/", host.placements, name="mentor_placements"),
    path("participants/<uuid:placement_id>/", host.placement, name="partner_placement"),
    path("participants/<uuid:placement_id>/", host.placement, name="mentor_placement"),
    path("participants/<uuid:placement_id>/plan/", host.plan, name="host_plan"),
    path("participants/<uuid:placement_id>/agree/", host.agree, name="host_agree"),
    path("participants/<uuid:placement_id>/mentor/", host.mentor, name="host_mentor"),
    path("participants/<uuid:placement_id>/logbook/<uuid:entry_id>/", host.verify_entry, name="host_entry"),
    path("participants/<uuid:placement_id>/sessions/", host.session, name="host_session"),
    path("attendance/<uuid:meeting_id>/", attendance.attendance, name="host_attendance"),
    path("participants/<uuid:placement_id>/evaluation/", host.evaluate, name="host_evaluate"),
    path("participants/<uuid:placement_id>/completion/", host.complete, name="host_complete"),
    path("participants/<uuid:placement_id>/end/", host.end, name="host_end"),
]

urlpatterns: list[URLPattern] = [*_partner, *_host]
