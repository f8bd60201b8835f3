from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from matching.engine import bench, kernel
from matching.engine.kernel import Audience, Lists, Ready
from matching.engine.workload import Workload, generate


def figures(*arguments: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    bench.main([*arguments, "--employees", "300", "--slots", "120", "--repeat", "1", "--json"])
    return json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def workload() -> Workload:
    return generate(400, 150, seed=3)


def test_the_workload_of_a_seed_is_always_the_same() -> None:
    """The numbers that the figures of docs/speed.md were measured with."""
    made = generate(200, 60, seed=7)
    digest = hashlib.sha256()
    for side in (made.people, made.slots):
        digest.update(np.ascontiguousarray(side.indices, dtype="<i4").tobytes())
        digest.update(np.rint(side.data * 1000).astype("<i4").tobytes())  # the last bits are the machine's
    for name in sorted(made.__dict__):
        if name[:2] in ("e_", "s_"):
            digest.update(name.encode() + made.__dict__[name].astype("<i4").tobytes())
    assert digest.hexdigest() == "bc6c12d9138049e9791b5f1e41fcbee0aae24b03cb8dc5a17b509bf2219f6a8a"


def test_a_person_never_scores_above_one(workload: Workload) -> None:
    product = (workload.people.astype(np.float64) @ workload.slots.astype(np.float64).T).toarray()
    assert product.max() <= 1.000001
    assert product.min() >= 0


def test_everything_is_measured_and_right(capsys: pytest.CaptureFixture[str]) -> None:
    told = figures("--peers", "--filters", "--increments", "--top", "7", capsys=capsys)
    ours = [run for run in told["runs"] if run["engine"] == "padan"]
    assert [(run["ways"], run["filters"]) for run in ours] == [(1, False), (2, False), (1, True), (2, True)]
    assert [run["rows_checked"] for run in ours] == [300, 420, 300, 420]
    assert {"scipy", "scikit-learn"} <= {run["engine"] for run in told["runs"]}
    assert all(run["cpu_seconds"] >= 0 and run["million_pairs_per_second"] > 0 for run in told["runs"])
    assert told["ratios"]["scipy_one_way"] > 0
    assert told["ratios"]["filtered_both_ways"] > 0
    assert told["increments"]["changed_employee"]["cpu_p50_ms"] > 0
    assert told["increments"]["new_slot"]["people_reached"] > 0


def test_only_what_is_asked_for_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    told = figures("--filters", "only", "--one-way", capsys=capsys)
    assert [(run["engine"], run["ways"], run["filters"]) for run in told["runs"]] == [("padan", 1, True)]
    assert "increments" not in told


def test_people_read_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    bench.main(["--employees", "50", "--slots", "20", "--repeat", "1", "--filters"])
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("padan            one way")
    assert first.endswith("50 rows right")
    assert last.startswith("filtered_both_ways: ")


def test_a_wrong_engine_is_found_out(workload: Workload) -> None:
    oracle = bench.Oracle(workload, 5, seed=0)
    right = oracle.lists(of_slots=False, filters=True)
    assert oracle.check(right.points, of_slots=False, filters=True, positions=right.positions) == 400
    wrong = right.points.copy()
    wrong[17, 4] += 1
    with pytest.raises(ValueError, match="the list of person 17 is not right"):
        oracle.check(wrong, of_slots=False, filters=True)
    swapped = right.positions.copy()
    swapped[20, :2] = swapped[20, 1::-1]
    with pytest.raises(ValueError, match="person 20"):
        oracle.check(right.points, of_slots=False, filters=True, positions=swapped)


@pytest.mark.parametrize("filters", [False, True])
def test_a_changed_person_gets_the_list_of_a_whole_run(workload: Workload, filters: bool) -> None:
    problem = workload.problem(filters=filters)
    whole, _ = kernel.best(problem, 9, kernel="plain")
    ready = Ready.of(problem)
    for i in range(0, 400, 7):
        alone = bench.one_person(problem, i)
        mine, _ = kernel.best(alone, 9, both=False, kernel="compiled", threads=1, ready=ready)
        assert mine.positions.tolist() == whole.positions[i : i + 1].tolist()
        assert mine.points.tolist() == whole.points[i : i + 1].tolist()


@pytest.mark.parametrize("filters", [False, True])
@pytest.mark.parametrize("place", [0, 1 << 20])
def test_a_new_slot_meets_whom_a_whole_run_says(workload: Workload, filters: bool, place: int) -> None:
    problem = replace(
        workload.problem(filters=filters),
        place_units=place,
        person_place=workload.e_prov.astype(np.int32) if place else np.zeros(0, np.int32),
        slot_place=workload.s_prov.astype(np.int32) if place else np.zeros(0, np.int32),
    )
    by_person, by_slot = kernel.best(problem, 9, kernel="plain")
    everything, _ = kernel.best(problem, 150, both=False, kernel="plain")
    audience = Audience.of(problem, by_person)
    for j in range(0, 150, 11):
        (who, points), (best, best_points) = audience.meet(bench.one_slot(problem, j), 9)
        there = by_slot.positions[j] >= 0
        assert best.tolist() == by_slot.positions[j][there].tolist()
        assert best_points.tolist() == by_slot.points[j][there].tolist()
        row, at = np.nonzero(everything.positions == j)
        worth = everything.points[row, at]
        inside = worth >= np.maximum(by_person.points[row, -1], 1)
        assert dict(zip(who.tolist(), points.tolist(), strict=True)) == dict(
            zip(row[inside].tolist(), worth[inside].tolist(), strict=True)
        )


def test_whoever_has_an_empty_list_is_reached_by_any_slot(workload: Workload) -> None:
    problem = workload.problem(filters=False)
    nobody = Lists(np.full((400, 3), -1, np.int32), np.zeros((400, 3), np.int32))
    (who, _), _ = Audience.of(problem, nobody).meet(bench.one_slot(problem, 0), 3)
    everything, _ = kernel.best(problem, 150, both=False, kernel="plain")
    assert sorted(who.tolist()) == np.nonzero((everything.positions == 0).any(axis=1))[0].tolist()
