"""A measured level is said to be wrong: who asks, who answers, by when, and what stays on record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from asn import permissions as may
from asn import services
from asn.models import Assessment, Correction
from asn.selectors import gap_profile
from asn.states import UnsureReason
from core import outbox
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.models import OutboxEvent, StoredFile
from tests.factories.asn import (
    AgencyMembershipFactory,
    AssessmentFactory,
    CorrectionFactory,
    EmployeeFactory,
    PositionStandardFactory,
)
from tests.factories.core import PDF
from web.models import Notification

pytestmark = pytest.mark.django_db


@pytest.fixture
def measured() -> Assessment:
    """A level that the person's position requires."""
    person = EmployeeFactory(with_user=True)
    standard = PositionStandardFactory(position=person.position)
    return AssessmentFactory(employee=person, competency=standard.competency, level=1)


@pytest.fixture
def hr(measured):
    return AgencyMembershipFactory(agency=measured.agency).user


def ask(row: Assessment, **more) -> Correction:
    given = {"claimed_level": 3, "reason": "Laporan penilaian menyebut 3."} | more
    return services.request_correction(actor=row.employee.user, assessment_id=row.pk, **given)


def line_of(row: Assessment):
    return next(line for line in gap_profile(row.employee) if line.competency == row.competency)


def test_asked_for_contested_and_corrected_with_history(measured, hr) -> None:
    before = timezone.now()
    row = ask(measured, evidence=ContentFile(PDF, name="laporan.pdf"))
    assert timedelta(0) <= row.due_at - before - timedelta(hours=72) < timedelta(minutes=1)
    assert (row.evidence.title, row.evidence.agency) == ("laporan.pdf", measured.agency)
    line = line_of(measured)
    assert (line.contested, line.assessed, line.why[0]) == (True, 1, UnsureReason.CONTESTED)
    services.review_correction(actor=hr, correction_id=row.pk)
    services.accept_correction(
        actor=hr, correction_id=row.pk, level=3, source="assessment_centre", assessed_on=measured.agency.today()
    )
    row = Correction.objects.get()
    line = line_of(measured)
    assert (row.status, line.contested, line.assessed, line.assessment_id) == ("accepted", False, 3, row.result_id)
    assert Assessment.objects.get(pk=measured.pk).level == 1
    assert OutboxEvent.objects.filter(
        name="asn.assessment_recorded", payload__assessment_id=str(row.result_id)
    ).exists()


def test_only_an_open_request_contests(measured, hr) -> None:
    """The twin: with any request counted, a refused one would contest for ever."""
    row = ask(measured)
    services.refuse_correction(actor=hr, correction_id=row.pk, reason="matches_report")
    assert not line_of(measured).contested
    services.withdraw_correction(actor=measured.employee.user, correction_id=ask(measured).pk)
    assert not line_of(measured).contested


def test_one_open_request_an_assessment(measured, hr) -> None:
    row = ask(measured)
    with pytest.raises(Conflict, match="correction_open"):
        ask(measured)
    with pytest.raises(IntegrityError, match="correction_one_open"), transaction.atomic():
        CorrectionFactory(assessment=measured)
    services.refuse_correction(actor=hr, correction_id=row.pk, reason="no_evidence")
    assert ask(measured).is_open


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"claimed_level": 1}, "claimed_level", "same_level"),
        ({"claimed_level": 9}, "claimed_level", "level_range"),
        ({"reason": "Salah"}, "reason", "reason_too_short"),
        ({"evidence": ContentFile(b"MZ", name="x.pdf")}, "evidence", "file_not_pdf"),
        ({"evidence": ContentFile(PDF[:8] + b"0" * 10 * 1024 * 1024, name="x.pdf")}, "evidence", "file_too_large"),
    ],
)
def test_what_is_refused_says_where(measured, given, field, code) -> None:
    with pytest.raises(Invalid) as caught:
        ask(measured, **given)
    assert (caught.value.field, caught.value.code) == (field, code)
    assert not StoredFile.objects.exists()
    assert not Correction.objects.exists()


