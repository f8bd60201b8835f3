"""Queue and decision pages of HR."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from matching.services import fit_model, refresh_agency
from placements import services
from placements.models import Application
from tests.factories.asn import AgencyMembershipFactory
from tests.factories.placements import Road, fill, make_road
from tests.web.agency import another, queries_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def road() -> Road:
    road = make_road()
    road.clear()
    return road


def page_of(road: Road) -> str:
    return reverse("agency_application", args=[road.application.pk])


def test_the_queue_takes_as_many_queries_for_three_rows_as_for_one(road: Road) -> None:
    client, url = signed_in(road.hr), reverse("agency_queue")
    client.get(url)
    one = queries_of(client, url)
    for _ in range(2):
        another(road).clear()
    assert queries_of(client, url) == one
    assert len(client.get(url).context["rows"]) == 3


def test_filters_are_kept_in_the_address_and_narrow_the_list(road: Road) -> None:
    other = another(road, mentoring=True)
    other.clear()
    Application.objects.filter(pk=other.application.pk).update(due_at=timezone.now() - timedelta(days=1))
    client, url = signed_in(road.hr), reverse("agency_queue")

    def found(**asked: object) -> set[object]:
        return {row.pk for row in client.get(url, asked).context["rows"]}

    both = {road.application.pk, other.application.pk}
    assert found() == both
    assert found(kind="mentoring") == found(deadline="overdue") == {other.application.pk}
    assert found(unit=road.employee.unit_id) == found(partner=road.slot.partner_id) == {road.application.pk}
    assert found(q=road.employee.name) == {road.application.pk}
    fill(road.slot)
    services.waitlist_application(actor=road.hr, application_id=road.application.pk)
    assert found() == {other.application.pk}
    assert found(status="waitlisted") == {road.application.pk}
    assert found(status="all") == both
    # by deadline: the overdue one first
    assert next(iter(client.get(url, {"status": "all"}).context["rows"])).pk == other.application.pk


def test_the_decision_page_keeps_within_its_queries() -> None:
    today = date.today()
    contract = {"contract_starts_on": today - timedelta(days=100), "contract_ends_on": today + timedelta(days=600)}
    road = make_road(employee={"kind": "pppk", **contract})
    road.clear()
    fit_model()
    refresh_agency(agency_id=road.agency.pk)
    client = signed_in(road.hr)
    client.get(page_of(road))
    queries_of(client, page_of(road))
    assert client.get(page_of(road)).context["reasons"]


def test_the_nip_is_never_shown_in_full(road: Road) -> None:
    client = signed_in(road.hr)
    html = client.get(page_of(road)).content.decode()
    assert road.employee.nip not in html
    assert f"···{road.employee.nip[-3:]}" in html


def test_approving_goes_on_to_the_partner(road: Road) -> None:
    answer = signed_in(road.hr).post(page_of(road), {"decision": "approve"})
    assert answer["Location"] == reverse("agency_queue")
    decision = Application.objects.get(pk=road.application.pk).decisions.get(step="hr")
    assert (decision.outcome, decision.decided_by) == ("approved", road.hr)


@pytest.mark.parametrize(
    ("decision", "status"),
    [("shortlist", "shortlisted"), ("waitlist", "waitlisted"), ("return", "returned"), ("reject", "rejected")],
)
def test_the_other_decisions(road: Road, decision: str, status: str) -> None:
    if decision == "waitlist":
        fill(road.slot)
    answers = {"decision": decision, "reason": "incomplete", "note": "Lengkapi motivasi."}
    assert signed_in(road.hr).post(page_of(road), answers).status_code == 302
    assert Application.objects.get(pk=road.application.pk).status == status


def test_turning_down_needs_a_coded_reason(road: Road) -> None:
    answer = signed_in(road.hr).post(page_of(road), {"decision": "reject", "note": "Ditik sudah panjang"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["reason"]
    assert "Ditik sudah panjang" in answer.content.decode()
    assert Application.objects.get(pk=road.application.pk).status == "submitted"


def test_somebody_else_has_decided_meanwhile(road: Road) -> None:
    colleague = AgencyMembershipFactory(agency=road.agency).user
    services.approve_application(actor=colleague, application_id=road.application.pk)
    answer = signed_in(road.hr).post(page_of(road), {"decision": "approve"})
    assert answer.status_code == 409
    assert answer.context["problem"].code == "already_decided"
    assert answer.context["problem"].message in answer.content.decode()
    assert answer.context["verbs"] == []


def test_an_undecided_interest_blocks_approval_and_says_why() -> None:
    road = make_road()
    road.apply(has_conflict=True, conflict_note="Unit kami membeli lisensi dari mitra ini.")
    services.clear_application(actor=road.boss, application_id=road.application.pk)
    client = signed_in(road.hr)
    assert "Unit kami membeli lisensi" in client.get(page_of(road)).content.decode()
    answer = client.post(page_of(road), {"decision": "approve"})
    assert answer.status_code == 409
    assert answer.context["problem"].code == "conflict_undecided"


def test_several_at_once_and_a_bad_one_stops_nothing(road: Road) -> None:
    other, blocked = another(road), another(road)
    other.clear()
    blocked.apply(has_conflict=True, conflict_note="Unit kami membeli lisensi dari mitra ini.")
    services.clear_application(actor=blocked.boss, application_id=blocked.application.pk)
    foreign = make_road()
    foreign.clear()
    picked = [r.application.pk for r in (blocked, road, foreign, other)]
    client = signed_in(road.hr)
    answer = client.post(reverse("agency_queue") + "?sort=name", {"decision": "approve", "pick": picked})
    assert answer["Location"] == reverse("agency_queue_result") + "?sort=name"
    result = client.get(answer["Location"])
    assert {row.pk for row in result.context["done"]} == {road.application.pk, other.application.pk}
    refused = {item["row"] and item["row"].pk: item["message"] for item in result.context["refused"]}
    assert set(refused) == {blocked.application.pk, None}
    assert all(message in result.content.decode() for message in refused.values())
    statuses = {r.application.pk: Application.objects.get(pk=r.application.pk).status for r in (blocked, foreign)}
    assert set(statuses.values()) == {"submitted"}


def test_a_batch_needs_rows_and_for_turning_down_a_reason(road: Road) -> None:
    client, url = signed_in(road.hr), reverse("agency_queue")
    nothing = client.post(url, {"decision": "approve"})
    assert nothing.status_code == 422
    assert nothing.context["is_untouched"]
    unsaid = client.post(url, {"decision": "reject", "pick": [road.application.pk]})
    assert unsaid.status_code == 422
    assert unsaid.context["form"].errors["reason"]
    assert Application.objects.get(pk=road.application.pk).status == "submitted"
    assert client.post(url, {"decision": "dance", "pick": [road.application.pk]}).status_code == 404
    assert client.post(url, {"decision": "approve", "pick": ["1; drop"]}).status_code == 404


def test_foreign_ones_are_missing_and_auditors_only_look(road: Road) -> None:
    foreigner = make_road().hr
    assert signed_in(foreigner).get(page_of(road)).status_code == 404
    assert signed_in(foreigner).post(page_of(road), {"decision": "approve"}).status_code == 404
    # an applicant or partner has other pages
    assert signed_in(road.applicant).get(page_of(road)).status_code == 403
    auditor = signed_in(AgencyMembershipFactory(agency=road.agency, auditor=True).user)
    looked = auditor.get(page_of(road))
    assert looked.status_code == 200
    assert looked.context["verbs"] == []
    assert auditor.post(page_of(road), {"decision": "approve"}).status_code == 403
    assert auditor.get(reverse("agency_queue")).context["can_decide"] is False
    assert auditor.post(reverse("agency_queue"), {"decision": "approve"}).status_code == 404
    leader = signed_in(AgencyMembershipFactory(agency=road.agency, leadership=True).user)
    assert leader.get(page_of(road)).status_code == 403
