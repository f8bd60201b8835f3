"""Matching whole agencies: asked for as a row, cut into shards that any worker does, switched at the end.

See docs/adr/0006-matching-runs.md for why this is not an outbox handler and 0007 for what is written.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F, ProtectedError, QuerySet
from django.utils import timezone

from accounts.models import User
from asn.models import Employee
from asn.permissions import get_visible_agency
from core import audit, outbox
from core.errors import Conflict, require
from core.services import service
from matching import datasets, events, packing
from matching.models import Generation, MatchRun, MatchState, ModelVersion, Shard
from matching.permissions import can_request_match
from matching.selectors import policy_of
from matching.services.exposure import exposure_report, hold_ceiling
from matching.services.locks import lock_until_commit, locked_session
from matching.services.versions import usable_version
from matching.states import RunReason, ShardState

GIVE_UP_AFTER = timedelta(hours=1)  # without a shard done
LATE_AFTER = timedelta(minutes=1)
SLACK = 2  # lists of slots are kept this many times as long as those of people, so that a loss need not be made good
VERSIONS_KEPT = 3


@service
def request_full_match(*, actor: User | None, agency_id: uuid.UUID, reason: str = RunReason.REQUESTED) -> MatchRun:
    """Ask for all recommendations of an agency anew; a run that still waits for its turn is shared."""
    agency = get_visible_agency(actor, agency_id)
    require(can_request_match(actor, agency.pk))
    lock_until_commit(f"requests:{agency.pk}")
    waiting = waiting_runs().filter(agency=agency).first()
    if waiting is not None:
        return waiting
    run = MatchRun.objects.create(agency=agency, reason=reason)
    audit.record(actor=actor, action="matching.run_requested", obj=run, after={"reason": str(reason)})
    outbox.announce(events.RUN_REQUESTED, key=run.pk, run_id=run.pk, agency_id=agency.pk)
    return run


def refresh_agency(
    *, agency_id: uuid.UUID, reason: str = RunReason.REQUESTED, version: ModelVersion | None = None
) -> MatchRun:
    """Match a whole agency here and now. Raises Conflict when a run is under way."""
    try:
        with transaction.atomic():
            run = MatchRun.objects.create(agency_id=agency_id, reason=reason, started_at=timezone.now())
    except IntegrityError as error:
        raise Conflict("match_running") from error
    _do_here(prepare_run(run_id=run.pk, version=version))
    run.refresh_from_db()
    return run


def run_match(*, run_id: uuid.UUID) -> int:
    """Do a requested run here, and whatever else its agency waits for; returns how many were done.

    Safe to call at any time and twice: finished shards are left alone, and so are those in other hands.
    """
    done = 0
    following: uuid.UUID | None = run_id
    while following is not None:
        run = MatchRun.objects.get(pk=following)
        was_open = run.finished_at is None
        _do_here(prepare_run(run_id=following))
        run.refresh_from_db()
        done += was_open and run.finished_at is not None
        following = next_run(run.agency_id) if run.finished_at else None
    return done


def _do_here(shards: list[uuid.UUID]) -> None:
    for shard in shards:
        match_shard(shard_id=shard)


def next_run(agency_id: uuid.UUID) -> uuid.UUID | None:
    """The run that an agency waits for, when none is under way."""
    if unfinished_runs().filter(agency_id=agency_id).exclude(started_at=None).exists():
        return None
    return waiting_runs().filter(agency_id=agency_id).values_list("pk", flat=True).first()


def resume_runs() -> list[uuid.UUID]:
    """Runs that lost a worker or a doorbell, to be rung for again; hopeless ones are closed."""
    now = timezone.now()
    for run in unfinished_runs().exclude(started_at=None).filter(updated_at__lt=now - GIVE_UP_AFTER):
        _fail(run.pk, "gave up")
    quiet = unfinished_runs().filter(updated_at__lt=now - LATE_AFTER)
    return list(quiet.values_list("pk", flat=True))


def unfinished_runs() -> QuerySet[MatchRun]:
    """Runs that wait, are under way, or were lost."""
    return MatchRun.objects.filter(finished_at=None)


def waiting_runs() -> QuerySet[MatchRun]:
    """Runs that nobody has begun."""
    return unfinished_runs().filter(started_at=None)


# --- planning -----------------------------------------------------------------------------------------------------


def prepare_run(*, run_id: uuid.UUID, version: ModelVersion | None = None) -> list[uuid.UUID]:
    """Begin a run if its agency is free, and publish what its shards need, once; returns the shards to be done.

    A run whose shards are all done is finished here. Whoever comes second while this is under way gets nothing.
    """
    run = MatchRun.objects.get(pk=run_id)
    with locked_session(f"plan:{run.agency_id}") as ours:
        if not ours or not _begin(run_id):
            return []
        run.refresh_from_db()
        try:
            if not run.total_shards:
                _plan(run, version or usable_version())
        except Exception as error:
            _fail(run_id, type(error).__name__)
            raise
    shards = list(run.shards.filter(state=ShardState.WAITING).values_list("pk", flat=True))
    if not shards:
        _finish(run_id)
    return shards


@service
def _begin(run_id: uuid.UUID) -> bool:
    """Whether the run is under way; from now on changes are noted for it, before it reads anything."""
    run = MatchRun.objects.get(pk=run_id)
    lock_until_commit(run.agency_id)
    run.refresh_from_db()
    if run.finished_at is not None:
        return False
    if run.started_at is None:
        if unfinished_runs().filter(agency=run.agency_id).exclude(started_at=None).exists():
            return False
        run.started_at = timezone.now()
        run.save()
    return True


def _plan(run: MatchRun, version: ModelVersion) -> None:
    agency = run.agency
    recommender = datasets.recommender_of(version.pk)
    slots = recommender.catalogue(datasets.opportunities(agency, today=agency.today(run.started_at)))
    catalogue = datasets.freeze(slots)
    ends = _ends(agency.pk)
    with transaction.atomic():
        Generation.objects.filter(run=run).delete()
        Generation.objects.create(
            agency=agency,
            run=run,
            version=version,
            k=recommender.k,
            # As many again may join before a new run is needed.
            entry_bytes=packing.entry_bytes_for(2 * len(slots.items)),
            catalogue=catalogue,
            catalogue_sha256=hashlib.sha256(catalogue).hexdigest(),
        )
        Shard.objects.bulk_create(
            Shard(agency=agency, run=run, number=number, after=after, until=until)
            for number, (after, until) in enumerate(zip([None, *ends], [*ends, None], strict=True))
        )
        run.version, run.total_slots, run.total_shards = version, len(slots.items), len(ends) + 1
        run.total_employees = Employee.objects.active().filter(agency=agency).count()
        run.save()


def _ends(agency_id: uuid.UUID) -> list[uuid.UUID]:
    """The last person of every shard but the last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS total"
            " FROM asn_employee WHERE agency_id = %s AND status = 'active') AS people"
            " WHERE n %% %s = 0 AND n < total ORDER BY id",
            [agency_id, settings.MATCH_SHARD_SIZE],
        )
        return [row[0] for row in cursor.fetchall()]


