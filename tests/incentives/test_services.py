"""Awards: proposed by the worker, checked and granted by people, never without a decree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import InternalError

from core import outbox
from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from core.models import AuditEvent, OutboxEvent
from incentives import services
from incentives.models import Award, AwardProposal, AwardRule, PointEntry
from placements import services as placements
from placements.models import Evaluation
from tests.assertions import violates
from tests.factories.asn import AgencyMembershipFactory
from tests.factories.placements import Road, make_road

pytestmark = pytest.mark.django_db


def publish(road: Road, code: str = "piagam", **extra: Any) -> AwardRule:
    return services.create_award_rule(
        actor=road.hr,
        agency_id=road.agency.pk,
        code=code,
        name="Piagam",
        decided_by="Wali Kota",
        document="Piagam",
        **extra,
    )


def proposed(road: Road, **rule: Any) -> AwardProposal:
    publish(road, **rule)
    road.complete()
    outbox.drain()
    return AwardProposal.objects.get()


def decree(road: Road, **changed: Any) -> dict[str, Any]:
    day = road.slot.ends_on + timedelta(days=5)
    return {"decree_number": "100/1", "decree_date": day, "signer": "Wali Kota", "now": road.at(day), **changed}


def refused(error: type[DomainError], code: str, call: Callable[[], Any], field: str = "") -> None:
    models = (AwardProposal, Award, PointEntry, AuditEvent, OutboxEvent)
    before = [m.objects.count() for m in models]
    with pytest.raises(error) as caught:
        call()
    assert (caught.value.code, caught.value.field) == (code, field)
    assert [m.objects.count() for m in models] == before


def test_only_what_meets_the_published_criterion_is_proposed() -> None:
    road = make_road()
    publish(road, "semua")
    publish(road, "mentoring-saja", kinds=["mentoring"])
    publish(road, "sempurna", minimum_mentor_rating=Decimal("5"))
    road.prove()
    Evaluation.objects.filter(role="mentor").update(overall=4)
    assert road.mentor.user is not None
    placements.complete_placement(
        actor=road.mentor.user, placement_id=road.placement.pk, now=road.at(road.slot.ends_on)
    )
    outbox.drain()
    proposal = AwardProposal.objects.get()
    assert proposal.rule.code == "semua"
    assert proposal.facts == {"mentor_rating": 4, "objectives": 1, "objectives_reached": 1}


def test_granting_needs_a_check_and_a_decree() -> None:
    road = make_road()
    pk = proposed(road).pk
    grant = lambda **c: services.grant_award(actor=road.hr, proposal_id=pk, **decree(road, **c))  # noqa: E731
    refused(Conflict, "award_not_verified", grant)
    services.verify_proposal(actor=road.hr, proposal_id=pk)
    refused(Conflict, "already_decided", lambda: services.verify_proposal(actor=road.hr, proposal_id=pk))
    refused(Invalid, "required", lambda: grant(decree_number=" "), "decree_number")
    refused(Invalid, "required", lambda: grant(signer=""), "signer")
    refused(Invalid, "date_in_future", lambda: grant(decree_date=road.slot.ends_on + timedelta(days=6)), "decree_date")
    refused(
        Invalid,
        "decree_before_completion",
        lambda: grant(decree_date=road.slot.ends_on - timedelta(days=1)),
        "decree_date",
    )
    award = grant()
    refused(Conflict, "already_decided", grant)
    refused(
        Invalid,
        "before_decree",
        lambda: services.hand_over_award(
            actor=road.hr, award_id=award.pk, handed_over_on=award.decree_date - timedelta(days=1)
        ),
        "handed_over_on",
    )
    services.hand_over_award(actor=road.hr, award_id=award.pk, handed_over_on=award.decree_date)
    refused(
        Conflict,
        "already_decided",
        lambda: services.hand_over_award(actor=road.hr, award_id=award.pk, handed_over_on=award.decree_date),
    )


def test_declining_says_why() -> None:
    road = make_road()
    pk = proposed(road).pk
    refused(Invalid, "required", lambda: services.decline_proposal(actor=road.hr, proposal_id=pk, reason=" "), "reason")
    declined = services.decline_proposal(actor=road.hr, proposal_id=pk, reason="Laporan belum diterima unit")
    assert declined.status == "declined"
    refused(Conflict, "already_decided", lambda: services.verify_proposal(actor=road.hr, proposal_id=pk))


def test_who_may() -> None:
    road = make_road()
    pk = proposed(road).pk
    stranger = AgencyMembershipFactory().user
    auditor = AgencyMembershipFactory(agency=road.agency, auditor=True).user
    refused(NotFound, "not_found", lambda: services.verify_proposal(actor=stranger, proposal_id=pk))
    refused(NotFound, "not_found", lambda: services.verify_proposal(actor=road.applicant, proposal_id=pk))
    refused(NotAllowed, "only_hr_decides", lambda: services.verify_proposal(actor=auditor, proposal_id=pk))
    AgencyMembershipFactory(agency=road.agency, user=road.applicant)
    refused(NotAllowed, "only_hr_decides", lambda: services.verify_proposal(actor=road.applicant, proposal_id=pk))


def test_rules_are_checked() -> None:
    road = make_road()
    publish(road)
    refused(Conflict, "code_taken", lambda: publish(road), "code")
    refused(Invalid, "unknown_kind", lambda: publish(road, "lain", kinds=["liburan"]), "kind")
    refused(
        Invalid,
        "rating_out_of_range",
        lambda: publish(road, "lain", minimum_mentor_rating=Decimal(6)),
        "minimum_mentor_rating",
    )


def test_the_database_keeps_the_rules() -> None:
    road = make_road()
    proposal = proposed(road)
    with violates("award_proposed_once"):
        AwardProposal.objects.create(
            agency=road.agency, rule=proposal.rule, placement=road.placement, employee=road.employee
        )
    with violates("proposal_verified_by_someone"):
        AwardProposal.objects.filter(pk=proposal.pk).update(status="granted")
    with violates("proposal_verified_paired"):
        AwardProposal.objects.filter(pk=proposal.pk).update(verified_by=road.hr)
    with violates("proposal_declined_with_reason"):
        AwardProposal.objects.filter(pk=proposal.pk).update(status="declined")
    with violates("proposal_declined_paired"):
        AwardProposal.objects.filter(pk=proposal.pk).update(declined_by=road.hr)
    with violates("award_rule_once"):
        AwardRule.objects.create(agency=road.agency, code=proposal.rule.code)
    with violates("award_rule_rating_range"):
        AwardRule.objects.filter(pk=proposal.rule_id).update(minimum_mentor_rating=0)
    with violates("award_with_decree"):
        Award.objects.create(
            agency=road.agency,
            proposal=proposal,
            employee=road.employee,
            decree_number="",
            decree_date=date.today(),
            signer="",
            granted_by=road.hr,
            granted_at=road.at(date.today()),
        )
    with violates("points_append_only", InternalError):
        PointEntry.objects.update(points=100)
    entry = PointEntry.objects.get()
    with violates("key"):
        PointEntry.objects.create(agency=road.agency, employee=road.employee, key=entry.key, points=1, reason="x")
