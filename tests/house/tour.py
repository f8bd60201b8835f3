"""Every page of the URLconf with somebody who may open it and a thing for it to show.

A new page joins by itself when a person of its roles gets it with an id of one of the worlds below. Where it does not,
`places` says which page is meant: give a world what it needs, or say in NO_PAGE what the address is instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core import outbox
from core.links import make_link
from matching import services as matching
from partners import services as onboarding
from placements import services
from placements.models import Certificate, MilestoneReport, Placement
from tests.factories.accounts import UserFactory
from tests.factories.asn import ActingPeriodFactory, AgencyMembershipFactory, AssessmentFactory, EmployeeFactory
from tests.factories.partners import AgreementFactory
from tests.factories.placements import Road, make_road
from tests.house import routes
from tests.house.worlds import finished_world
from tests.placements.meetings import book, give_time
from web.services import CONFIRM, notify

# Addresses that are no page of ours: what they are instead.
NO_PAGE = {
    "account_confirm_email": "a link of a mail that we do not send",
    "account_confirm_login_code": "asks for a code that we do not send",
    "account_reauthenticate": "asks for the password again before steps that we do not offer",
    "account_reset_password_from_key": "a link of a mail; tests/web/test_frame.py opens it",
    "agency_letterhead_preview": "a PDF",
    "agency_queue_result": "shown after a decision over many; tests/web/test_agency_decisions.py opens it",
    "agency_match_run": "a part of the office's first page, asked by htmx",
    "agency_people_export": "a workbook",
    "api:api-root": "JSON",
    "api:openapi-json": "JSON",
    "api:openapi-view": "the reader of the API's document; tests/browser/test_api_docs.py opens it",
    "certificate": "a PDF",
    "file": "a file",
    "health": "JSON",
    "paper": "a PDF",
    "session_calendar": "a calendar file",
    "set_language": "takes the form of the language switch",
    "gallery_job": "a part of the gallery, asked by htmx",
}


@dataclass(frozen=True)
class Place:
    """A page, its address, and who opens it."""

    name: str
    address: str
    user: User | None
    client: Client

    def get(self, **headers: str) -> HttpResponse:
        """The page as this person gets it."""
        return self.client.get(self.address, headers=headers)  # type: ignore[return-value]


@dataclass
class Scene:
    """One moment of the road: its people, and ids by the names that addresses use."""

    road: Road
    ids: dict[str, Any] = field(default_factory=dict)


def _ids(road: Road) -> dict[str, Any]:
    found: dict[str, Any] = {"slot_id": road.slot.pk, "employee_id": road.employee.pk, "mentor_id": road.mentor.pk}
    found["unit_id"] = road.employee.unit_id
    for name in ("application", "placement"):
        if (row := getattr(road, name, None)) is not None:
            found[f"{name}_id"] = row.pk
    return found


def running(road: Road) -> Road:
    """In the middle of it."""
    road.start()
    today = road.agency.today()
    Placement.objects.filter(pk=road.placement.pk).update(
        starts_on=today - timedelta(days=8), ends_on=today + timedelta(days=50)
    )
    road.reload()
    return road


def _with_evidence(road: Road) -> Road:
    services.record_logbook_entry(
        actor=road.applicant,
        placement_id=road.placement.pk,
        entry_date=date.today(),
        hours=6,  # type: ignore[arg-type]
        activity="Menyusun dasbor layanan",
    )
    return road


def _invitation(pk: Any) -> str:
    """The link of the mail that invites somebody to a partner."""
    linked = onboarding.link_invitation(invitation_id=pk)
    assert linked is not None
    return linked[1]


def _registration(agency_id: Any) -> str:
    """The link of the mail that asks a newcomer whether the address is theirs."""
    data = onboarding.PartnerData(kind="company", name="PT Baru Sekali", city="Surakarta", nib="1234567890123")
    row = onboarding.begin_registration(data=data, agency_ids=[agency_id], name="Sari", email="sari@example.com")
    linked = onboarding.link_registration(registration_id=row.pk)
    assert linked is not None
    return linked[1]


def _question(road: Road) -> str:
    """The link of the mail that asks whether an offer still stands."""
    asked = make_road(agency=road.agency)
    (row,) = notify(
        users=[asked.member],
        message="slot_to_confirm",
        event_key="tour",
        params={"slot_id": str(asked.slot.pk), "confirmed_at": asked.slot.confirmed_at.isoformat()},
    )
    return make_link(actor=None, purpose=CONFIRM, subject=row, user=asked.member, lasts=timedelta(days=1))[1]


def _reported(road: Road) -> Any:
    """A milestone that the host has to look at."""
    milestone = road.slot.milestones.earliest("due_on")
    MilestoneReport.objects.create(
        agency=road.agency,
        milestone=milestone,
        text="Temuan diuji bersama unit.",
        reached_on=date.today(),
        reported_by=road.applicant,
        reported_at=timezone.now(),
    )
    return milestone.pk


def scenes() -> list[Scene]:
    """The moments in which pages have something to show: finished, running, mentoring, asked for, drafted."""
    done = finished_world()
    agency = done.road.agency
    codes = {"code": Certificate.objects.get(pk=done.ids["certificate_id"]).code}
    found = [Scene(done.road, done.ids | codes)]

    def add(road: Road, **ids: Any) -> None:
        road.hr = done.road.hr
        found.append(Scene(road, _ids(road) | ids))

    soon = {"starts_on": date.today() + timedelta(days=1), "ends_on": date.today() + timedelta(days=60)}
    add(_with_evidence(running(make_road(agency=agency, apply_by=date.today(), **soon))))
    team = make_road(agency=agency, kind="research", seats=4, apply_by=date.today(), **soon)
    running(team)
    add(team, milestone_id=_reported(team))
    mentoring = make_road(agency=agency, mentoring=True)
    give_time(mentoring.mentor, agency.time_zone)
    running(mentoring)
    # Not tomorrow: at midnight that would be the day on which another session is entered.
    add(mentoring, session_id=book(mentoring, agency.today() + timedelta(days=2), now=timezone.now()).pk)
    for step in ("accept", "approve", "clear", "apply"):
        road = make_road(agency=agency)
        getattr(road, step)()
        add(road)
    away = make_road(agency=agency)
    deputy = EmployeeFactory(agency=agency, with_user=True)
    add(away, period_id=ActingPeriodFactory(delegate=True, holder=away.supervisor, acting=deputy).pk)
    measured = make_road(agency=agency)
    add(measured, assessment_id=AssessmentFactory(employee=measured.employee).pk)
    conflict = make_road(agency=agency)
    conflict.apply(has_conflict=True, conflict_note="Saudara bekerja di sana.")
    add(conflict)
    returned = make_road(agency=agency)
    returned.apply()
    services.return_application(
        actor=returned.boss, application_id=returned.application.pk, reason="incomplete", note="Sebutkan dasbornya."
    )
    add(returned)
    add(make_road(agency=agency, draft=True))
    add(make_road(agency=agency, submitted=True))
    drafted = make_road(agency=agency)
    add(drafted, agreement_id=AgreementFactory(agency=agency, partner=drafted.slot.partner, draft=True).pk)
    outbox.drain()
    matching.refresh_agency(agency_id=agency.pk)
    for linked in (_invitation(done.ids["invitation_id"]), _registration(agency.pk)):
        found.append(Scene(done.road, {"token": linked}))
    found.append(Scene(done.road, {"token": _question(done.road)}))
    return found


class Tour:
    """Who goes where."""

    def __init__(self) -> None:
        self.scenes = scenes()
        agency = self.scenes[0].road.agency
        self.operator: User = UserFactory(is_superuser=True)
        self.operator.set_password("rahasia-dan-panjang")
        self.operator.save()
        self._clients: dict[int | None, Client] = {}
        self.auditor: User = AgencyMembershipFactory(agency=agency, role="auditor").user
        self.leader: User = AgencyMembershipFactory(agency=agency, role="leadership").user

    def _people(self, road: Road, roles: set[str]) -> Iterator[User | None]:
        known = [
            ("public", None),
            ("employee", road.applicant),
            ("supervisor", road.boss),
            ("hr", road.hr),
            ("mentor", road.mentor.user),
            ("partner", road.member),
            ("signed_in", road.applicant),
            ("signed_in", self.operator),  # who has a password
            ("auditor", self.auditor),
            ("leadership", self.leader),
            ("operator", self.operator),
        ]
        strange = roles - {role for role, _ in known}
        assert not strange, f"nobody in tests/house/tour.py is {sorted(strange)}"
        yield from (person for role, person in known if role in roles)

    def _client(self, user: User | None) -> Client:
        key = user.pk if user else None
        if key not in self._clients:
            self._clients[key] = Client()
            if user is not None:
                self._clients[key].force_login(user)
        return self._clients[key]

    def places(self) -> tuple[list[Place], list[str]]:
        """Every page of the URLconf, and a sentence for each that nobody got."""
        found, missing = [], []
        for row in routes.pages():
            if row.name in NO_PAGE:
                continue
            answers: list[str] = []
            if (place := self._place(row, answers)) is not None:
                found.append(place)
            elif "405" not in answers:  # it only takes a form
                missing.append(
                    f"{row.name} ({row.route}) answered {sorted(set(answers))}: give a scene of tests/house/tour.py what it"
                    " shows, or say in NO_PAGE what it is instead"
                )
        return found, missing

    def _place(self, row: routes.Row, answers: list[str]) -> Place | None:
        names = set(re.findall(r"<\w+:(\w+)>", row.route))
        for scene in self.scenes:
            if not names <= set(scene.ids):
                continue
            address = reverse(row.name, kwargs={name: scene.ids[name] for name in names})
            for person in self._people(scene.road, set(row.roles.split())):
                place = Place(row.name, address, person, self._client(person))
                answer = place.get()
                answers.append(f"{answer.status_code}")
                if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                    return place
                if answer.status_code == 405:
                    return None
        return None
