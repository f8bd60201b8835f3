"""Every form on every page: sent twice it counts once, and sent after somebody else was quicker it says so.

The walk goes through the moments of tests/house/tour.py with everybody who may enter; a new page with a form joins by
itself. What may be done again and again stands in AGAIN with the reason.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import resolve, reverse

from accounts.models import User
from accounts.roles import roles_of
from core.models import AuditEvent, KeptAnswer
from partners.models import Slot
from placements.models import Decision, Placement
from tests.factories.core import PDF
from tests.factories.placements import MOTIVATION
from tests.house import routes
from tests.house.tour import Scene, Tour
from tests.web.forms import Form, forms_of
from web.sending import FIELD


def day(n: int) -> str:
    return (date.today() + timedelta(days=n)).isoformat()


# What a form needs that a page cannot know.
FILL = {
    "reason": "other_priority",
    "note": "Lihat rencana tahunan unit.",
    "motivation": MOTIVATION,
    "consent": "on",
    "has_conflict": "no",
    "number": "800.1.4.1/17/2026",
    "signer": "Sekretaris Daerah",
    "letter_date": day(0),
    "number_agency": "074/99/PKS",
    "subject": "Pengembangan kompetensi ASN",
    "starts_on": day(1),
    "ends_on": day(200),
    "decree_number": "100.3.3.3/8/2026",
    "code": "teladan-dua",
    "name": "Budi Santoso",
    "decided_by": "Wali Kota",
    "document": "Piagam",
    "basis": "SE Wali Kota 12/2026",
    "activity": "Mengolah data layanan",
    "agenda": "Membahas rencana dasbor",
    "hours": "6",
    "minutes": "60",
    "overall": "4",
    "outcome": "no_conflict",
}
PAGES = [row for row in routes.read() if row.method == "*" and ":" not in row.name]


def filled(form: Form, sent: dict[str, Any]) -> dict[str, Any]:
    """The form as somebody would fill it in."""
    data = dict(sent)
    for name, kind in form.kinds.items():
        if kind == "file":
            data[name] = SimpleUploadedFile("surat.pdf", PDF, content_type="application/pdf")
        elif kind == "date" and not data.get(name):
            data[name] = FILL.get(name) or day(0)
        elif kind != "select" and not data.get(name):
            data[name] = FILL.get(name, "Dasbor terpasang" if kind in ("text", "textarea") else "")
    return data


def again(data: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The same sending once more, its files from their beginning."""
    for value in data.values():
        if isinstance(value, SimpleUploadedFile):
            value.seek(0)
    return data | changed


def read_out(answer: Any) -> None:
    """A file is read to its end, which closes it."""
    if answer.streaming:
        for _ in answer.streaming_content:
            pass


def trace() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (AuditEvent, Decision, Slot, Placement, KeptAnswer))


