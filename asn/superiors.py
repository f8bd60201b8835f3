"""Who may act as the superior of an employee today, and as what. One answer for permissions, queues and letters.

The order: the supervisor's Plh. or delegate, the supervisor, then post by post upwards from the unit the head (or whoever
stands in for the head), or the Plt. of a vacant post. Never the employee; never somebody without an account or away.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db.models import Exists, OuterRef, Q, QuerySet, prefetch_related_objects

from accounts.models import User
from accounts.roles import Role, roles_of
from asn.models import ActingPeriod, Employee, Unit
from asn.states import AT_WORK, Capacity


@dataclass(frozen=True, slots=True)
class Superior:
    """Somebody who decides for an employee, as what, and by which period where another's place is taken."""

    employee: Employee
    capacity: Capacity
    period: ActingPeriod | None = None

    @property
    def user(self) -> User:
        """The account; whoever is a superior has one."""
        return cast(User, self.employee.user)

    @property
    def holder(self) -> Employee | None:
        """Whose place is taken; None for a supervisor, a head or a vacant post."""
        return self.period.holder if self.period is not None else None


def _can_act(person: Employee | None, employee: Employee) -> bool:
    return person is not None and person.pk != employee.pk and person.user_id is not None and person.status in AT_WORK


class _Posts:
    """Who stands in for whom now, and the posts of an agency: read once for many people, posts only when asked for."""

    def __init__(self, agencies: Iterable[uuid.UUID], now: datetime | None) -> None:
        self.agencies = set(agencies)
        rows = ActingPeriod.objects.on_duty(now).filter(agency__in=self.agencies)
        self.of_person: dict[uuid.UUID, ActingPeriod] = {}
        self.of_unit: dict[uuid.UUID, ActingPeriod] = {}
        for row in rows.select_related("acting", "holder"):
            if row.holder_id is not None:
                self.of_person[row.holder_id] = row
            elif row.unit_id is not None:
                self.of_unit[row.unit_id] = row
        self._units: dict[uuid.UUID, Unit] | None = None

    @property
    def units(self) -> dict[uuid.UUID, Unit]:
        if self._units is None:
            found = Unit.objects.filter(agency__in=self.agencies).select_related("head")
            self._units = {unit.pk: unit for unit in found}
        return self._units

    def in_place_of(self, holder: Employee, employee: Employee, capacity: Capacity) -> Superior | None:
        """Whoever stands in for ``holder``, else the holder, if either may decide for ``employee``."""
        period = self.of_person.get(holder.pk)
        if period is not None and _can_act(period.acting, employee):
            return Superior(period.acting, Capacity(period.capacity), period)
        return Superior(holder, capacity) if _can_act(holder, employee) else None

    def above(self, employee: Employee) -> Superior | None:
        """The nearest staffed leading post, from the unit of the missing supervisor upwards."""
        start = employee.supervisor.unit_id if employee.supervisor is not None else employee.unit_id
        seen: set[uuid.UUID] = set()
        place: uuid.UUID | None = start
        while place is not None and place not in seen:
            seen.add(place)
            unit = self.units[place]
            if unit.head is not None:
                found = self.in_place_of(unit.head, employee, Capacity.HEAD)
                if found is not None:
                    return found
            period = self.of_unit.get(place)
            if period is not None and _can_act(period.acting, employee):
                return Superior(period.acting, Capacity.PLT, period)
            place = unit.parent_id
        return None


def superiors_of(employees: Iterable[Employee], now: datetime | None = None) -> dict[uuid.UUID, Superior | None]:
    """Per employee who decides for them today; None where HR has to name somebody. At most four queries."""
    people = list(employees)
    prefetch_related_objects(people, "supervisor")
    posts = _Posts({person.agency_id for person in people}, now)
    found: dict[uuid.UUID, Superior | None] = {}
    for person in people:
        boss = person.supervisor
        direct = posts.in_place_of(boss, person, Capacity.SUPERVISOR) if boss is not None else None
        found[person.pk] = direct or posts.above(person)
    return found


def superior_of(employee: Employee, now: datetime | None = None) -> Superior | None:
    """Who decides for this employee today, or None."""
    return superiors_of([employee], now)[employee.pk]


def is_superior(user: User, employee: Employee, now: datetime | None = None) -> bool:
    """Whether the user is who decides for this employee today."""
    found = superior_of(employee, now)
    return found is not None and found.employee.user_id == user.pk


def _covered(now: datetime | None) -> QuerySet[ActingPeriod]:
    """Periods in which somebody else decides in place of an outer employee's supervisor."""
    return (
        ActingPeriod.objects.on_duty(now)
        .filter(holder=OuterRef("supervisor"), acting__status__in=AT_WORK, acting__user__isnull=False)
        .exclude(acting=OuterRef("pk"))
    )


def without_supervisor(now: datetime | None = None) -> QuerySet[Employee]:
    """People whose supervisor is not entered, or away with nobody standing in."""
    return Employee.objects.filter(
        ~Exists(_covered(now)),
        Q(supervisor__isnull=True) | Q(supervisor__user__isnull=True) | ~Q(supervisor__status__in=AT_WORK),
    )


def _posts_of(user: User, now: datetime | None) -> set[uuid.UUID]:
    """Agencies in which the user holds a leading post today; like roles, looked up once per user object."""
    kept: set[uuid.UUID] | None = getattr(user, "_padan_posts", None) if now is None else None
    if kept is None:
        acting = ActingPeriod.objects.on_duty(now).filter(acting__user=user)
        posts = Unit.objects.filter(
            Q(head__user=user)
            | Exists(acting.filter(unit=OuterRef("pk")))
            | Exists(acting.filter(holder=OuterRef("head")))
        )
        kept = set(posts.values_list("agency_id", flat=True))
        if now is None:
            user._padan_posts = kept  # type: ignore[attr-defined]
    return kept


def stands_in_for(user: User, now: datetime | None = None) -> Q:
    """Employees for whom the user decides today without being their supervisor; free for whoever has no such role."""
    if now is None and Role.SUPERVISOR not in roles_of(user):
        return Q(pk__in=())
    acts = ~Q(user=user) & Q(Exists(_covered(now).filter(acting__user=user)))
    agencies = _posts_of(user, now)
    if not agencies:
        return acts
    rows = list(without_supervisor(now).filter(agency__in=agencies).select_related("supervisor"))
    found = superiors_of(rows, now)
    mine = [pk for pk, one in found.items() if one is not None and one.employee.user_id == user.pk]
    return acts | Q(pk__in=mine)


def led_by(user: User, now: datetime | None = None) -> QuerySet[Employee]:
    """The employees for whom the user decides today: the same answer as ``superior_of``, for lists."""
    boss = Employee.objects.filter(user=user, status__in=AT_WORK).values("pk")
    direct = Q(supervisor__in=boss) & ~Q(user=user) & ~Q(Exists(_covered(now)))
    return Employee.objects.filter(direct | stands_in_for(user, now))


def without_superior(agency_id: uuid.UUID, now: datetime | None = None) -> list[Employee]:
    """People in service for whom nobody can decide: HR has to name somebody."""
    rows = list(
        without_supervisor(now)
        .filter(agency=agency_id, status__in=AT_WORK)
        .select_related("agency", "unit", "position", "supervisor")
        .order_by("name", "pk")
    )
    found = superiors_of(rows, now)
    return [row for row in rows if found[row.pk] is None]
