"""Addresses of the pages."""

from django.urls import URLPattern, URLResolver, include, path

from web import urls_partner
from web.sending import each_once
from web.views import account, files, gallery, milestones, public, register, sessions, skills, supervisor, verify
from web.views.employee import applications, corrections, home, placements, slots

_public: list[URLPattern] = [
    path("", public.home, name="home"),
    path("language/", account.set_language, name="set_language"),
    path("privacy/", public.privacy, name="privacy"),
    path("register/", register.register, name="register"),
    path("register/sent/", register.sent, name="register_sent"),
    path("register/<str:token>/", register.confirm, name="register_confirm"),
    path("organisation/new/", register.own, name="partner_register"),
    path("join/<str:token>/", register.join, name="join_partner"),
    path("answer/<str:token>/", register.answer_slot, name="slot_answer"),
    path("verify/", verify.ask, name="verify"),
    path("verify/<str:code>/", verify.check, name="verify_code"),
]

_account: list[URLPattern] = [
    path("notifications/", account.notifications, name="notifications"),
    path("notifications/read/", account.read_all, name="notifications_read_all"),
    path("notifications/<uuid:notification_id>/", account.read, name="notification_read"),
]

_employee: list[URLPattern] = [
    path("competencies/", home.profile, name="employee_profile"),
    path("competencies/<uuid:assessment_id>/correction/", corrections.ask, name="employee_correction_ask"),
    path("corrections/<uuid:correction_id>/", corrections.show, name="employee_correction"),
    path("corrections/<uuid:correction_id>/withdraw/", corrections.withdraw, name="employee_correction_withdraw"),
    path("hours/", home.hours, name="employee_hours"),
    path("awards/", home.awards, name="employee_awards"),
    path("recommendations/", slots.recommended, name="employee_recommended"),
    path("slots/", slots.search, name="employee_slots"),
    path("slots/<uuid:slot_id>/", slots.detail, name="employee_slot"),
    path("slots/<uuid:slot_id>/apply/", applications.apply, name="employee_apply"),
    path("applications/", applications.applications, name="employee_applications"),
    path("applications/<uuid:application_id>/", applications.application, name="employee_application"),
    path("applications/<uuid:application_id>/revise/", applications.revise, name="employee_revise"),
    path("applications/<uuid:application_id>/withdraw/", applications.withdraw, name="employee_withdraw"),
    path("applications/<uuid:application_id>/seat/", applications.confirm_seat, name="employee_confirm_seat"),
    path("applications/<uuid:application_id>/seat/decline/", applications.decline_seat, name="employee_decline_seat"),
    path("placements/", placements.placements, name="employee_placements"),
    path("placements/<uuid:placement_id>/", placements.placement, name="employee_placement"),
    path("placements/<uuid:placement_id>/plan/", placements.plan, name="employee_plan"),
    path("placements/<uuid:placement_id>/logbook/", placements.logbook, name="employee_logbook"),
    path("placements/<uuid:placement_id>/sessions/", placements.session, name="employee_session"),
    path(
        "placements/<uuid:placement_id>/attendance/<uuid:attendance_id>/",
        placements.answer_attendance,
        name="employee_attendance",
    ),
    path("placements/<uuid:placement_id>/evaluation/", placements.evaluate, name="employee_evaluate"),
    path("placements/<uuid:placement_id>/stop/", placements.stop, name="employee_stop"),
]

# Both sides of a mentoring share these: what one may do follows from the session.
_sessions: list[URLPattern] = [
    path("placements/<uuid:placement_id>/sessions/book/", sessions.book, name="session_book"),
    path("sessions/<uuid:session_id>/", sessions.show, name="session"),
    path("sessions/<uuid:session_id>/move/", sessions.move, name="session_move"),
    path("sessions/<uuid:session_id>/cancel/", sessions.cancel, name="session_cancel"),
    path("sessions/<uuid:session_id>/answer/", sessions.answer, name="session_answer"),
    path("sessions/<uuid:session_id>/note/", sessions.note, name="session_note"),
    path("sessions/<uuid:session_id>/calendar/", sessions.calendar, name="session_calendar"),
]

# Team and host share the page of a milestone.
_milestones: list[URLPattern] = [
    path("placements/<uuid:placement_id>/milestones/<uuid:milestone_id>/", milestones.milestone, name="milestone"),
]

_supervisor: list[URLPattern] = [
    path("clearances/", supervisor.queue, name="supervisor_queue"),
    path("clearances/<uuid:application_id>/", supervisor.application, name="supervisor_application"),
    path("clearances/<uuid:application_id>/interest/", supervisor.conflict, name="supervisor_conflict"),
    path("delegation/", supervisor.delegation, name="supervisor_delegation"),
    path("delegation/<uuid:period_id>/end/", supervisor.end_delegation, name="supervisor_delegation_end"),
    path("team/", supervisor.team, name="supervisor_team"),
    path("team/placements/<uuid:placement_id>/evaluation/", supervisor.evaluate, name="supervisor_evaluate"),
    path("team/<uuid:employee_id>/", supervisor.member, name="supervisor_member"),
]

_skills: list[URLPattern] = [path("read-competencies/", skills.read, name="read_skills")]

_gallery: list[URLPattern] = [
    path("gallery/", gallery.show, name="gallery"),
    path("gallery/confirm/", gallery.confirm, name="gallery_confirm"),
    path("gallery/job/", gallery.job, name="gallery_job"),
]

_pages: list[URLPattern | URLResolver] = [
    *_public,
    *_account,
    *_employee,
    *_sessions,
    *_milestones,
    *_supervisor,
    *_skills,
    *urls_partner.urlpatterns,
    path("agency/", include("web.urls_agency")),
    path("files/<uuid:file_id>/", files.download, name="file"),
    path("papers/<uuid:paper_id>/", files.paper, name="paper"),
    path("certificates/<uuid:certificate_id>/", files.certificate, name="certificate"),
    *_gallery,
]

urlpatterns = each_once(_pages)
