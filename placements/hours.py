"""The arithmetic of learning hours (JP): which year, which ceiling, what counts.

1 JP is 45 minutes. PNS: at least 20 JP a calendar year (PP 11/2017 Art 203). PPPK: at most 24 JP a contract
year (PerLAN 15/2020); hours beyond stay in the ledger as not counted. Conversion: jp_conversion.csv.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from asn.models import Employee
from asn.states import EmployeeKind
from core.errors import Conflict
from partners.kinds import JpBasis, all_kinds
from placements.models import LearningHourEntry, LearningHourRule, MentoringSession, Placement
from placements.states import RESERVING_PLACEMENT, STARTED_PLACEMENT, NotCounted, SessionStatus


def account_year(employee: Employee, on: date) -> date:
    """First day of the year the hours of ``on`` belong to.

    PNS: 1 January. PPPK: the last anniversary of the contract's start (29 February counts as 1 March in common
    years); without contract dates the calendar year.
    """
    if employee.kind == EmployeeKind.PNS or employee.contract_starts_on is None or on < employee.contract_starts_on:
        return date(on.year, 1, 1)
    start = employee.contract_starts_on

    def anniversary(year: int) -> date:
        try:
            return start.replace(year=year)
        except ValueError:
            return date(year, 3, 1)

    this_year = anniversary(on.year)
    return this_year if this_year <= on else anniversary(on.year - 1)


def counted_hours(employee: Employee, year_start: date) -> int:
    """JP that count in one account year."""
    total = LearningHourEntry.objects.filter(employee=employee, account_year=year_start).aggregate(
        total=Sum("counted_hours")
    )["total"]
    return int(total or 0)


def planned_hours(employee: Employee, year_start: date, *, without: Placement | None = None) -> int:
    """JP that reserved and running placements of that year are expected to bring still."""
    rows = (
        Placement.objects.filter(employee=employee, status__in=RESERVING_PLACEMENT)
        .select_related("slot")
        .annotate(credited=Coalesce(Sum("learning_hours__hours"), 0))
    )
    if without is not None:
        rows = rows.exclude(pk=without.pk)
    planned = 0
    for placement in rows:
        if account_year(employee, placement.ends_on) == year_start:
            planned += max(0, placement.slot.jp_planned - placement.credited)
    return planned


def ceiling(employee: Employee) -> int | None:
    """The yearly maximum: PPPK only."""
    return employee.agency.pppk_contract_hours if employee.kind == EmployeeKind.PPPK else None


def hours_left(employee: Employee, on: date | None = None) -> int | None:
    """JP still free under the ceiling after what is planned; None without a ceiling."""
    limit = ceiling(employee)
    if limit is None:
        return None
    year = account_year(employee, on or employee.agency.today())
    return limit - counted_hours(employee, year) - planned_hours(employee, year)


def rule_for(form: str, agency_id: object, on: date) -> LearningHourRule:
    """The rule in force on a day: the agency's own before the general one; raises Conflict(``hour_rule_missing``)."""
    rule = (
        LearningHourRule.objects.filter(Q(agency_id=agency_id) | Q(agency=None), form=form, effective_from__lte=on)
        .order_by("agency_id", "-effective_from")
        .first()
    )
    if rule is None:
        raise Conflict("hour_rule_missing", form=form)
    return rule


@dataclass(frozen=True, slots=True)
class Credit:
    """How many hours an event is worth, how many count, and why not all."""

    hours: int
    counted: int
    reason: str = ""


def capped_by_ceiling(employee: Employee, hours: int, year_start: date) -> Credit:
    """Cut what passes the PPPK ceiling; it stays visible as not counted."""
    limit = ceiling(employee)
    if limit is None:
        return Credit(hours, hours)
    free = max(0, limit - counted_hours(employee, year_start))
    if hours <= free:
        return Credit(hours, hours)
    return Credit(hours, free, NotCounted.PPPK_CEILING)


def session_credit(placement: Placement, rule: LearningHourRule, held_on: date) -> Credit:
    """JP of one session by the month it was held in: beyond ``monthly_cap`` sessions it adds nothing.

    Nor does it on the days of an activity at the same partner that is credited as a whole: magang hours that hold
    mentoring sessions count once, as magang.
    """
    employee, hours = placement.employee, rule.hours or 0
    if _within_an_activity(placement, held_on):
        return Credit(hours, 0, NotCounted.SAME_HOURS)
    in_month = LearningHourEntry.objects.filter(
        employee=employee,
        rule__form=rule.form,
        occurs_on__year=held_on.year,
        occurs_on__month=held_on.month,
        counted_hours__gt=0,
        reversed_by__isnull=True,
    ).count()
    if rule.monthly_cap is not None and in_month >= rule.monthly_cap:
        return Credit(hours, 0, NotCounted.MONTHLY_CAP)
    return capped_by_ceiling(employee, hours, account_year(employee, held_on))


def _within_an_activity(placement: Placement, day: date) -> bool:
    as_a_whole = [kind.code for kind in all_kinds() if kind.jp_basis is JpBasis.ACTIVITY]
    return (
        Placement.objects.filter(
            employee=placement.employee_id,
            slot__partner=placement.slot.partner_id,
            slot__kind__in=as_a_whole,
            status__in=STARTED_PLACEMENT,
            starts_on__lte=day,
            ends_on__gte=day,
        )
        .exclude(pk=placement.pk)
        .exists()
    )


@dataclass(frozen=True, slots=True)
class SessionOutlook:
    """What a session would bring: the how manieth of its month it is, and its JP."""

    number: int
    cap: int | None
    credit: Credit

    @property
    def over_cap(self) -> bool:
        return self.credit.reason == NotCounted.MONTHLY_CAP


def session_outlook(
    placement: Placement, day: date, *, without: MentoringSession | None = None
) -> SessionOutlook | None:
    """JP that a session on a day would bring, told beforehand; None where sessions are not counted one by one.

    Sessions of that month which are booked or wait for a word are taken to count.
    """
    policy = placement.policy
    if policy.jp_basis is not JpBasis.SESSION:
        return None
    rule = rule_for(policy.jp_form, placement.agency_id, day)
    others = MentoringSession.objects.filter(
        placement__employee=placement.employee_id,
        placement__slot__kind__in=[kind.code for kind in all_kinds() if kind.jp_form == policy.jp_form],
        status__in=(SessionStatus.BOOKED, SessionStatus.REPORTED, SessionStatus.HELD),
        held_on__year=day.year,
        held_on__month=day.month,
    )
    if without is not None:
        others = others.exclude(pk=without.pk)
    number = others.count() + 1
    if rule.monthly_cap is not None and number > rule.monthly_cap:
        return SessionOutlook(number, rule.monthly_cap, Credit(rule.hours or 0, 0, NotCounted.MONTHLY_CAP))
    return SessionOutlook(number, rule.monthly_cap, session_credit(placement, rule, day))
