"""Awards before HR: criteria, checking, decree, handover."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from incentives import services
from incentives.models import Award, AwardProposal, AwardRule
from tests.factories.asn import AgencyMembershipFactory
from tests.factories.placements import Road, make_road
from tests.web.agency import another, queries_of, signed_in

pytestmark = pytest.mark.django_db


def propose(road: Road) -> AwardProposal:
    if not AwardRule.objects.filter(agency=road.agency).exists():
        services.create_award_rule(
            actor=road.hr,
            agency_id=road.agency.pk,
            code="magang-teladan",
            name="Peserta Magang Teladan",
            decided_by="Wali Kota",
            document="Piagam",
        )
    road.complete()
    (proposal,) = services.propose_awards(placement_id=road.placement.pk)
    return proposal


def today_road(road: Road | None = None) -> Road:
    today = date.today()
    period = {"starts_on": today, "ends_on": today, "apply_by": today}
    return another(road, **period) if road else make_road(**period)


def test_a_criterion_is_published_once() -> None:
    road = make_road()
    client, url = signed_in(road.hr), reverse("agency_award_rule")
    answers = {
        "name": "Peserta Magang Teladan",
        "code": "magang-teladan",
        "decided_by": "Wali Kota",
        "document": "Piagam",
        "kinds": ["internship"],
        "minimum_mentor_rating": "4.5",
        "needs_level_gain": "on",
        "points": "5",
    }
    assert client.get(url).status_code == 200
    assert client.post(url, answers)["Location"] == reverse("agency_awards")
    rule = AwardRule.objects.get()
    assert (rule.kinds, rule.minimum_mentor_rating, rule.needs_level_gain) == (["internship"], Decimal("4.5"), True)
    twice = client.post(url, answers)
    assert twice.status_code == 409
    assert twice.context["form"].errors["code"]
    assert client.post(url, {**answers, "minimum_mentor_rating": "9"}).status_code == 422


def test_check_then_decree_then_handover() -> None:
    road = today_road()
    proposal = propose(road)
    client, url = signed_in(road.hr), reverse("agency_award", args=[proposal.pk])
    client.get(url)
    queries_of(client, url)
    decree = {"decree_number": "800/77/2026", "decree_date": date.today().isoformat(), "signer": "Wali Kota"}
    early = client.post(url, {"decision": "grant", **decree})
    assert early.status_code == 409
    assert early.context["problem"].code == "award_not_verified"
    assert client.post(url, {"decision": "verify"}).status_code == 302
    missing = client.post(url, {"decision": "grant", **decree, "decree_number": ""})
    assert missing.status_code == 422
    assert missing.context["decree_form"].errors["decree_number"]
    future = client.post(
        url, {"decision": "grant", **decree, "decree_date": (date.today() + timedelta(days=3)).isoformat()}
    )
    assert future.context["decree_form"].errors["decree_date"]
    assert not Award.objects.exists()
    client.post(url, {"decision": "grant", **decree})
    award = Award.objects.get()
    assert (award.decree_number, award.granted_by) == ("800/77/2026", road.hr)
    again = client.post(url, {"decision": "grant", **decree})
    assert again.status_code == 409
    client.post(url, {"decision": "hand_over", "handed_over_on": date.today().isoformat()})
    assert Award.objects.get().handed_over_on == date.today()
    queries_of(client, url)


def test_declining_needs_a_reason() -> None:
    road = today_road()
    proposal = propose(road)
    client, url = signed_in(road.hr), reverse("agency_award", args=[proposal.pk])
    assert client.post(url, {"decision": "decline", "reason": ""}).context["decline_form"].errors["reason"]
    client.post(url, {"decision": "decline", "reason": "Sudah menerima penghargaan tahun ini."})
    assert AwardProposal.objects.get().status == "declined"
    assert "Sudah menerima penghargaan tahun ini." in client.get(url).content.decode()
    assert client.post(url, {"decision": "hand_over", "handed_over_on": date.today().isoformat()}).status_code == 404


def test_the_list_takes_as_many_queries_for_three_rows_as_for_one() -> None:
    road = today_road()
    propose(road)
    client, url = signed_in(road.hr), reverse("agency_awards")
    client.get(url)
    one = queries_of(client, url)
    for _ in range(2):
        propose(today_road(road))
    assert queries_of(client, url) == one
    assert len(client.get(url).context["rows"]) == 3


def test_foreign_ones_are_missing_and_auditors_only_look() -> None:
    road = today_road()
    proposal = propose(road)
    url = reverse("agency_award", args=[proposal.pk])
    foreigner = signed_in(make_road().hr)
    assert foreigner.get(url).status_code == 404
    assert foreigner.post(url, {"decision": "verify"}).status_code == 404
    auditor = signed_in(AgencyMembershipFactory(agency=road.agency, auditor=True).user)
    assert auditor.get(url).context["can_verify"] is False
    assert auditor.post(url, {"decision": "verify"}).status_code == 403
    assert auditor.get(reverse("agency_award_rule")).status_code == 403
    assert AwardProposal.objects.get().status == "proposed"
