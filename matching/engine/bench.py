"""How fast the engine ranks, measured beside its peers in one run and checked pair by pair.

    python -m matching.engine.bench --employees N --slots M --seed S [--top K] [--peers] [--filters [only]]
                                    [--one-way] [--increments] [--json]

Every engine gets the same whole numbers and two threads, runs alone, and must have the same points in every position as
a plain scipy product with the filters written out; ours also the same slots, ties by position. CPU seconds are those of
all threads: on a shared machine trust them, and ratios of one run, before wall seconds. docs/speed.md tells what came
out.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.metrics.pairwise import linear_kernel
from threadpoolctl import threadpool_limits

from matching.engine import kernel
from matching.engine.fixedpoint import ONE, Whole, to_points
from matching.engine.kernel import THREADS, Audience, Lists, Problem, Ready
from matching.engine.workload import Workload, generate

Points = NDArray[np.int32]
Answer = TypeVar("Answer")
SAMPLE = 400  # rows that are checked when there are too many to check all
CHECK_ALL = 20_000_000  # pairs up to which all rows are checked
STRIP = 2_000_000  # pairs that the chunked peers hold at a time
EVENTS = 1000  # changed people and new slots that are timed
WARM = 20  # before them, not timed, but checked


@dataclass(frozen=True)
class Run:
    """One engine on one task: median of its repetitions, memory of the first."""

    engine: str
    ways: int
    filters: bool
    wall: float
    cpu: float
    memory_mb: float
    checked: int

    def told(self, pairs: int) -> dict[str, Any]:
        """For people and machines."""
        return {
            "engine": self.engine,
            "ways": self.ways,
            "filters": self.filters,
            "wall_seconds": round(self.wall, 4),
            "cpu_seconds": round(self.cpu, 4),
            "million_pairs_per_second": round(self.ways * pairs / self.wall / 1e6, 1),
            "memory_mb": round(self.memory_mb, 1),
            "rows_checked": self.checked,
        }


# --- measuring ------------------------------------------------------------------------------------------------------


def _resident(field: str) -> float:
    """A line of the process status in megabytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise OSError(f"this system does not tell {field}")


def _measure(job: Callable[[], Any], repeat: int) -> tuple[Any, float, float, float]:
    """The answer, median wall and CPU seconds, and the peak of memory above what the process held before."""
    walls, cpus, memory, answer = [], [], 0.0, None
    for time_ in range(repeat):
        answer = None
        if time_ == 0:
            before = _resident("VmRSS")
            Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
        wall, cpu = time.perf_counter(), time.process_time()
        answer = job()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
        if time_ == 0:
            memory = _resident("VmHWM") - before
    return answer, statistics.median(walls), statistics.median(cpus), memory


# --- the peers ------------------------------------------------------------------------------------------------------
# Each takes two matrices of whole numbers and gives the best points of every row, best first.

Peer = Callable[[sparse.csr_matrix, sparse.csr_matrix, int], Points]


def _fill(points: Whole, depth: int) -> Points:
    filled = np.zeros((points.shape[0], depth), dtype=np.int32)
    filled[:, : points.shape[1]] = points
    return filled


def _sparse_dot_topn(rows: sparse.csr_matrix, others: sparse.csr_matrix, depth: int) -> Points:
    topn = importlib.import_module("sparse_dot_topn")
    best = topn.sp_matmul_topn(rows, others.T.tocsr(), depth, n_threads=THREADS, sort=True)
    filled = np.zeros((rows.shape[0], depth), dtype=np.int32)
    row = np.repeat(np.arange(rows.shape[0]), np.diff(best.indptr))
    filled[row, np.arange(len(row)) - best.indptr[row]] = to_points(np.minimum(best.data.astype(np.int64), ONE))
    return filled


