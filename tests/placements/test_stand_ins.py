"""A Plt., Plh. or delegate clears, and the row says as what; four eyes stay four."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from asn import services as asn
from asn.models import ActingPeriod
from asn.states import Capacity
from core import outbox
from core.errors import Conflict, NotAllowed, NotFound
from placements import permissions, services
from placements.models import Application, Decision
from placements.selectors import conflict_judge, timeline, waiting_applications
from tests.factories.asn import ActingPeriodFactory, AgencyMembershipFactory, EmployeeFactory
from tests.factories.placements import make_road
from tests.placements.test_races import all_at_once
from web.documents.papers import letter_data
from web.models import Notification

pytestmark = pytest.mark.django_db


def told(user) -> set[str]:
    outbox.drain()
    return set(Notification.objects.filter(user=user).values_list("code", flat=True))


def test_the_plh_clears_and_the_row_says_so() -> None:
    road = make_road()
    period = ActingPeriodFactory(holder=road.supervisor, acting__agency=road.agency)
    stand_in = period.acting.user
    pk = road.apply(has_conflict=True, conflict_note="Saudara bekerja di sana.").pk
    assert told(stand_in) == {"clearance_needed", "conflict_declared"}
    assert told(road.boss) == set()
    assert (waiting_applications(stand_in)["clearance"], waiting_applications(road.boss)["clearance"]) == (1, 0)
    for refused in (services.clear_application, services.decide_conflict):
        more = {"outcome": "no_conflict"} if refused is services.decide_conflict else {}
        with pytest.raises(NotAllowed, match="only_supervisor_decides"):
            refused(actor=road.boss, application_id=pk, **more)
    services.decide_conflict(actor=stand_in, application_id=pk, outcome="controlled")
    row = services.clear_application(actor=stand_in, application_id=pk)
    decision = Decision.objects.get(application=row, step="supervisor")
    assert (decision.capacity, decision.acting_period) == (Capacity.PLH, period)
    assert (row.conflict_capacity, row.conflict_acting_period) == (Capacity.PLH, period)
    assert f"(Plh. {road.supervisor.full_name})" in conflict_judge(row)
    assert f"(Plh. {road.supervisor.full_name})" in next(i.who for i in timeline(row) if i.step == "supervisor")


def test_the_letter_says_as_what_somebody_let_the_person_go() -> None:
    road = make_road()
    period = ActingPeriodFactory(holder=road.supervisor, acting__agency=road.agency)
    road.apply()
    services.clear_application(actor=period.acting.user, application_id=road.application.pk)
    services.approve_application(actor=road.hr, application_id=road.application.pk)
    placement = services.accept_application(actor=road.member, application_id=road.application.pk)
    paper = services.issue_letter(
        actor=road.hr,
        placement_id=placement.pk,
        letter_date=road.agency.today(),
        signer_post="Kepala BKPSDM",
        signer_name="Sri Rahayu",
    )
    basis = letter_data(paper)["basis"]
    assert f"izin {period.acting.user.get_full_name()} (Plh. {road.supervisor.full_name}) pada" in basis


def test_the_database_keeps_capacity_and_period_together() -> None:
    road = make_road()
    row = road.apply()
    for broken in ({"conflict_capacity": "plh"}, {"conflict_capacity": "supervisor"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Application.objects.filter(pk=row.pk).update(**broken)


def test_undecided_goes_back_to_the_holder() -> None:
    road = make_road()
    period = ActingPeriodFactory(delegate=True, holder=road.supervisor, acting__agency=road.agency)
    pk = road.apply().pk
    outbox.drain()
    asn.end_acting(actor=road.boss, period_id=period.pk)
    assert told(road.boss) == {"acting_over"}
    with pytest.raises(NotFound):
        services.clear_application(actor=period.acting.user, application_id=pk)
    services.clear_application(actor=road.boss, application_id=pk)
    assert Decision.objects.get(step="supervisor").capacity == Capacity.SUPERVISOR


def test_after_the_last_day_it_goes_back_by_itself() -> None:
    road = make_road()
    period = ActingPeriodFactory(holder=road.supervisor, acting__agency=road.agency)
    pk = road.apply().pk
    ActingPeriod.objects.update(ends_on=date.today() - timedelta(days=1))
    assert permissions.to_clear(period.acting.user).count() == 0
    services.clear_application(actor=road.boss, application_id=pk)


def test_the_applicant_never_clears_as_delegate() -> None:
    road = make_road()
    ActingPeriodFactory(delegate=True, holder=road.supervisor, acting=road.employee)
    pk = road.apply().pk
    with pytest.raises(NotAllowed):
        services.clear_application(actor=road.applicant, application_id=pk)
    services.clear_application(actor=road.boss, application_id=pk)


def stand_in_of_hr(road):
    """An HR officer who is the supervisor's Plh. as well."""
    officer = EmployeeFactory(agency=road.agency, with_user=True)
    AgencyMembershipFactory(agency=road.agency, user=officer.user)
    ActingPeriodFactory(holder=road.supervisor, acting=officer)
    return officer.user


