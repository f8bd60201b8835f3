"""Changes of somebody's employment while an application or placement is under way: a task of HR, never lost."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q

from accounts.models import User
from asn import services as asn
from asn.models import Employee
from asn.services.checks import check_choice
from asn.states import GONE, EmployeeStatus, EmploymentChange
from core import audit
from core.errors import Conflict, Invalid, require
from core.outbox import announce
from core.services import service
from core.states import advance
from core.text import clean_text
from placements import events
from placements.eligibility import check_in_service
from placements.models import Application, ApplicationQuerySet, ChangeTask
from placements.permissions import can_decide_change, get_visible_change_task
from placements.services.applications import rule_out_application
from placements.services.common import deadline, moment, relock_application
from placements.services.placements import end_placement_early
from placements.states import (
    LIVE_APPLICATION,
    RESERVING_PLACEMENT,
    ApplicationStatus,
    ChangeChoice,
    ChangeStatus,
    EndReason,
)

DAYS = 3
# Changes of a last day: they matter only where it lies before the end.
OF_LAST_DAY = (EmploymentChange.RETIREMENT, EmploymentChange.CONTRACT_END)


def under_way() -> ApplicationQuerySet:
    """Applications on their road, and those whose placement is prepared or runs."""
    return Application.objects.filter(
        Q(placement__status__in=RESERVING_PLACEMENT)
        | Q(status__in=set(LIVE_APPLICATION) - {ApplicationStatus.DRAFT, ApplicationStatus.ACCEPTED})
    )


@service
def note_change(
    *,
    employee_id: uuid.UUID,
    kinds: Sequence[str],
    changed_at: datetime,
    unit_id: uuid.UUID | None = None,
    position_id: uuid.UUID | None = None,
    now: datetime | None = None,
) -> int:
    """A task for each application or placement that the change touches; an open one is renewed. Returns how many.

    Telling the same change again changes nothing. Announces ``placements.change_to_decide``.
    """
    noted = 0
    for pk in list(under_way().filter(employee=employee_id).order_by("pk").values_list("pk", flat=True)):
        application = relock_application(pk, employee_id)
        if not under_way().filter(pk=pk).exists():
            continue
        found = [kind for kind in kinds if kind not in OF_LAST_DAY or _ends_before(application)]
        noted += bool(found) and _note(application, found, changed_at, unit_id, position_id, now)
    return noted


def _ends_before(application: Application) -> bool:
    """Whether the last day in service lies before the last day of the slot, or the person is gone already."""
    person = application.employee
    return person.is_gone(application.slot.ends_on)


def _note(
    application: Application,
    kinds: Iterable[str],
    changed_at: datetime,
    unit_id: uuid.UUID | None,
    position_id: uuid.UUID | None,
    now: datetime | None,
) -> bool:
    if ChangeTask.objects.filter(application=application, changed_at__gte=changed_at).exists():
        return False  # told already
    task = ChangeTask.objects.select_for_update(no_key=True).filter(
        application=application, status=ChangeStatus.OPEN
    ).first() or ChangeTask(
        agency_id=application.agency_id,
        employee=application.employee,
        application=application,
        kinds=[],
        unit_before_id=unit_id,
        position_before_id=position_id,
    )
    task.kinds = [*task.kinds, *(kind for kind in kinds if kind not in task.kinds)]
    task.changed_at = changed_at
    task.due_at = deadline(application.agency, DAYS, now)
    task.save()
    audit.record(actor=None, action="change.noted", obj=task, after={"kinds": list(task.kinds), "due_at": task.due_at})
    announce(events.CHANGE_TO_DECIDE, key=f"{task.pk}:{changed_at.isoformat()}", task_id=task.pk)
    return True


@service
def decide_change(
    *,
    actor: User,
    task_id: uuid.UUID,
    choice: str,
    note: str = "",
    supervisor_id: uuid.UUID | None = None,
    known: datetime | None = None,
    now: datetime | None = None,
) -> ChangeTask:
    """HR says what becomes of it, and that is done at once by the service of that step.

    ``known`` is the change that the decider has read: a later one is Conflict(``changed_meanwhile``). Raises
    Invalid(``unknown_choice`` on choice, ``required`` on supervisor_id), Conflict(``already_decided`` |
    ``not_in_service`` where somebody who is gone would go on | ``choice_not_open``). Announces
    ``placements.change_decided``.
    """
    seen = get_visible_change_task(actor, task_id)
    application = relock_application(seen.application_id, seen.employee_id)
    task = ChangeTask.objects.select_for_update(of=("self",), no_key=True).select_related("agency").get(pk=seen.pk)
    task.application, task.employee = application, application.employee
    require(can_decide_change(actor, task))
    check_choice(choice, ChangeChoice.values, code="unknown_choice", field="choice")
    if known is not None and known != task.changed_at and task.status == ChangeStatus.OPEN:
        raise Conflict("changed_meanwhile", about=task)
    advance(task, "decide", code="already_decided")
    if choice not in task.open_choices:
        raise Conflict("choice_not_open", field="choice")
    words = clean_text(note, field="note", limit=300, required=False)
    if choice in (ChangeChoice.CONTINUE, ChangeChoice.MOVE_SUPERVISOR):
        check_in_service(task.employee, task.agency.today(now))
    if choice == ChangeChoice.MOVE_SUPERVISOR:
        if supervisor_id is None:
            raise Invalid("required", field="supervisor_id")
        asn.set_supervisor(actor=actor, employee_id=task.employee_id, supervisor_id=supervisor_id)
    elif choice == ChangeChoice.END_EARLY and task.placement is not None:
        end_placement_early(actor=actor, placement_id=task.placement.pk, reason=EndReason.TRANSFER, note=words, now=now)
    elif choice == ChangeChoice.CANCEL:
        rule_out_application(actor=actor, application_id=application.pk, note=words, now=now)
    task.choice, task.note = choice, words
    task.decided_by, task.decided_at = actor, moment(now)
    task.save()
    audit.record(actor=actor, action="change.decided", obj=task, after={"choice": choice}, actor_label="hr")
    announce(events.CHANGE_DECIDED, key=task.pk, task_id=task.pk)
    return task


def tend_changes(*, now: datetime | None = None) -> int:
    """Close tasks with nothing left to decide, and open those that a date on the calendar or a lost message asks for."""
    over = ChangeTask.objects.filter(status=ChangeStatus.OPEN).exclude(application__in=under_way().values("pk"))
    done = sum(_close(task_id=pk) for pk in list(over.values_list("pk", flat=True)))
    going = Q(employee__retires_on__lte=F("slot__ends_on")) | Q(employee__contract_ends_on__lt=F("slot__ends_on"))
    rows = (
        under_way()
        .filter(Q(employee__status__in=GONE) | going)
        .exclude(Exists(ChangeTask.objects.filter(application=OuterRef("pk"), status=ChangeStatus.OPEN)))
        .order_by("pk")
    )
    for pk, employee_id in list(rows.values_list("pk", "employee_id")):
        done += _see_to(application_id=pk, employee_id=employee_id, now=now)
    return done


@service
def _close(*, task_id: uuid.UUID) -> bool:
    task = ChangeTask.objects.select_for_update(no_key=True).get(pk=task_id)
    if task.status != ChangeStatus.OPEN:
        return False
    advance(task, "lapse")
    task.save()
    audit.record(actor=None, action="change.lapsed", obj=task, after={"status": task.status})
    return True


@service
def _see_to(*, application_id: uuid.UUID, employee_id: uuid.UUID, now: datetime | None) -> bool:
    application = relock_application(application_id, employee_id)
    person = application.employee
    kind = _why_gone(person)
    is_gone = person.is_gone(application.agency.today(now))
    # Who will be gone later goes on until then, if HR has said so.
    if not is_gone and application.change_tasks.filter(kinds__contains=[kind]).exists():
        return False
    if not under_way().filter(pk=application.pk).exists():
        return False
    return _note(application, [kind], moment(now), person.unit_id, person.position_id, now)


def _why_gone(person: Employee) -> EmploymentChange:
    if person.status == EmployeeStatus.LEFT:
        return EmploymentChange.LEFT
    ends = person.contract_ends_on
    is_contract = ends is not None and person.last_day == ends and person.status != EmployeeStatus.RETIRED
    return EmploymentChange.CONTRACT_END if is_contract else EmploymentChange.RETIREMENT