def test_who_may_ask_see_and_decide(measured, hr) -> None:
    boss = EmployeeFactory(agency=measured.agency, with_user=True)
    measured.employee.supervisor = boss
    measured.employee.save()
    foreign = AgencyMembershipFactory().user
    auditor = AgencyMembershipFactory(agency=measured.agency, auditor=True).user
    for user in (boss.user, hr):
        with pytest.raises(NotAllowed):
            services.request_correction(
                actor=user, assessment_id=measured.pk, claimed_level=3, reason="Laporan menyebut 3."
            )
    own = AssessmentFactory(employee=measured.employee, self_rated=True)
    with pytest.raises(NotAllowed, match="only_own_level"):
        ask(own)
    row = ask(measured)
    assert [row in may.visible_corrections(user) for user in (hr, auditor, boss.user, foreign)] == [
        True,
        True,
        False,
        False,
    ]
    for user, error in ((auditor, NotAllowed), (measured.employee.user, NotAllowed), (foreign, NotFound)):
        with pytest.raises(error):
            services.refuse_correction(actor=user, correction_id=row.pk, reason="no_evidence")
    AgencyMembershipFactory(agency=measured.agency, user=measured.employee.user)
    with pytest.raises(NotAllowed):  # HR too, but not on one's own
        services.review_correction(actor=measured.employee.user, correction_id=row.pk)
    with pytest.raises(NotAllowed):
        services.withdraw_correction(actor=hr, correction_id=row.pk)


def test_decided_once(measured, hr) -> None:
    row = ask(measured)
    services.withdraw_correction(actor=measured.employee.user, correction_id=row.pk)
    with pytest.raises(Conflict, match="already_decided"):
        services.refuse_correction(actor=hr, correction_id=row.pk, reason="no_evidence")


def test_what_would_not_count_is_not_called_corrected(measured, hr) -> None:
    row = ask(measured)
    with pytest.raises(Invalid, match="level_outweighed"):
        services.accept_correction(
            actor=hr,
            correction_id=row.pk,
            level=3,
            source="assessment_centre",
            assessed_on=measured.assessed_on - timedelta(days=1),
        )
    assert Correction.objects.get().is_open
    assert Assessment.objects.count() == 1


def told() -> list[tuple[str, str]]:
    outbox.drain()
    return sorted(Notification.objects.values_list("user__username", "code"))


def test_told_on_submission_before_the_end_after_it_and_on_the_answer(measured, hr) -> None:
    row = ask(measured)
    asked = (hr.username, "correction_requested")
    assert told() == [asked]
    services.remind_of_corrections(now=row.due_at - timedelta(hours=30))
    assert told() == [asked]
    for _ in range(2):
        services.remind_of_corrections(now=row.due_at - timedelta(hours=20))
        assert told() == sorted([asked, (hr.username, "correction_near")])
    for _ in range(2):
        services.remind_of_corrections(now=row.due_at + timedelta(hours=2))
        assert told() == sorted([asked, (hr.username, "correction_near"), (hr.username, "correction_overdue")])
    services.refuse_correction(actor=hr, correction_id=row.pk, reason="no_evidence")
    assert (measured.employee.user.username, "correction_refused") in told()
    count = Notification.objects.count()
    services.remind_of_corrections(now=row.due_at + timedelta(days=9))
    outbox.drain()
    assert Notification.objects.count() == count


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "refused"},
        {"status": "accepted", "decided_at": timezone.now()},
        {"claimed_level": 0},
        {"due_at": timezone.now() - timedelta(days=1)},
        {"decided_at": timezone.now()},
    ],
)
def test_the_database_refuses_nonsense(broken) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CorrectionFactory(**broken)


def test_why_a_gap_is_unsure(measured) -> None:
    person = measured.employee
    bare, rated, old, sample = (PositionStandardFactory(position=person.position) for _ in range(4))
    AssessmentFactory(employee=person, competency=rated.competency, self_rated=True)
    AssessmentFactory(employee=person, competency=old.competency, expired=True)
    AssessmentFactory(employee=person, competency=sample.competency)
    sample.is_example = True
    sample.save()
    found = {line.competency: line.why for line in gap_profile(person)}
    assert found == {
        measured.competency: (),
        bare.competency: (UnsureReason.NOT_ASSESSED,),
        rated.competency: (UnsureReason.SELF_RATED_ONLY,),
        old.competency: (UnsureReason.EXPIRED,),
        sample.competency: (UnsureReason.EXAMPLE_STANDARD,),
    }
