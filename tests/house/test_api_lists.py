"""Every list costs the same number of queries for one row and for three."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.services import issue_token
from asn.models import Agency
from core import outbox
from incentives import services as incentives
from incentives.models import AwardProposal
from matching.models import MatchRun
from tests.api import doors, told
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyFactory, AgencyMembershipFactory
from tests.factories.mentors import MentorAvailabilityFactory, MentorExpertiseFactory
from tests.factories.partners import PartnerMembershipFactory
from tests.factories.placements import make_road
from web.models import Notification

# The rest are lists of one's own rows without a second table, or (recommendations) looked at in their room.
GROWING = {
    *("agreements", "applications", "award-proposals", "award-rules", "awards", "candidates", "certificates"),
    *("competencies", "employees", "match-runs", "mentors", "notifications", "partners", "placements"),
    *("positions", "slots", "tokens", "units", "verifications"),
}


def one_more_of_each(user: User, agency: Agency, number: int) -> None:
    """A finished road beside the others, all within sight of ``user``."""
    road = make_road(agency=agency)
    MentorExpertiseFactory(mentor=road.mentor)
    MentorAvailabilityFactory(mentor=road.mentor)
    PartnerMembershipFactory(partner=road.slot.partner, user=user)
    incentives.create_award_rule(
        actor=user,
        agency_id=agency.pk,
        code=f"aturan-{number}",
        name=f"Piagam {number}",
        decided_by="Wali Kota",
        document="Piagam",
    )
    placement = road.complete()
    outbox.drain()
    proposal = AwardProposal.objects.filter(placement=placement).first()
    assert proposal is not None
    incentives.verify_proposal(actor=user, proposal_id=proposal.pk)
    incentives.grant_award(
        actor=user,
        proposal_id=proposal.pk,
        decree_number=str(number),
        decree_date=road.slot.ends_on,
        signer="Wali Kota",
        now=road.at(road.slot.ends_on) + timedelta(days=1),
    )
    MatchRun.objects.create(agency=agency, reason="requested", finished_at=timezone.now())
    Notification.objects.create(user=user, event_key=str(number), code="application_cleared")
    issue_token(actor=user, label=str(number))


def costs(user: User) -> dict[str, tuple[int, int]]:
    """(rows, queries) of each list that ``user`` may read and whose address needs no id."""
    client = Client()
    client.force_login(user)
    found = {}
    for door in doors():
        if door.method == "GET" and not door.parameters:
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(f"/api/{door.route}")
            if answer.status_code == 200 and "count" in (body := told(answer)):
                found[door.route] = (body["count"], len(queries))
    return found


@pytest.mark.django_db
def test_lists_do_not_ask_once_per_row() -> None:
    agency = AgencyFactory()
    user = UserFactory()
    for role in ("hr", "auditor"):
        AgencyMembershipFactory(agency=agency, user=user, role=role)
    one_more_of_each(user, agency, 1)
    few = costs(user)
    one_more_of_each(user, agency, 2)
    one_more_of_each(user, agency, 3)
    many = costs(user)

    assert {name for name, (rows, _) in many.items() if rows > few[name][0] > 0} == GROWING
    assert {name: queries for name, (_, queries) in many.items()} == {
        name: queries for name, (_, queries) in few.items()
    }
    assert max(queries for _, queries in many.values()) <= 20
