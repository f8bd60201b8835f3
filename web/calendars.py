"""A booked session as a calendar file. It carries what the calendar needs: time, subject, place; never a note."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from placements.models import MentoringSession
from placements.states import SessionStatus

FILE_NAME = "padan-session.ics"


def session_calendar(session: MentoringSession) -> bytes:
    """One event with a fixed id: a calendar that has it moves or strikes it out when the file is opened again."""
    cancelled = session.status == SessionStatus.CANCELLED
    event = Event()
    event.add("uid", f"{session.pk}@{urlsplit(settings.SITE_URL).hostname or 'padan'}")
    event.add("dtstamp", session.updated_at)
    event.add("dtstart", session.starts_at)
    event.add("dtend", session.ends_at)
    event.add("summary", _("Mentoring: %(slot)s") % {"slot": session.placement.slot.title})
    event.add("description", session.agenda)
    event.add("location", session.place or session.link)
    if session.link:
        event.add("url", session.link)
    event.add("sequence", session.moves + cancelled)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//Padan//Padan//ID")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written
