"""Asking for a correction and answering it: the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from asn.models import Assessment, Correction
from asn.selectors import gap_profile
from tests.factories.asn import AgencyMembershipFactory, CorrectionFactory
from tests.factories.core import PDF
from tests.factories.placements import Road, make_road
from tests.web.agency import queries_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def road() -> Road:
    return make_road()


def level_of(road: Road):
    """An official level that the position requires."""
    line = gap_profile(road.employee)[0]
    return Assessment.objects.get(pk=line.assessment_id)


def test_asked_followed_and_answered(road: Road) -> None:
    measured = level_of(road)
    person, hr = signed_in(road.applicant), signed_in(road.hr)
    address = f"/competencies/{measured.pk}/correction/"
    assert address in person.get("/competencies/").content.decode()
    typed = {"claimed_level": "3", "reason": "Laporan penilaian menyebut tingkat 3."}
    wrong = person.post(address, {**typed, "evidence": SimpleUploadedFile("x.pdf", b"MZ", "application/pdf")})
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["evidence"])
    assert typed["reason"] in wrong.content.decode()
    evidence = SimpleUploadedFile("laporan.pdf", PDF, "application/pdf")
    assert person.post(address, {**typed, "evidence": evidence}).status_code == 302
    row = Correction.objects.get()
    assert person.get(address).headers["Location"] == f"/corrections/{row.pk}/"
    queries_of(person, f"/corrections/{row.pk}/")
    queries_of(person, "/competencies/")
    stored = person.get(f"/files/{row.evidence_id}/")
    assert stored.headers["Content-Disposition"].startswith("attachment")
    b"".join(stored.streaming_content)
    stranger = signed_in(AgencyMembershipFactory().user)
    assert [
        stranger.get(f"/{one}/").status_code for one in (f"files/{row.evidence_id}", f"agency/corrections/{row.pk}")
    ] == [
        404,
        404,
    ]
    queries_of(hr, "/agency/corrections/")
    queries_of(hr, f"/agency/corrections/{row.pk}/")
    assert hr.post(f"/agency/corrections/{row.pk}/", {"decision": "review"}).status_code == 302
    refused = hr.post(f"/agency/corrections/{row.pk}/", {"decision": "refuse", "reason": "other"})
    assert (refused.status_code, list(refused.context["shown"].errors)) == (422, ["note"])
    accept = {"decision": "accept", "level": "3", "source": "assessment_centre", "assessed_on": road.agency.today()}
    assert hr.post(f"/agency/corrections/{row.pk}/", accept).status_code == 302
    late = hr.post(f"/agency/corrections/{row.pk}/", accept)
    assert late.status_code == 409
    assert row not in hr.get("/agency/corrections/").context["rows"].object_list
    assert row in hr.get("/agency/corrections/", {"status": "accepted"}).context["rows"].object_list


def test_taken_back(road: Road) -> None:
    row = CorrectionFactory(assessment=level_of(road))
    person = signed_in(road.applicant)
    assert person.get(f"/corrections/{row.pk}/withdraw/").status_code == 200
    assert person.post(f"/corrections/{row.pk}/withdraw/").status_code == 302
    assert person.post(f"/corrections/{row.pk}/withdraw/").status_code == 409


def test_whoever_decides_reads_that_a_level_is_contested(road: Road) -> None:
    measured = level_of(road)
    road.apply()
    boss, hr = signed_in(road.boss), signed_in(road.hr)
    pages = [(boss, f"/clearances/{road.application.pk}/"), (hr, f"/agency/applications/{road.application.pk}/")]
    assert [client.get(address).context["contested"] for client, address in pages] == [[], []]
    CorrectionFactory(assessment=measured)
    for client, address in pages:
        page = client.get(address)
        assert page.context["contested"] == [measured.competency.name]
    assert hr.get(f"/agency/people/{road.employee.pk}/").status_code == 200


def test_the_queue_by_deadline_in_as_many_queries(road: Road) -> None:
    hr = signed_in(road.hr)
    late = CorrectionFactory(assessment=level_of(road), submitted_at=timezone.now() - timedelta(days=4))
    few = queries_of(hr, "/agency/corrections/")
    rest = [CorrectionFactory(assessment__employee=road.employee) for _ in range(3)]
    assert queries_of(hr, "/agency/corrections/") == few
    assert [row.pk for row in hr.get("/agency/corrections/").context["rows"]] == [late.pk, *(r.pk for r in rest)]
    overdue = hr.get("/agency/corrections/", {"deadline": "overdue"}).context["rows"].object_list
    assert list(overdue) == [late]