# --- one shard ----------------------------------------------------------------------------------------------------


def match_shard(*, shard_id: uuid.UUID) -> uuid.UUID | None:
    """Rank the people of one shard and store their lists; the agency when this call did it.

    The attempt is counted and committed first, so that a shard that kills its worker is parked after
    ``Shard.MAX_ATTEMPTS`` instead of killing workers for ever. Whoever does the last shard finishes the run.
    """
    if not _count_attempt(shard_id):
        return None
    try:
        run = _match_shard(shard_id)
    except Exception as error:
        _note_failure(shard_id, type(error).__name__)
        raise
    if run is None:
        return None
    if run.done_shards == run.total_shards:
        _finish(run.pk)
    return run.agency_id


@transaction.atomic
def _count_attempt(shard_id: uuid.UUID) -> bool:
    shard = _take(shard_id)
    if shard is None:
        return False
    if shard.attempts >= Shard.MAX_ATTEMPTS:
        _park(shard, shard.error or "worker died")
        return False
    shard.attempts += 1
    shard.save(update_fields=("attempts", "updated_at"))
    return True


@transaction.atomic
def _note_failure(shard_id: uuid.UUID, error: str) -> None:
    shard = _take(shard_id)
    if shard is None:
        return
    shard.error = error
    shard.save(update_fields=("error", "updated_at"))
    if shard.attempts >= Shard.MAX_ATTEMPTS:
        _park(shard, error)


def _park(shard: Shard, error: str) -> None:
    Shard.objects.filter(pk=shard.pk).update(state=ShardState.PARKED, error=error)
    _fail(shard.run_id, error)


def _take(shard_id: uuid.UUID) -> Shard | None:
    """Lock a shard that waits, or None when it is done, parked or in another worker's hands."""
    waiting = Shard.objects.filter(pk=shard_id, state=ShardState.WAITING, run__finished_at=None)
    return waiting.select_for_update(of=("self",), skip_locked=True).select_related("run__agency").first()


