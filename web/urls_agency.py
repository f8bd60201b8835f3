"""Addresses of the HR office, below ``agency/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from web.views.agency import application, awards, home, letterhead, partners, people, placements, quality, queue, slots

urlpatterns: list[URLPattern] = [
    path("", home.home, name="agency_home"),
    path("matching/", home.match, name="agency_match"),
    path("matching/quality/", quality.quality, name="agency_match_quality"),
    path("matching/ceiling/", quality.ceiling, name="agency_match_ceiling"),
    path("matching/run/", home.match_run, name="agency_match_run"),
    path("applications/", queue.queue, name="agency_queue"),
    path("applications/result/", queue.result, name="agency_queue_result"),
    path("applications/<uuid:application_id>/", application.application, name="agency_application"),
    path("placements/", placements.placements, name="agency_placements"),
    path("placements/<uuid:placement_id>/", placements.placement, name="agency_placement"),
    path("placements/<uuid:placement_id>/letter/", placements.letter, name="agency_letter"),
    path("placements/<uuid:placement_id>/letter/make/", placements.make_letter, name="agency_letter_make"),
    path("placements/<uuid:placement_id>/certificate/revoke/", placements.revoke, name="agency_revoke"),
    path("placements/<uuid:placement_id>/mentor/", placements.mentor, name="agency_mentor"),
    path("placements/<uuid:placement_id>/start/", placements.start, name="agency_start"),
    path("placements/<uuid:placement_id>/hold/", placements.hold, name="agency_hold"),
    path("placements/<uuid:placement_id>/resume/", placements.resume, name="agency_resume"),
    path("placements/<uuid:placement_id>/end/", placements.end, name="agency_end"),
    path("placements/<uuid:placement_id>/no-show/", placements.no_show, name="agency_no_show"),
    path("placements/<uuid:placement_id>/complete/", placements.complete, name="agency_complete"),
    path("placements/<uuid:placement_id>/hours/", placements.hours, name="agency_hours"),
    path("letterhead/", letterhead.letterhead, name="agency_letterhead"),
    path("letterhead/example/", letterhead.preview, name="agency_letterhead_preview"),
    path("slots/", slots.slots, name="agency_slots"),
    path("slots/<uuid:slot_id>/", slots.slot, name="agency_slot"),
    path("slots/<uuid:slot_id>/reserve/", slots.reserve, name="agency_slot_reserve"),
    path("slots/<uuid:slot_id>/waitlist/", slots.waitlist, name="agency_waitlist"),
    path("partners/", partners.partners, name="agency_partners"),
    path("partners/<uuid:partner_id>/", partners.partner, name="agency_partner"),
    path("partners/<uuid:partner_id>/agreements/", partners.create_agreement, name="agency_agreement_create"),
    path("agreements/", partners.agreements, name="agency_agreements"),
    path("agreements/<uuid:agreement_id>/", partners.agreement, name="agency_agreement"),
    path("agreements/<uuid:agreement_id>/sign/", partners.sign_agreement, name="agency_agreement_sign"),
    path("agreements/<uuid:agreement_id>/end/", partners.terminate_agreement, name="agency_agreement_end"),
    path("people/", people.people, name="agency_people"),
    path("people/export/", people.export_people, name="agency_people_export"),
    path("people/<uuid:employee_id>/", people.person, name="agency_person"),
    path("people/<uuid:employee_id>/assessments/", people.assess, name="agency_assess"),
    path("awards/", awards.awards, name="agency_awards"),
    path("awards/criteria/", awards.create_rule, name="agency_award_rule"),
    path("awards/<uuid:proposal_id>/", awards.award, name="agency_award"),
]
