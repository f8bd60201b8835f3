"""How a partner's standing and its agreements are shown, to both sides alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from partners.models import Agreement, Partner, PartnerVerification, Slot, VerificationStep
from partners.states import AgreementClause, AgreementStatus, SlotStatus, VerificationStatus, VerificationWord
from placements.states import RESERVING_PLACEMENT
from web.components import Fact, TimelineStep
from web.templatetags.padan import date_range

ENDING_SOON = timedelta(days=90)
_LIVE = (SlotStatus.SUBMITTED, SlotStatus.PUBLISHED, SlotStatus.PAUSED, SlotStatus.FULL, SlotStatus.CLOSED)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a partner stands with one city: what has been, who has it now, what comes next."""

    verification: PartnerVerification
    steps: list[TimelineStep]
    has_agreement: bool


def standings(partner: Partner) -> list[Standing]:
    """One per city, by name."""
    rows = partner.verifications.select_related("agency", "decided_by").prefetch_related("steps__by")
    signed = set(
        partner.agreements.filter(status=AgreementStatus.SIGNED).values_list("agency_id", flat=True).distinct()
    )
    offered = set(partner.slots.exclude(published_at=None).values_list("agency_id", flat=True).distinct())
    return [
        Standing(row, _steps(row, row.agency_id in signed, row.agency_id in offered), row.agency_id in signed)
        for row in rows.order_by("agency__name")
    ]


def history(row: PartnerVerification, *, names: bool) -> list[TimelineStep]:
    """What was said so far; ``names`` tells who of the office decided, else the office speaks."""
    return [_told(step, row, names) for step in row.steps.all()]


def _told(step: VerificationStep, row: PartnerVerification, names: bool) -> TimelineStep:
    of_office = step.word != VerificationWord.ASKED
    who = row.agency.hr_office_short if of_office else row.partner.name
    if names and step.by is not None:
        who = f"{step.by.name}, {who}"
    state = "stopped" if step.word == VerificationWord.REFUSED else "done"
    return TimelineStep(step.get_word_display(), state, who=who, at=step.at, note=step.note)  # type: ignore[arg-type]


def _steps(row: PartnerVerification, has_agreement: bool, has_slot: bool) -> list[TimelineStep]:
    office = row.agency.hr_office_short
    steps = history(row, names=False) or [TimelineStep(_("Asked to be verified"), "done", at=row.asked_at)]
    later = [
        TimelineStep(_("Agreement signed by both sides"), "next", who=office),
        TimelineStep(_("First slot published"), "next", who=row.partner.name),
    ]
    if row.status == VerificationStatus.PENDING:
        note = _("It compares name, address and numbers with official registers. Usually within seven days.")
        return [*steps, TimelineStep(_("The office checks your organisation"), "now", who=office, note=note), *later]
    if row.status == VerificationStatus.REFUSED:
        note = _("Correct your profile, then ask again and say what has changed.")
        return [*steps, TimelineStep(_("You correct and ask again"), "now", who=row.partner.name, note=note)]
    if not has_agreement:
        note = _("The office prepares it with you and enters it here with its numbers and dates.")
        return [*steps, TimelineStep(_("Agreement signed by both sides"), "now", who=office, note=note), later[1]]
    done = TimelineStep(_("Agreement signed by both sides"), "done", who=office)
    return [*steps, done, TimelineStep(_("First slot published"), "done" if has_slot else "now", who=row.partner.name)]


def flagged(rows: Iterable[Agreement]) -> list[Agreement]:
    """Agreements with a mark on those that end soon or have run out, by the calendar of their agency."""
    rows = list(rows)
    for row in rows:
        today = row.agency.today()
        in_force = row.status == AgreementStatus.SIGNED
        row.is_over = in_force and row.ends_on < today  # type: ignore[attr-defined]
        row.ends_soon = in_force and today <= row.ends_on <= today + ENDING_SOON  # type: ignore[attr-defined]
    return rows


def agreement_facts(row: Agreement) -> list[Fact]:
    """What an agreement says."""
    clauses = [
        Fact(str(AgreementClause(code).label), row.clauses[code] or _("settled"))
        for code in AgreementClause.values
        if code in row.clauses
    ]
    return [
        Fact(_("Partner"), row.partner.name),
        Fact(_("Subject"), row.subject),
        Fact(_("In force"), date_range(row.starts_on, row.ends_on)),
        Fact(_("Number of the partner"), row.number_partner or "–"),
        Fact(_("Signed for the city by"), row.signer_agency or "–"),
        Fact(_("Number of the surat kuasa"), row.mandate_number or "–"),
        Fact(_("Signed for the partner by"), row.signer_partner or "–"),
        Fact(_("Under the memorandum of understanding"), row.parent.number_agency if row.parent else "–"),
        Fact(_("Renews"), row.predecessor.number_agency if row.predecessor else "–"),
        Fact(_("Who carries the cost"), row.cost_bearer or "–"),
        *clauses,
    ]


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A slot under an agreement that no longer covers its period, and how many take part in it."""

    slot: Slot
    placements: int


def uncovered(agreement: Agreement, *, ended: bool = False) -> list[Uncovered]:
    """What reaches past the agreement, or lives although it was ended; ``ended`` asks what ending it now would leave."""
    today = agreement.agency.today()
    over = ended or agreement.status == AgreementStatus.TERMINATED or agreement.ends_on < today
    slots = agreement.slots.filter(status__in=_LIVE, ends_on__gte=today)
    if not over:
        slots = slots.filter(Q(ends_on__gt=agreement.ends_on) | Q(starts_on__lt=agreement.starts_on))
    going_on = Count("placements", filter=Q(placements__status__in=RESERVING_PLACEMENT))
    return [Uncovered(slot, slot.going_on) for slot in slots.annotate(going_on=going_on).order_by("ends_on", "pk")]
