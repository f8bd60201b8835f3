"""Milestones of a research team: reported by any member, confirmed or returned by the host, needed for completion."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from core import outbox
from core.errors import Conflict, Invalid, NotAllowed
from partners.models import Slot, SlotMilestone
from placements import selectors, services
from placements.models import MilestoneReport, Placement
from placements.selectors import completion_evidence
from tests.api import ask, told
from tests.factories.core import PDF
from tests.factories.placements import Road, make_road
from tests.web.agency import queries_of, signed_in
from tests.web.forms import forms_of
from web.models import Notification

pytestmark = pytest.mark.django_db


@pytest.fixture
def road() -> Road:
    """A research that runs, its only milestone due today."""
    road = make_road(kind="research", seats=4)
    road.start()
    road.beside().accept()
    today = road.agency.today()
    Slot.objects.filter(pk=road.slot.pk).update(
        apply_by=today - timedelta(days=12), starts_on=today - timedelta(days=10), ends_on=today + timedelta(days=20)
    )
    Placement.objects.filter(pk=road.placement.pk).update(
        starts_on=today - timedelta(days=10), ends_on=today + timedelta(days=20)
    )
    SlotMilestone.objects.filter(slot=road.slot).update(due_on=today)
    road.reload()
    return road


def milestone(road: Road) -> SlotMilestone:
    return SlotMilestone.objects.filter(slot=road.slot).earliest("due_on")


def ids(road: Road) -> dict[str, Any]:
    return {"placement_id": road.placement.pk, "milestone_id": milestone(road).pk}


def report(road: Road, **more: Any) -> MilestoneReport:
    said = {"text": "Temuan diuji di dua loket.", "reached_on": road.agency.today(), **more}
    return services.report_milestone(actor=road.applicant, **ids(road), **said)


def page_of(road: Road) -> str:
    return reverse("milestone", kwargs=ids(road))


def told_of(code: str) -> set[str]:
    return {row.user.username for row in Notification.objects.filter(code=code).select_related("user")}


def done(road: Road) -> bool:
    (item,) = [item for item in completion_evidence(road.placement) if item.code == "milestones_confirmed"]
    return item.done


def test_reported_returned_reported_anew_and_confirmed_with_everybody_told(road: Road) -> None:
    assert road.mentor.user is not None
    SlotMilestone.objects.filter(slot=road.slot).exclude(pk=milestone(road).pk).delete()
    report(road)
    outbox.drain()
    assert told_of("milestone_reported") == {road.mentor.user.username}
    services.return_milestone(actor=road.mentor.user, **ids(road), note="Sebutkan jumlah responden.")
    outbox.drain()
    assert told_of("milestone_returned") == {road.applicant.username}
    assert not done(road)
    report(road, text="Temuan diuji di dua loket dengan 40 responden.")
    services.confirm_milestone(actor=road.member, **ids(road))
    outbox.drain()
    assert told_of("milestone_confirmed") == {road.applicant.username}
    assert done(road)
    for late in (
        lambda: report(road),
        lambda: services.confirm_milestone(actor=road.member, **ids(road)),
        lambda: services.return_milestone(actor=road.member, **ids(road), note="Kurang."),
    ):
        with pytest.raises(Conflict) as refused:
            late()
        assert refused.value.code == "already_decided"


def test_without_confirmed_milestones_nothing_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    road = make_road(kind="research", seats=4)
    road.prove()
    MilestoneReport.objects.all().delete()
    end = road.at(road.slot.ends_on)
    with pytest.raises(Conflict) as refused:
        services.complete_placement(actor=road.member, placement_id=road.placement.pk, now=end)
    assert refused.value.code == "evidence_incomplete"
    # The twin: without the check it would be.
    monkeypatch.setattr(
        selectors, "_milestone_check", lambda placement: selectors.CheckItem("milestones_confirmed", "", True)
    )
    services.complete_placement(actor=road.member, placement_id=road.placement.pk, now=end)


def test_anybody_of_the_team_reports_and_nobody_else(road: Road) -> None:
    second = Placement.objects.exclude(pk=road.placement.pk).get(slot=road.slot).employee.user
    assert second is not None
    report(road)
    for actor in (road.member, road.hr, road.boss):
        with pytest.raises(NotAllowed):
            services.report_milestone(actor=actor, **ids(road), text="x", reached_on=road.agency.today())
    with pytest.raises(NotAllowed):
        services.confirm_milestone(actor=road.applicant, **ids(road))
    assert signed_in(second).get(page_of(road)).status_code == 404
    assert signed_in(make_road(kind="research").member).get(page_of(road)).status_code == 404
    assert signed_in(road.hr).get(page_of(road)).status_code == 403
    assert signed_in(road.boss).get(page_of(road)).status_code == 404


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"text": " "}, "text_missing", "text"),
        ({"link": "http://data.example.id/a"}, "link_not_https", "link"),
        ({"days": 400}, "date_outside_period", "reached_on"),
        ({"days": 1}, "date_in_future", "reached_on"),
        ({"file": SimpleUploadedFile("a.exe", b"MZ" * 50)}, "file_not_pdf", "file"),
        ({"file": SimpleUploadedFile("a.pdf", b"")}, "file_empty", "file"),
    ],
)
def test_bad_input_names_the_field_and_keeps_nothing(road: Road, given: dict[str, Any], code: str, field: str) -> None:
    days = given.pop("days", 0) if "days" in given else 0
    with pytest.raises(Invalid) as refused:
        report(road, reached_on=road.agency.today() + timedelta(days=days), **given)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert not MilestoneReport.objects.exists()


def test_the_database_keeps_reports_whole(road: Road) -> None:
    row = report(road)
    for broken in (
        {"text": ""},
        {"link": "ftp://x"},
        {"status": "confirmed"},
        {"status": "returned", "decided_by": road.hr, "decided_at": timezone.now()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            MilestoneReport.objects.filter(pk=row.pk).update(**broken)
    with pytest.raises(IntegrityError), transaction.atomic():
        MilestoneReport.objects.create(
            agency=row.agency,
            milestone=row.milestone,
            text="x",
            reached_on=row.reached_on,
            reported_by=road.hr,
            reported_at=timezone.now(),
        )


def test_the_page_carries_it_from_report_to_confirmation(road: Road) -> None:
    client, host = signed_in(road.applicant), signed_in(road.member)
    assert page_of(road) in client.get(reverse("employee_placement", args=[road.placement.pk])).content.decode()
    (form,) = [f for f in forms_of(client.get(page_of(road)).content.decode(), page_of(road)) if "text" in f.kinds]
    said = {**form.fields, "text": "Temuan diuji.", "file": SimpleUploadedFile("hasil.pdf", PDF)}
    assert client.post(page_of(road), said).status_code == 302
    row = MilestoneReport.objects.get()
    assert row.file is not None
    attached = reverse("file", args=[row.file.pk])
    assert attached in host.get(page_of(road)).content.decode()
    answer = host.get(attached)
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    assert signed_in(make_road(kind="research").applicant).get(attached).status_code == 404
    assert host.post(page_of(road), {"decision": "return", "note": ""}).status_code == 422
    assert host.post(page_of(road), {"decision": "approve"}).status_code == 302
    assert "Dikonfirmasi" in client.get(page_of(road)).content.decode()
    late = host.post(page_of(road), {"decision": "approve"})
    assert late.status_code == 409
    for user, name in ((road.applicant, "employee"), (road.member, "partner"), (road.hr, "agency")):
        assert queries_of(signed_in(user), reverse(f"{name}_placement", args=[road.placement.pk]))


def test_the_team_sees_each_other_without_a_number(road: Road) -> None:
    second = Placement.objects.exclude(pk=road.placement.pk).get(slot=road.slot)
    page = signed_in(road.applicant).get(page_of(road)).content.decode()
    assert second.employee.full_name in page
    assert second.employee.nip not in page


def test_what_is_overdue_is_told_once_to_both_sides(road: Road) -> None:
    assert road.mentor.user is not None
    assert services.remind_of_milestones() == 0
    SlotMilestone.objects.filter(slot=road.slot).exclude(pk=milestone(road).pk).delete()
    SlotMilestone.objects.filter(slot=road.slot).update(due_on=road.agency.today() - timedelta(days=1))
    for _ in range(2):
        assert services.remind_of_milestones() == 1
        outbox.drain()
    assert told_of("milestone_overdue") == {road.applicant.username, road.mentor.user.username}
    assert Notification.objects.filter(code="milestone_overdue").count() == 2
    report(road)
    assert services.remind_of_milestones() == 0


def test_the_api_does_the_same(road: Road) -> None:
    at = f"placements/{road.placement.pk}/milestones"
    listed = told(ask(road.applicant, "GET", at))["items"]
    assert listed[0]["report"] is None
    one = f"{at}/{milestone(road).pk}"
    body = {"text": "Temuan diuji.", "reached_on": road.agency.today().isoformat(), "link": "https://data.example.id/a"}
    assert told(ask(road.member, "POST", f"{one}/confirm"), 409)["code"] == "milestone_not_reported"
    assert told(ask(road.applicant, "POST", f"{one}/report", body))["status"] == "reported"
    assert told(ask(road.member, "POST", f"{one}/return", {"note": "Kurang."}))["status"] == "returned"
    assert told(ask(road.applicant, "POST", f"{one}/report", body))["status"] == "reported"
    assert told(ask(road.member, "POST", f"{one}/confirm"))["status"] == "confirmed"
    shown = {row["id"]: row["report"] for row in told(ask(road.hr, "GET", at))["items"]}
    assert shown[str(milestone(road).pk)]["status"] == "confirmed"