def _strips(rows: int, others: int) -> Iterator[slice]:
    step = max(1, STRIP // max(others, 1))
    for start in range(0, rows, step):
        yield slice(start, start + step)


def _best_of_dense(units: NDArray[Any], depth: int) -> Whole:
    depth = min(depth, units.shape[1])
    top = np.partition(units, units.shape[1] - depth, axis=1)[:, units.shape[1] - depth :]
    return to_points(np.minimum(np.sort(top, axis=1)[:, ::-1].astype(np.int64), ONE))


def _scikit_learn(rows: sparse.csr_matrix, others: sparse.csr_matrix, depth: int) -> Points:
    strips = [
        _best_of_dense(linear_kernel(rows[strip], others, dense_output=True), depth)
        for strip in _strips(rows.shape[0], others.shape[0])
    ]
    return _fill(np.concatenate(strips), depth)


def _scipy(rows: sparse.csr_matrix, others: sparse.csr_matrix, depth: int) -> Points:
    turned = others.T.tocsr()
    filled = np.zeros((rows.shape[0], depth), dtype=np.int32)
    for strip in _strips(rows.shape[0], others.shape[0]):
        product = rows[strip] @ turned
        for at, (first, stop) in enumerate(zip(product.indptr, product.indptr[1:], strict=False)):
            found = product.data[first:stop]
            if len(found) > depth:
                found = np.partition(found, len(found) - depth)[-depth:]
            best = to_points(np.minimum(np.sort(found)[::-1].astype(np.int64), ONE))
            filled[strip.start + at, : len(best)] = best
    return filled


PEERS: dict[str, Peer] = {"sparse_dot_topn": _sparse_dot_topn, "scikit-learn": _scikit_learn, "scipy": _scipy}


# --- the oracle -----------------------------------------------------------------------------------------------------


class Oracle:
    """What is right, by scipy's product and the filters as they are written in the workload."""

    def __init__(self, workload: Workload, depth: int, seed: int) -> None:
        self.workload, self.depth = workload, depth
        self.people, self.slots = workload.units()
        rng = np.random.default_rng(seed)
        every = self.people.shape[0] * self.slots.shape[0] <= CHECK_ALL
        self.some_people, self.some_slots = (
            np.arange(size) if every else np.sort(rng.choice(size, min(SAMPLE, size), replace=False))
            for size in (self.people.shape[0], self.slots.shape[0])
        )
        self.known: dict[tuple[bool, bool], Lists] = {}

    def lists(self, *, of_slots: bool, filters: bool) -> Lists:
        """The lists of the sampled people, or of the sampled slots."""
        if (of_slots, filters) not in self.known:
            every_slot, every_person = np.arange(self.slots.shape[0]), np.arange(self.people.shape[0])
            sample, others = (self.some_slots, every_person) if of_slots else (self.some_people, every_slot)
            points = np.zeros((len(sample), min(self.depth, len(others))), dtype=np.int32)
            where = np.full_like(points, -1)
            for at in range(0, len(sample), 20):
                some = sample[at : at + 20]
                people, slots = (every_person, some) if of_slots else (some, every_slot)
                units = (self.people[people].astype(np.int64) @ self.slots[slots].astype(np.int64).T).toarray()
                worth = to_points(np.minimum(units, ONE))
                if filters:
                    worth[~self.workload.allowed(people, slots)] = 0
                worth = worth.T if of_slots else worth
                order = np.argsort(-worth, axis=1, kind="stable")[:, : points.shape[1]]
                found = np.take_along_axis(worth, order, axis=1)
                points[at : at + 20] = found
                where[at : at + 20] = np.where(found > 0, order, -1)
            self.known[of_slots, filters] = Lists(where, points)
        return self.known[of_slots, filters]

    def column(self, slot: int, *, filters: bool) -> Whole:
        """The points of everybody for one slot."""
        one, everybody = np.asarray([slot]), np.arange(self.people.shape[0])
        units = (self.people.astype(np.int64) @ self.slots[one].astype(np.int64).T).toarray()
        points = to_points(np.minimum(units, ONE))
        if filters:
            points[~self.workload.allowed(everybody, one)] = 0
        worth: Whole = points[:, 0]
        return worth

    def check(self, points: Points, *, of_slots: bool, filters: bool, positions: Points | None = None) -> int:
        """How many rows were looked at. Raises ValueError for the first that is not right."""
        right = self.lists(of_slots=of_slots, filters=filters)
        sample = self.some_slots if of_slots else self.some_people
        wrong = (points[sample][:, : right.points.shape[1]] != right.points).any(axis=1)
        if positions is not None:
            wrong |= (positions[sample] != right.positions).any(axis=1)
        if wrong.any():
            raise ValueError(f"the list of {'slot' if of_slots else 'person'} {sample[wrong][0]} is not right")
        return len(sample)


# --- the tasks ------------------------------------------------------------------------------------------------------


def run_ours(problem: Problem, oracle: Oracle, *, both: bool, filters: bool, repeat: int) -> tuple[Run, Lists]:
    """The compiled kernel, from vectors to lists; everything it prepares is counted."""
    (by_person, by_slot), wall, cpu, memory = _measure(
        lambda: kernel.best(problem, oracle.depth, both=both, kernel="compiled"), repeat
    )
    checked = oracle.check(by_person.points, of_slots=False, filters=filters, positions=by_person.positions)
    if both:
        checked += oracle.check(by_slot.points, of_slots=True, filters=filters, positions=by_slot.positions)
    return Run("padan", 2 if both else 1, filters, wall, cpu, memory, checked), by_person


def run_peer(name: str, oracle: Oracle, *, both: bool, repeat: int) -> Run:
    """A peer without filters, which none of them has. Both ways are two calls of it."""
    people, slots = (side.astype(np.float32) for side in (oracle.people, oracle.slots))
    peer = PEERS[name]
    found, wall, cpu, memory = _measure(
        lambda: (peer(people, slots, oracle.depth), peer(slots, people, oracle.depth) if both else None), repeat
    )
    checked = oracle.check(found[0], of_slots=False, filters=False)
    if both:
        checked += oracle.check(found[1], of_slots=True, filters=False)
    return Run(name, 2 if both else 1, False, wall, cpu, memory, checked)


def _installed(name: str) -> bool:
    try:
        importlib.import_module(name.replace("scikit-learn", "sklearn"))
    except ImportError:
        return False
    return True


@dataclass
class _Watch:
    """Wall and CPU time of many short events of one thread; the first few are not counted."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def time(self, event: Callable[[], Answer]) -> Answer:
        """Do it and note how long it took."""
        wall, cpu = time.perf_counter(), time.thread_time()
        answer = event()
        self.cpu.append(time.thread_time() - cpu)
        self.wall.append(time.perf_counter() - wall)
        return answer

    def told(self) -> dict[str, float]:
        """In milliseconds. Where other work waits for the same cores, the wall's p99 is theirs."""
        return {
            f"{name}_p{q}_ms": round(float(np.percentile(values[WARM:] or values, q)) * 1000, 3)
            for name, values in (("wall", self.wall), ("cpu", self.cpu))
            for q in (50, 99)
        }


def _row(matrix: sparse.csr_matrix, i: int) -> sparse.csr_matrix:
    start, stop = matrix.indptr[i], matrix.indptr[i + 1]
    return sparse.csr_matrix(
        (matrix.data[start:stop], matrix.indices[start:stop], np.asarray([0, stop - start])), (1, matrix.shape[1])
    )


def one_person(problem: Problem, i: int) -> Problem:
    """The same slots beside one person."""
    return replace(
        problem,
        vectors=tuple((_row(people, i), slots) for people, slots in problem.vectors),
        person_zone=problem.person_zone[i : i + 1],
        person_limits=problem.person_limits[:, i : i + 1],
        person_bits=problem.person_bits[i : i + 1],
        person_place=problem.person_place[i : i + 1],
        hidden_group=problem.hidden_group[i : i + 1],
    )


def one_slot(problem: Problem, j: int) -> Problem:
    """The same people beside one slot."""
    hidden, asked = problem.hidden, problem.prerequisites
    if hidden is not None:
        group = np.repeat(np.arange(len(hidden.start) - 1), np.diff(hidden.start))[hidden.values[0] == j]
        lists: list[list[int]] = [[] for _ in range(len(hidden.start) - 1)]
        for g in group.tolist():
            lists[g] = [0]
        hidden = kernel.Groups.of(lists)
    return replace(
        problem,
        vectors=tuple((people, _row(slots, j)) for people, slots in problem.vectors),
        slot_zone=problem.slot_zone[j : j + 1],
        slot_limits=problem.slot_limits[:, j : j + 1],
        slot_bits=problem.slot_bits[j : j + 1],
        slot_period=problem.slot_period[:, j : j + 1],
        slot_place=problem.slot_place[j : j + 1],
        hidden=hidden,
        prerequisites=asked and replace(asked, asked=_row(asked.asked, j), count=asked.count[j : j + 1]),
    )


def run_changed_people(problem: Problem, by_person: Lists, depth: int) -> dict[str, float]:
    """Each of many people anew against all slots, which stand ready. What comes out is what the whole run said."""
    ready = Ready.of(problem)
    watch = _Watch()
    for i in np.random.default_rng(0).integers(0, problem.people, EVENTS + WARM).tolist():
        rank = partial(kernel.best, one_person(problem, i), depth, both=False, kernel="compiled", threads=1)
        mine, _ = watch.time(partial(rank, ready=ready))
        if mine.positions.tolist() != by_person.positions[i : i + 1].tolist():
            raise ValueError(f"person {i} alone has another list than among all")
    return watch.told()


def run_new_slots(problem: Problem, by_person: Lists, oracle: Oracle, *, filters: bool, depth: int) -> dict[str, float]:
    """Each of many slots as if it came now, against everybody; held against a plain product for the first twenty."""
    audience = Audience.of(problem, by_person)
    watch, reached = _Watch(), []
    for j in range(min(EVENTS, problem.slots)):
        (who, points), (best, best_points) = watch.time(partial(audience.meet, one_slot(problem, j), depth))
        reached.append(len(who))
        if j < WARM:
            worth = oracle.column(j, filters=filters)
            ends = np.maximum(by_person.points[:, -1], 1)
            first = np.argsort(-worth, kind="stable")[:depth]
            first = first[worth[first] > 0]
            if not (
                np.array_equal(np.sort(who), np.flatnonzero(worth >= ends))
                and np.array_equal(points, worth[who])
                and np.array_equal(best, first)
                and np.array_equal(best_points, worth[first])
            ):
                raise ValueError(f"new slot {j} meets other people than it should")
    return {**watch.told(), "people_reached": round(statistics.mean(reached), 1)}


def bench(options: argparse.Namespace) -> dict[str, Any]:
    """Everything that was asked for, one after the other."""
    workload = generate(options.employees, options.slots, seed=options.seed)
    oracle = Oracle(workload, options.top, options.seed)
    kernel.warm_up()
    pairs = options.employees * options.slots
    runs: list[Run] = []
    ways = [False] if options.one_way else [False, True]
    by_person = Lists(np.zeros((0, 0), np.int32), np.zeros((0, 0), np.int32))
    kinds = [False] * (options.filters != "only") + [True] * bool(options.filters)
    for filters in kinds:
        problem = workload.problem(filters=filters)
        for both in ways:
            run, by_person = run_ours(problem, oracle, both=both, filters=filters, repeat=options.repeat)
            runs.append(run)
    if options.peers and options.filters != "only":
        for name in PEERS:
            if _installed(name):
                repeat = options.repeat if name == "sparse_dot_topn" else 1
                runs += [run_peer(name, oracle, both=both, repeat=repeat) for both in ways]
    told: dict[str, Any] = {
        "employees": options.employees,
        "slots": options.slots,
        "seed": options.seed,
        "top": options.top,
        "threads": THREADS,
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "runs": [run.told(pairs) for run in runs],
        "ratios": ratios(runs),
    }
    if options.increments:
        told["increments"] = {
            "filters": bool(options.filters),
            "changed_employee": run_changed_people(problem, by_person, options.top),
            "new_slot": run_new_slots(problem, by_person, oracle, filters=bool(options.filters), depth=options.top),
        }
    return told


def ratios(runs: list[Run]) -> dict[str, float]:
    """CPU seconds of each peer by ours, and ours with filters by ours without."""
    ours = {(run.ways, run.filters): run for run in runs if run.engine == "padan"}
    found = {}
    for run in runs:
        plain = ours.get((run.ways, False))
        if plain is not None and run is not plain:
            way = "one_way" if run.ways == 1 else "both_ways"
            name = "filtered" if run.filters else run.engine
            found[f"{name}_{way}"] = round(run.cpu / plain.cpu, 3)
    return found


def _read(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m matching.engine.bench", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--employees", type=int, default=50_000)
    parser.add_argument("--slots", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--top", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=5, help="the median of so many is told")
    parser.add_argument("--peers", action="store_true", help="beside sparse_dot_topn, scikit-learn and scipy")
    parser.add_argument(
        "--filters", nargs="?", const="also", choices=["also", "only"], help="with hard filters too, or only so"
    )
    parser.add_argument("--one-way", action="store_true", help="slots of people only")
    parser.add_argument("--increments", action="store_true", help="a changed employee, a new slot")
    parser.add_argument("--json", action="store_true", help="for machines")
    options = parser.parse_args(arguments)
    if min(options.employees, options.slots, options.top, options.repeat) < 1:
        parser.error("employees, slots, top and repeat must be at least 1")
    return options


def main(arguments: list[str] | None = None) -> None:
    """Measure and tell."""
    options = _read(sys.argv[1:] if arguments is None else arguments)
    with threadpool_limits(THREADS):
        told = bench(options)
    if options.json:
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
        return
    for run in told["runs"]:
        sys.stdout.write(
            f"{run['engine']:<16} {'both ways' if run['ways'] == 2 else 'one way':<10}"
            f"{'filters' if run['filters'] else '':<8} {run['wall_seconds']:>9.3f} s wall {run['cpu_seconds']:>9.3f} s CPU"
            f" {run['million_pairs_per_second']:>9,.0f} M pairs/s {run['memory_mb']:>7.0f} MB"
            f"  {run['rows_checked']:,} rows right\n"
        )
    for name, ratio in told["ratios"].items():
        sys.stdout.write(f"{name}: {ratio:g} x our CPU seconds\n")
    if "increments" in told:
        sys.stdout.write(f"increments: {told['increments']}\n")


if __name__ == "__main__":
    main()