@transaction.atomic
def _match_shard(shard_id: uuid.UUID) -> MatchRun | None:
    """The run with this shard counted; None when there was nothing to do."""
    shard = _take(shard_id)
    if shard is None:
        return None
    run = shard.run
    generation = Generation.objects.defer("catalogue").get(run=run)
    recommender = datasets.recommender_of(generation.version_id)
    catalogue = datasets.catalogue_of(generation.pk, generation.catalogue_sha256)
    candidates = datasets.candidates(
        run.agency, today=run.agency.today(run.started_at), within=datasets.Range(shard.after, shard.until)
    )
    if len(candidates) > packing.MOST_PEOPLE:
        raise ValueError(f"{len(candidates)} people joined one shard")
    depth = SLACK * generation.k
    ranked = recommender.rank(recommender.profiles(candidates), catalogue, k=depth)
    told = [datasets.fingerprint(person) for person in ranked.people.items]
    lists = packing.pack_people(told, ranked.by_candidate, generation.k, entry_bytes=generation.entry_bytes)
    datasets.write_employee_lists(generation.pk, zip((person.id for person in ranked.people.items), lists, strict=True))
    Shard.objects.filter(pk=shard.pk).update(
        state=ShardState.DONE,
        error="",
        people=b"".join(uuid.UUID(person.id).bytes for person in ranked.people.items),
        best=packing.pack_part(ranked.by_opportunity, depth),
        updated_at=timezone.now(),
    )
    stored = int((ranked.by_candidate.positions[:, : generation.k] >= 0).sum())
    # Rivals wait for this row until we commit, so exactly one of them sees the last shard done.
    MatchRun.objects.filter(pk=run.pk).update(
        done_shards=F("done_shards") + 1,
        done_employees=F("done_employees") + len(candidates),
        pairs_stored=F("pairs_stored") + stored,
        updated_at=timezone.now(),
    )
    run.refresh_from_db()
    return run


# --- the end ------------------------------------------------------------------------------------------------------


def _finish(run_id: uuid.UUID) -> None:
    """Merge the lists of slots over all shards and show the generation; safe to repeat."""
    run = MatchRun.objects.select_related("agency").get(pk=run_id)
    if run.finished_at is not None:
        return
    generation = Generation.objects.get(run=run)
    catalogue = datasets.catalogue_of(generation.pk, generation.catalogue_sha256)
    parts = run.shards.order_by("number").values_list("people", "best")
    merged = packing.merge_parts(
        ((bytes(people), bytes(best)) for people, best in parts.iterator(chunk_size=8)),
        len(catalogue.items),
        SLACK * generation.k,
    )
    lists = [(slot, packed, cut) for slot, (packed, cut) in zip(catalogue.items, merged, strict=True)]
    first_places = hold_ceiling(generation, catalogue.items, policy_of(run.agency).first_place_ceiling)
    shown = ([str(person) for person, _ in packing.unpack_slot(packed)[: generation.k]] for _, packed, _ in lists)
    report = exposure_report(run.agency, shown, today=run.agency.today(run.started_at))
    _switch(run_id, generation, lists, {**report, "first_places": first_places})
    _prune(run.agency_id)


@service
def _switch(
    run_id: uuid.UUID,
    generation: Generation,
    lists: list[tuple[datasets.Opportunity, bytes, bool]],
    report: dict[str, Any],
) -> None:
    """Show the new generation in one moment, and ask again for what changed while it was made."""
    lock_until_commit(generation.agency_id)
    run = MatchRun.objects.select_for_update().get(pk=run_id)
    if run.finished_at is not None or run.started_at is None:
        return
    now = timezone.now()
    datasets.write_slot_lists(generation, lists, now=now)
    Generation.objects.filter(pk=generation.pk).update(finished_at=now)
    MatchState.objects.update_or_create(
        agency_id=run.agency_id, defaults={"generation": generation, "refreshed_at": run.started_at}
    )
    for change in run.changes.all():
        if change.employee_id:
            outbox.announce(events.PERSON_CHANGED, key=change.pk, employee_id=change.employee_id)
        else:
            outbox.announce(events.SLOT_CHANGED, key=change.pk, slot_id=change.slot_id)
    run.changes.all().delete()
    run.shards.all().delete()
    run.finished_at, run.report = now, report
    run.save()
    outbox.announce(events.RECOMMENDATIONS_READY, key=run.pk, run_id=run.pk, agency_id=run.agency_id)


@transaction.atomic
def _fail(run_id: uuid.UUID, failure: str) -> None:
    """Close a run; people keep seeing the generation from before."""
    run = MatchRun.objects.select_for_update().get(pk=run_id)
    if run.finished_at is None:
        run.failure, run.finished_at = failure[:300], timezone.now()
        run.save()
        # What changed meanwhile was patched into the lists that stay.
        run.changes.all().delete()


def _prune(agency_id: uuid.UUID) -> None:
    """Drop the generations of an agency that nobody sees and nobody makes, and models that nothing needs any more."""
    shown = MatchState.objects.filter(agency=agency_id).values("generation")
    made = unfinished_runs().filter(agency=agency_id)
    Generation.objects.filter(agency=agency_id).exclude(pk__in=shown).exclude(run__in=made).delete()
    newest = ModelVersion.objects.order_by("-number").values_list("number", flat=True)[:VERSIONS_KEPT]
    unused = ModelVersion.objects.filter(number__lt=min(newest, default=0), generations=None).defer("artifact")
    for version in unused:
        try:
            with transaction.atomic():
                version.delete()
        except ProtectedError:
            continue  # an outcome remembers it
