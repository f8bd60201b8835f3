"""Units, positions and employees: imported in batches or entered one by one, through the same checks."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.utils import timezone

from accounts.models import User
from asn import events
from asn.models import Agency, Employee, Position, PositionClass, PositionStandard, Unit
from asn.nip import nip_warnings, parse_nip
from asn.permissions import can_manage_agency, can_rate_self, visible_employees
from asn.services.agencies import managed_agency
from asn.services.checks import CompetencyCodes, check_choice, check_level
from asn.states import EmployeeKind, EmployeeStatus, EmploymentChange
from core import audit, outbox
from core.errors import Conflict, Invalid, at_row, require
from core.models import TenantModel
from core.rows import find, lock
from core.services import service
from core.text import clean_email, clean_text

T = TypeVar("T", bound=TenantModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """An organisational unit; its parent may be in the same batch, in any order."""

    code: str
    name: str
    parent_code: str = ""
    place: str = ""
    id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    """A position with the levels it requires of its own: ``standards`` are (competency code, level)."""

    code: str
    title: str
    position_class: str
    duties: str = ""
    standards: Sequence[tuple[str, int]] = ()
    source: str = ""
    is_example: bool = False
    id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmployeeRow:
    """A civil servant; ``born_on`` is only compared with the NIP, never kept."""

    nip: str
    kind: str
    name: str
    unit_code: str
    position_code: str
    supervisor_nip: str = ""
    title_front: str = ""
    title_back: str = ""
    email: str = ""
    grade: str = ""
    interests: str = ""
    contract_starts_on: date | None = None
    contract_ends_on: date | None = None
    retires_on: date | None = None
    status: str = EmployeeStatus.ACTIVE
    born_on: date | None = None
    user_id: int | None = None
    id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class EmployeeImport:
    """What came of a batch; ``warnings`` are (row, code): worth a look, no reason to refuse."""

    employees: list[Employee]
    warnings: list[tuple[int, str]]


def _pk(given: uuid.UUID | None) -> uuid.UUID:
    return given or uuid.uuid4()


def _code(value: str, taken: Iterable[str], *, limit: int) -> str:
    code = clean_text(value, field="code", limit=limit)
    if code in taken:
        raise Invalid("code_taken", field="code")
    return code


def _check_tree(parents: Mapping[T, T | None], *, code: str, field: str) -> None:
    """Refuse a batch in which somebody ends up above themselves."""
    settled: set[T] = set()
    for number, start in enumerate(parents, start=1):
        path: set[T] = set()
        node: T | None = start
        while node is not None and node not in settled:
            if node in path:
                with at_row(number):
                    raise Invalid(code, field=field)
            path.add(node)
            node = parents.get(node)
        settled |= path


def _noted(actor: User | None, action: str, agency: Agency, rows: int) -> None:
    audit.record(actor=actor, action=action, obj=agency, agency_id=agency.pk, after={"rows": rows})


@service
def import_units(*, actor: User | None, agency_id: uuid.UUID, rows: Sequence[UnitRow]) -> list[Unit]:
    """Add organisational units, all or none."""
    agency = managed_agency(actor, agency_id)
    units = {unit.code: unit for unit in Unit.objects.filter(agency=agency)}
    added: list[Unit] = []
    for number, row in enumerate(rows, start=1):
        with at_row(number):
            unit = Unit(
                id=_pk(row.id),
                agency=agency,
                code=_code(row.code, units, limit=40),
                name=clean_text(row.name, field="name", limit=200),
                place=clean_text(row.place, field="place", limit=80, required=False),
            )
            units[unit.code] = unit
            added.append(unit)
    for number, (unit, row) in enumerate(zip(added, rows, strict=True), start=1):
        if row.parent_code:
            with at_row(number):
                unit.parent = _among(units, row.parent_code, code="unknown_unit", field="parent_code")
    parents = {unit: unit.parent for unit in added}
    _check_tree(parents, code="unit_cycle", field="parent_code")
    Unit.objects.bulk_create(added)
    _noted(actor, "asn.import_units", agency, len(added))
    return added


@service
def import_positions(*, actor: User | None, agency_id: uuid.UUID, rows: Sequence[PositionRow]) -> list[Position]:
    """Add positions with their own standards, all or none."""
    agency = managed_agency(actor, agency_id)
    taken = set(Position.objects.filter(agency=agency).values_list("code", flat=True))
    classes = set(PositionClass.objects.values_list("code", flat=True))
    codes = CompetencyCodes()
    positions: list[Position] = []
    standards: list[PositionStandard] = []
    for number, row in enumerate(rows, start=1):
        with at_row(number):
            position = Position(
                id=_pk(row.id),
                agency=agency,
                code=_code(row.code, taken, limit=60),
                title=clean_text(row.title, field="title", limit=200),
                position_class_id=check_choice(
                    row.position_class, classes, code="unknown_position_class", field="position_class"
                ),
                duties=clean_text(row.duties, field="duties", limit=6000, required=False),
            )
            taken.add(position.code)
            positions.append(position)
            for code, level in row.standards:
                standards.append(
                    PositionStandard(
                        agency=agency,
                        position=position,
                        competency_id=codes.check(code, field="standards"),
                        level=check_level(level, field="standards"),
                        source=clean_text(row.source, field="source", limit=200),
                        is_example=row.is_example,
                    )
                )
            if len({code for code, _ in row.standards}) < len(row.standards):
                raise Invalid("competency_twice", field="standards")
    Position.objects.bulk_create(positions)
    PositionStandard.objects.bulk_create(standards)
    _noted(actor, "asn.import_positions", agency, len(positions))
    return positions


@service
def import_employees(*, actor: User | None, agency_id: uuid.UUID, rows: Sequence[EmployeeRow]) -> EmployeeImport:
    """Add employees, all or none; a supervisor may be in the same batch, in any order.

    Announces nothing: refresh the agency's recommendations afterwards.
    """
    agency = managed_agency(actor, agency_id)
    employees, warnings = _add_employees(agency, rows)
    _noted(actor, "asn.import_employees", agency, len(employees))
    return EmployeeImport(employees, warnings)


@service
def create_employee(*, actor: User | None, agency_id: uuid.UUID, row: EmployeeRow) -> Employee:
    """Add one employee. Announces ``asn.employee_changed``."""
    agency = managed_agency(actor, agency_id)
    try:
        employee = _add_employees(agency, [row])[0][0]
    except Invalid as error:
        error.field = error.field.removeprefix("1.")
        error.params.pop("row", None)
        raise
    audit.record(actor=actor, action="asn.create_employee", obj=employee, after={"kind": employee.kind})
    _changed(employee)
    return employee


def _add_employees(agency: Agency, rows: Sequence[EmployeeRow]) -> tuple[list[Employee], list[tuple[int, str]]]:
    units = {unit.code: unit for unit in Unit.objects.filter(agency=agency)}
    positions = {position.code: position for position in Position.objects.filter(agency=agency)}
    by_nip: dict[str, Employee] = {}
    warnings: list[tuple[int, str]] = []
    for number, row in enumerate(rows, start=1):
        with at_row(number):
            nip = parse_nip(row.nip)
            if nip.digits in by_nip:
                raise Invalid("nip_taken", field="nip")
            warnings += [(number, code) for code in nip_warnings(nip, kind=row.kind, born_on=row.born_on)]
            _check_contract(row)
            by_nip[nip.digits] = Employee(
                id=_pk(row.id),
                agency=agency,
                nip=nip.digits,
                kind=check_choice(row.kind, EmployeeKind.values, code="unknown_employee_kind", field="kind"),
                status=check_choice(row.status, EmployeeStatus.values, code="unknown_status", field="status"),
                name=clean_text(row.name, field="name", limit=160),
                title_front=clean_text(row.title_front, field="title_front", limit=40, required=False),
                title_back=clean_text(row.title_back, field="title_back", limit=60, required=False),
                email=clean_email(row.email),
                grade=clean_text(row.grade, field="grade", limit=10, required=False),
                interests=clean_text(row.interests, field="interests", limit=3000, required=False),
                unit=_among(units, row.unit_code, code="unknown_unit", field="unit_code"),
                position=_among(positions, row.position_code, code="unknown_position", field="position_code"),
                contract_starts_on=row.contract_starts_on,
                contract_ends_on=row.contract_ends_on,
                retires_on=row.retires_on,
                user_id=row.user_id,
            )
    _check_free(by_nip)
    _set_supervisors(agency, rows, by_nip)
    employees = list(by_nip.values())
    Employee.objects.bulk_create(employees)
    return employees, warnings


def _set_supervisors(agency: Agency, rows: Sequence[EmployeeRow], added: Mapping[str, Employee]) -> None:
    named: dict[int, str] = {}
    for number, row in enumerate(rows, start=1):
        if row.supervisor_nip:
            with at_row(number):
                named[number] = parse_nip(row.supervisor_nip, field="supervisor_nip").digits
    older = Employee.objects.filter(agency=agency, nip__in=set(named.values()) - set(added))
    known = {employee.nip: employee for employee in older} | dict(added)
    for number, employee in enumerate(added.values(), start=1):
        if number in named:
            with at_row(number):
                employee.supervisor = _among(known, named[number], code="unknown_supervisor", field="supervisor_nip")
    _check_tree({e: e.supervisor for e in added.values()}, code="supervisor_cycle", field="supervisor_nip")


def _among(known: Mapping[str, T], key: str, *, code: str, field: str) -> T:
    if key not in known:
        raise Invalid(code, field=field)
    return known[key]


def _check_free(added: Mapping[str, Employee]) -> None:
    """A number is nobody else's, an account is there, open and nobody else's."""
    taken = set(Employee.objects.filter(nip__in=added).values_list("nip", flat=True))
    wanted = {e.user_id for e in added.values() if e.user_id is not None}
    free = set(User.objects.filter(pk__in=wanted, is_active=True, employee=None).values_list("pk", flat=True))
    for number, (nip, employee) in enumerate(added.items(), start=1):
        with at_row(number):
            if nip in taken:
                raise Invalid("nip_taken", field="nip")
            if employee.user_id is not None:
                if employee.user_id not in free:
                    raise Invalid("unknown_user", field="user_id")
                free.discard(employee.user_id)


def _check_contract(row: EmployeeRow) -> None:
    _check_dates(row.kind, row.contract_starts_on, row.contract_ends_on)


def _check_dates(kind: str, start: date | None, end: date | None) -> None:
    if (start is None) != (end is None):
        raise Invalid("contract_half", field="contract_ends_on" if end is None else "contract_starts_on")
    if start and end and end < start:
        raise Invalid("ends_before_start", field="contract_ends_on")
    if start and kind == EmployeeKind.PNS:
        raise Invalid("contract_of_pns", field="contract_starts_on")


@service
def set_supervisor(*, actor: User | None, employee_id: uuid.UUID, supervisor_id: uuid.UUID | None) -> Employee:
    """Say who somebody answers to, within the agency and never in a circle. Announces ``asn.superior_named``."""
    seen = find(visible_employees(actor), employee_id)
    require(can_manage_agency(actor, seen.agency_id))
    # One writer at a time per agency: two rows changed crosswise could close a circle.
    staff = Employee.objects.filter(agency_id=seen.agency_id)
    Agency.objects.select_for_update(no_key=True).get(pk=seen.agency_id)
    employee = lock(staff, seen.pk)
    if supervisor_id is not None and not staff.filter(pk=supervisor_id).exists():
        raise Invalid("unknown_supervisor", field="supervisor_id")
    above, boss = dict(staff.values_list("pk", "supervisor_id")), supervisor_id
    while boss is not None:
        if boss == employee.pk:
            raise Invalid("supervisor_cycle", field="supervisor_id")
        boss = above.get(boss)
    before = employee.supervisor_id
    employee.supervisor_id = supervisor_id
    employee.save(update_fields=("supervisor", "updated_at"))
    audit.record(
        actor=actor,
        action="asn.set_supervisor",
        obj=employee,
        before={"supervisor": before},
        after={"supervisor": supervisor_id},
    )
    if supervisor_id != before:
        outbox.announce(events.SUPERIOR_NAMED, key=uuid.uuid4(), employee_id=employee.pk)
    return employee


@service
def change_employment(
    *,
    actor: User | None,
    employee_id: uuid.UUID,
    unit_id: uuid.UUID,
    position_id: uuid.UUID,
    status: str,
    contract_starts_on: date | None = None,
    contract_ends_on: date | None = None,
    retires_on: date | None = None,
    known: datetime | None = None,
    now: datetime | None = None,
) -> Employee:
    """HR enters another unit or position, leave, retirement, the end of a contract, or that somebody has left.

    ``known`` is when the record that was read had last changed: a later change is Conflict(``changed_meanwhile``).
    Raises Invalid at the field. Announces ``asn.employee_changed`` and, with what it was before,
    ``asn.employment_changed``: applications and placements under way need a word of HR.
    """
    employee = lock(visible_employees(actor), employee_id)
    require(can_manage_agency(actor, employee.agency_id))
    if known is not None and known != employee.updated_at:
        raise Conflict("changed_meanwhile", about=employee)
    if not Unit.objects.filter(agency=employee.agency_id, pk=unit_id).exists():
        raise Invalid("unknown_unit", field="unit_id")
    if not Position.objects.filter(agency=employee.agency_id, pk=position_id).exists():
        raise Invalid("unknown_position", field="position_id")
    check_choice(status, EmployeeStatus.values, code="unknown_status", field="status")
    _check_dates(employee.kind, contract_starts_on, contract_ends_on)
    given = {
        "unit_id": unit_id,
        "position_id": position_id,
        "status": status,
        "contract_starts_on": contract_starts_on,
        "contract_ends_on": contract_ends_on,
        "retires_on": retires_on,
    }
    before = {name: getattr(employee, name) for name in given}
    changed = {name for name, value in given.items() if value != before[name]}
    if not changed:
        return employee
    for name, value in given.items():
        setattr(employee, name, value)
    employee.save()
    audit.record(
        actor=actor,
        action="asn.change_employment",
        obj=employee,
        before={name: before[name] for name in changed if name != "retires_on"},
        after={name: given[name] for name in changed if name != "retires_on"},
    )
    _changed(employee)
    kinds = _kinds(employee, changed)
    if kinds:
        outbox.announce(
            events.EMPLOYMENT_CHANGED,
            key=uuid.uuid4(),
            employee_id=employee.pk,
            kinds=",".join(kinds),
            unit_id=before["unit_id"],
            position_id=before["position_id"],
            changed_at=(now or timezone.now()).isoformat(),
        )
    return employee


_BY_STATUS = {
    EmployeeStatus.ON_LEAVE: EmploymentChange.LEAVE,
    EmployeeStatus.RETIRED: EmploymentChange.RETIREMENT,
    EmployeeStatus.LEFT: EmploymentChange.LEFT,
}


def _kinds(employee: Employee, changed: set[str]) -> list[EmploymentChange]:
    kinds = []
    if "unit_id" in changed:
        kinds.append(EmploymentChange.UNIT)
    if "position_id" in changed:
        kinds.append(EmploymentChange.POSITION)
    if "status" in changed and EmployeeStatus(employee.status) in _BY_STATUS:
        kinds.append(_BY_STATUS[EmployeeStatus(employee.status)])
    if "retires_on" in changed and EmploymentChange.RETIREMENT not in kinds:
        kinds.append(EmploymentChange.RETIREMENT)
    if "contract_ends_on" in changed:
        kinds.append(EmploymentChange.CONTRACT_END)
    return kinds


@service
def set_interests(*, actor: User | None, employee_id: uuid.UUID, interests: str) -> Employee:
    """What the person wants to learn, in own words; only the person writes it. Announces ``asn.employee_changed``."""
    employee = lock(visible_employees(actor), employee_id)
    require(can_rate_self(actor, employee))
    employee.interests = clean_text(interests, field="interests", limit=3000, required=False)
    employee.save(update_fields=("interests", "updated_at"))
    audit.record(actor=actor, action="asn.set_interests", obj=employee, after={"length": len(employee.interests)})
    _changed(employee)
    return employee


def _changed(employee: Employee) -> None:
    outbox.announce(events.EMPLOYEE_CHANGED, key=uuid.uuid4(), employee_id=employee.pk, agency_id=employee.agency_id)
