"""Matching whole agencies: asked for as a row, done in steps that can be watched, switched at the end.

See docs/adr/0006-matching-runs.md for why this is not an outbox handler.
"""

from __future__ import annotations

import gc
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import User
from asn.permissions import get_visible_agency
from core import audit, outbox
from core.errors import Conflict, require
from core.services import service
from matching import datasets, events
from matching.engine.ranking import Ranking
from matching.engine.types import Match
from matching.models import MatchRun, MatchState, ModelVersion, Recommendation
from matching.permissions import can_request_match
from matching.services.locks import locked_session
from matching.services.versions import usable_version
from matching.states import RunReason

STEP = 200  # employees written, and shown as done, at a time
GIVE_UP_AFTER = timedelta(hours=1)
LATE_AFTER = timedelta(minutes=1)


@service
def request_full_match(*, actor: User | None, agency_id: uuid.UUID, reason: str = RunReason.REQUESTED) -> MatchRun:
    """Ask for all recommendations of an agency anew; a run that still waits for its turn is shared."""
    agency = get_visible_agency(actor, agency_id)
    require(can_request_match(actor, agency.pk))
    waiting = MatchRun.objects.filter(agency=agency, started_at=None, finished_at=None).first()
    if waiting is not None:
        return waiting
    run = MatchRun.objects.create(agency=agency, reason=reason)
    audit.record(actor=actor, action="matching.run_requested", obj=run, after={"reason": str(reason)})
    outbox.announce(events.RUN_REQUESTED, key=run.pk, run_id=run.pk, agency_id=agency.pk)
    return run


def refresh_agency(
    *, agency_id: uuid.UUID, reason: str = RunReason.REQUESTED, version: ModelVersion | None = None
) -> MatchRun:
    """Match a whole agency here and now. Raises Conflict when another process is at it."""
    run = MatchRun.objects.create(agency_id=agency_id, reason=reason)
    with locked_session(agency_id) as ours:
        if not ours:
            run.delete()
            raise Conflict("match_running")
        _execute(run, version)
    return run


def run_match(*, run_id: uuid.UUID) -> int:
    """Do a requested run, and whatever else its agency waits for; returns how many were done.

    Safe to call at any time and twice: a finished run is left alone, and while another process works for the agency
    it does the waiting runs too.
    """
    agency_id = MatchRun.objects.values_list("agency_id", flat=True).get(pk=run_id)
    done = 0
    with locked_session(agency_id) as ours:
        while ours and (run := unfinished_runs().filter(agency_id=agency_id).order_by("created_at").first()):
            _execute(run, None)
            done += 1
    return done


def resume_runs() -> list[uuid.UUID]:
    """Runs that were lost with their worker or their doorbell, to be rung for again; hopeless ones are closed."""
    now = timezone.now()
    unfinished_runs().filter(created_at__lt=now - GIVE_UP_AFTER).update(finished_at=now, failure="gave up")
    return list(unfinished_runs().filter(created_at__lt=now - LATE_AFTER).values_list("pk", flat=True))


def unfinished_runs() -> QuerySet[MatchRun]:
    """Runs that wait, are under way, or were lost."""
    return MatchRun.objects.filter(finished_at=None)


# --- one run ------------------------------------------------------------------------------------------------------


def _execute(run: MatchRun, version: ModelVersion | None) -> None:
    """Do a run under the agency's lock; a failure is noted on it and raised."""
    try:
        run.version = version or usable_version()
        _match(run, run.version)
    except Exception as error:
        run.failure = type(error).__name__
        run.finished_at = timezone.now()
        run.save()
        raise


def _match(run: MatchRun, version: ModelVersion) -> None:
    agency = run.agency
    run.started_at, run.done_employees, run.pairs_stored = timezone.now(), 0, 0
    run.save()
    recommender = datasets.recommender_of(version.pk)
    today = agency.today(run.started_at)
    people = recommender.profiles(datasets.candidates(agency, today=today))
    slots = recommender.catalogue(datasets.opportunities(agency, today=today))
    run.total_employees, run.total_slots = len(people.items), len(slots.items)
    run.save()
    chosen = _pairs(recommender.recommend(people, slots))
    for start in range(0, len(people.items), STEP):
        step = people.items[start : start + STEP]
        with _uncollected():
            told = recommender.recommend(step, slots, reasons=True)
            wanted = {(m.candidate, m.opportunity): m for m in _matches(told) if (m.candidate, m.opportunity) in chosen}
            _write_step(run, version, [uuid.UUID(person.id) for person in step], wanted)
    _switch(run, version, [uuid.UUID(person.id) for person in people.items], run.started_at)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Matches and reasons are many and in no circles: looking for garbage among them took a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _matches(ranking: Ranking) -> Iterator[Match]:
    for side in (ranking.by_candidate, ranking.by_opportunity):
        for matches in side.values():
            yield from matches


def _pairs(ranking: Ranking) -> frozenset[datasets.Pair]:
    return frozenset((m.candidate, m.opportunity) for m in _matches(ranking))


@service
def _write_step(
    run: MatchRun, version: ModelVersion, people: Collection[uuid.UUID], wanted: dict[datasets.Pair, Match]
) -> None:
    datasets.write_pairs(
        agency_id=run.agency_id,
        version_id=version.pk,
        stored=Recommendation.objects.filter(version=version, employee__in=people),
        wanted=wanted,
    )
    MatchRun.objects.filter(pk=run.pk).update(
        done_employees=F("done_employees") + len(people), pairs_stored=F("pairs_stored") + len(wanted)
    )


@service
def _switch(run: MatchRun, version: ModelVersion, people: Collection[uuid.UUID], read_at: datetime) -> None:
    """Show the new recommendations and drop the others, in one moment."""
    MatchState.objects.update_or_create(agency=run.agency, defaults={"version": version, "refreshed_at": read_at})
    rows = Recommendation.objects.filter(agency=run.agency)
    rows.exclude(version=version).delete()
    rows.exclude(employee__in=people).delete()
    run.refresh_from_db()
    run.finished_at = timezone.now()
    run.save()
    outbox.announce(events.RECOMMENDATIONS_READY, key=run.pk, run_id=run.pk, agency_id=run.agency_id)