@dataclass
class Walk:
    """What became of the forms: by the view they go to and the decision they carry."""

    taken: set[str] = field(default_factory=set)
    seen: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    late: dict[str, tuple[int, str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    clients: dict[int, Client] = field(default_factory=dict)
    been: set[str] = field(default_factory=set)

    def client(self, user: User) -> Client:
        if user.pk not in self.clients:
            self.clients[user.pk] = Client(headers={"Accept-Language": "en"})
            self.clients[user.pk].force_login(user)
        return self.clients[user.pk]

    def through(self, scene: Scene, tour: Tour) -> None:
        road = scene.road
        for user in (road.applicant, road.boss, road.hr, road.member, road.mentor.user, tour.operator):
            assert user is not None
            for address in self._pages(scene, user):
                answer = self.client(user).get(address)
                if answer.status_code == 200 and "html" in answer.headers["Content-Type"]:
                    for form in forms_of(answer.content.decode(), address):
                        self._send(self.client(user), form)
                read_out(answer)

    def _pages(self, scene: Scene, user: User) -> Iterator[str]:
        """Pages that this person may enter and this moment has the ids for; those without ids once a role."""
        roles = {str(role) for role in roles_of(user)} - {"public", "signed_in"}
        for row in PAGES:
            names = set(re.findall(r"<uuid:(\w+)>", row.route))
            if "<" in re.sub(r"<uuid:\w+>", "", row.route) or not names <= set(scene.ids):
                continue
            if set(row.roles.split()) & roles or row.roles == "signed_in":
                if not names:
                    if row.name in self.been:
                        continue
                    self.been.add(row.name)
                yield reverse(row.name, kwargs={name: scene.ids[name] for name in names})

    def _send(self, client: Client, form: Form) -> None:
        where = resolve(form.action.split("?")[0]).view_name
        if where.startswith("account_") or where == "set_language":
            return
        if not form.fields.get(FIELD):
            self.wrong.append(f"{form.action} is not told apart from its next sending")
            return
        for sent in form.sendings():
            name = f"{where} {sent.get('decision', '')}".strip()
            if name in self.taken:
                continue
            point = transaction.savepoint()
            data = filled(form, sent)
            first = client.post(form.action, data)
            self.seen[name].add(first.status_code)
            read_out(first)
            if first.status_code == 302:
                self.taken.add(name)
                effect = trace()
                second = client.post(form.action, again(data))
                if (second.status_code, second.headers.get("Location"), trace()) != (302, first["Location"], effect):
                    self.wrong.append(f"{name}: the second click had an effect of its own")
                third = client.post(form.action, again(data, **{FIELD: f"{data[FIELD][:-6]}abcdef"}))
                self.late[name] = (third.status_code, third.content.decode())
            transaction.savepoint_rollback(point)


# Forms that may be sent again after somebody else has sent them, and why nothing is lost by it.
AGAIN = {
    "agency_agreement_file": "a newer scan takes the place of the one before; both stay in the trail",
    "agency_settings": "states numbers; the later statement holds",
    "agency_letter": "a newer letter takes the place of the one before, which is kept and marked",
    "agency_letter_make": "a newer letter takes the place of the one before, which is kept and marked",
    "agency_match": "asks for the recommendations once more",
    "agency_match_ceiling": "states a number; the later statement holds",
    "agency_mentor": "states who guides; the later statement holds",
    "agency_queue approve": "leads to a page that names each decision that was taken meanwhile",
    "agency_queue reject": "leads to a page that names each decision that was taken meanwhile",
    "agency_queue return": "leads to a page that names each decision that was taken meanwhile",
    "agency_unit_head": "states who leads; the later statement holds",
    "agency_superior": "states who leads; the later statement holds",
    "employee_apply": "keeps the draft that the first sending began",
    "employee_logbook": "a second piece of work of the same day",
    "employee_plan": "participant and host write one plan; the mentor's agreement is asked for anew",
    "gallery_confirm": "shows a component",
    "gallery_confirm approve": "shows a component",
    "gallery_confirm reject": "shows a component",
    "gallery_confirm return": "shows a component",
    "host_mentor": "states who guides; the later statement holds",
    "host_plan": "participant and host write one plan; the mentor's agreement is asked for anew",
    "notification_read": "it is read already",
    "notifications_read_all": "they are read already",
    "partner_mentor": "states a profile; the later statement holds",
    "partner_mentor_create": "two people of one name",
    "partner_slot_clone": "a second copy to begin from",
    "partner_slot_confirm": "it still stands",
    "session_move": "it moves again until it begins",
    "session_note": "the own note, rewritten",
}
# Refused with sentences of their own, which say what is there now without the story of who was quicker.
OWN_WORDS = {
    "agency_assess",
    "agency_award_rule",
    "employee_evaluate",
    "employee_session",
    "host_evaluate",
    "host_session",
    "partner_slot_mentor",
    "supervisor_delegation",
    "supervisor_evaluate",
}
STORY = re.compile(r"It was last changed by|You changed it last yourself")


@pytest.mark.django_db
def test_each_form_counts_once_and_who_comes_late_is_told() -> None:
    tour, walk = Tour(), Walk()
    for scene in tour.scenes:
        walk.through(scene, tour)
    assert set().union(*walk.seen.values()) <= {200, 302, 403, 404, 409, 422}, walk.seen
    wrong = list(walk.wrong)
    for name, (status, text) in walk.late.items():
        if name in AGAIN:
            if status != 302:
                wrong.append(f"{name}: answered {status}; it stands in AGAIN")
        elif status != 409:
            wrong.append(
                f"{name}: answered {status} to who came late: explain it, or say in AGAIN why it may be sent again"
            )
        elif bool(STORY.search(text)) == (name in OWN_WORDS):
            wrong.append(
                f"{name}: who was quicker, when, and what now is {'told' if name in OWN_WORDS else 'not told'}"
            )
    assert not wrong, "\n".join(wrong)
    gone = {name for name in {*AGAIN, *OWN_WORDS} if name not in walk.taken}
    assert not gone, f"no moment of the tour gets these taken any more: {sorted(gone)}"
    assert len(walk.taken) >= 66, sorted(walk.seen.keys() - walk.taken)