def test_whoever_cleared_as_plh_does_not_decide_for_hr() -> None:
    road = make_road()
    both = stand_in_of_hr(road)
    pk = road.apply().pk
    services.clear_application(actor=both, application_id=pk)
    with pytest.raises(NotAllowed, match="only_hr_decides"):
        services.approve_application(actor=both, application_id=pk)
    services.approve_application(actor=road.hr, application_id=pk)


def test_twin_without_the_question_the_database_still_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard removed: two steps by one person fall on the unique key; without the key they would pass."""
    road = make_road()
    both = stand_in_of_hr(road)
    pk = road.apply().pk
    services.clear_application(actor=both, application_id=pk)
    monkeypatch.setattr("placements.permissions._decided_otherwise", lambda *a: False)
    with pytest.raises(Conflict, match="already_there"):
        services.approve_application(actor=both, application_id=pk)
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX decision_by_different_people")
    services.approve_application(actor=both, application_id=pk)
    assert Decision.objects.filter(decided_by=both).count() == 2


def test_hr_is_told_when_nobody_can_clear_and_naming_mends_it() -> None:
    road = make_road()
    road.employee.supervisor = None
    road.employee.save()
    for _ in range(2):
        with pytest.raises(Conflict, match="supervisor_missing"):
            road.apply()
    assert told(road.hr) == {"superior_missing"}
    assert Notification.objects.filter(code="superior_missing").count() == 1
    asn.set_supervisor(actor=road.hr, employee_id=road.employee.pk, supervisor_id=road.supervisor.pk)
    road.employee.refresh_from_db()
    road.apply()


def test_a_new_supervisor_is_told_what_waits() -> None:
    road = make_road()
    road.apply()
    new = EmployeeFactory(agency=road.agency, with_user=True)
    asn.set_supervisor(actor=road.hr, employee_id=road.employee.pk, supervisor_id=new.pk)
    assert told(new.user) == {"clearance_needed"}
    services.clear_application(actor=new.user, application_id=road.application.pk)


@pytest.mark.django_db(transaction=True)
def test_two_stand_ins_at_once_one_stays() -> None:
    assert Counter(rivals()) == {"ok": 1, "acting_overlap": 5}
    assert ActingPeriod.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_twin_without_the_constraint_all_stay() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'acting_one_a_person'")
        (body,) = cursor.fetchone()
        cursor.execute("ALTER TABLE asn_actingperiod DROP CONSTRAINT acting_one_a_person")
    try:
        assert rivals() == {"ok": 6}
    finally:
        ActingPeriod.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE asn_actingperiod ADD CONSTRAINT acting_one_a_person {body}")


def rivals() -> Counter[str]:
    road = make_road()
    people = [EmployeeFactory(agency=road.agency, with_user=True) for _ in range(6)]
    given = {"starts_on": date.today(), "ends_on": date.today() + timedelta(days=3), "reason": "leave"}
    return all_at_once([lambda pk=p.pk: asn.delegate_decisions(actor=road.boss, acting_id=pk, **given) for p in people])
