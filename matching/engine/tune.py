"""Weigh the readings of `rich` against each other on labelled task folders, and say what the weights are worth elsewhere.

    python -m matching.engine.tune --root DIR [--fit train_titles.tsv] [--folds 5]

Every reading is made once, with the bridge and without it. The weights of each kind of query climb from even ones by
coordinate ascent on the mean logarithm of the tasks' quality (so that a task counts by what it gains in proportion, and
one without the bridge by half), with a pull back to where they began. They are found once for each fold of the queries
left out; the figures out of fold are those of queries that the weights have never seen, and the table that is proposed
is the mean of the folds' tables. Left-out tasks are shown as well. Prints; changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matching.engine.asked import Dense, Flags, standardise
from matching.engine.evaluate import fit_bridge, model_of
from matching.engine.metrics import gains
from matching.engine.rich import RichText
from matching.engine.tasks import Task, read_task

Weights = Mapping[str, float]

READINGS = ("word", "letters", "bm25", "latent", "context", "feedback")
EVEN: dict[str, Weights] = {
    "text": {**dict.fromkeys((*READINGS, "title"), 0.3), "labels": 2.0, "kin": 3.0},
    "gaps": {**dict.fromkeys(READINGS, 0.3), "labels": 1.0, "demand": 0.5},
}
WITHOUT_FIT = 0.5  # what a task without the bridge counts beside the same task with it
POOL = 300  # documents of a query that are looked at: the best by even weights
CONTENDERS = 30  # of which the first ten are put in order
FACTORS = (0.0, 0.5, 0.7, 1.4, 2.0)
PULL = 0.0005  # what it costs, as a share of the quality, to double or halve a weight
SMALL = 0.05  # weights below this hardly differ from none
SWEEPS = 4


@dataclass(frozen=True)
class Sheet:
    """One task's readings over the pool, ready to be weighed."""

    name: str
    kind: str
    share: float
    readings: dict[str, NDArray[np.float32]]
    allowed: Flags
    grades: Dense
    best: Dense
    kin: Dense | None

    def fused(self, weights: Weights) -> Dense:
        """The score of every pair, as `RichText.fuse` would give it."""
        total: Dense = np.zeros(self.allowed.shape)
        for name, values in self.readings.items():
            if weights.get(name, 0.0):
                total += weights[name] * values
        if self.kin is not None:
            near = standardise(total @ self.kin, self.allowed)
            total = standardise(total, self.allowed) + weights.get("kin", 0.0) * near
        return total

    def quality(self, weights: Weights) -> Dense:
        """nDCG@10 of every query; where grades are ratings up to 5, the share of pairs in the right order."""
        scores = np.where(self.allowed, np.round(self.fused(weights), 6), -np.inf)
        if self.grades.max() > 3:
            return _pairs_in_order(scores, self.grades, self.allowed)
        width = min(CONTENDERS, scores.shape[1])
        near = np.sort(np.argpartition(-scores, width - 1, axis=1)[:, :width], axis=1)
        first = np.argsort(-np.take_along_axis(scores, near, axis=1), axis=1, kind="stable")[:, :10]
        order = np.take_along_axis(near, first, axis=1)
        found = np.take_along_axis(self.grades * self.allowed, order, axis=1)
        gained: Dense = (found / np.log2(np.arange(found.shape[1]) + 2.0)).sum(axis=1) / self.best
        return gained


def _pairs_in_order(scores: Dense, grades: Dense, allowed: Flags) -> Dense:
    result = np.zeros(len(scores))
    for row, columns in enumerate(allowed):
        score, grade = scores[row, columns], grades[row, columns]
        apart = grade[:, None] - grade[None, :]
        right = np.sign(score[:, None] - score[None, :]) == np.sign(apart)
        tied = score[:, None] == score[None, :]
        weight = np.maximum(apart, 0.0)
        result[row] = (weight * np.where(tied, 0.5, right)).sum() / max(weight.sum(), 1e-9)
    return result


def sheet(task: Task, model: RichText, share: float) -> Sheet:
    """Read a task once, and keep of each query the documents that even weights bring up."""
    if not task.grades or not any(task.grades):
        raise ValueError(f"{task.name} has no labels to tune on")
    judged = np.array([bool(grades) for grades in task.grades])
    queries = [query for query, kept in zip(task.queries, judged, strict=True) if kept]
    tables = [grades for grades in task.grades if grades]
    allowed = task.allowed[judged]
    readings = {
        name: values if name == "demand" else standardise(values, allowed)
        for name, values in model.readings(queries, allowed).items()
    }
    kind = "gaps" if queries[0].kind == "gaps" else "text"
    ids = np.array([document.id for document in task.documents])
    pool = np.argsort(ids, kind="stable")[None, :].repeat(len(queries), axis=0)
    if model.kin_ is None:
        even = sum(EVEN[kind].get(name, 0.0) * values for name, values in readings.items())
        size = min(POOL, int(allowed.sum(axis=1).max()))
        pool = np.argsort(-np.where(allowed, even, -np.inf), axis=1, kind="stable")[:, :size]
        pool = np.take_along_axis(pool, np.argsort(ids[pool], axis=1), axis=1)  # ties go to the smaller id
    grades = np.array([[table.get(name, 0.0) for name in row] for row, table in zip(ids[pool], tables, strict=True)])
    best = np.array([gains(sorted(table.values(), reverse=True), 10) for table in tables])
    return Sheet(
        task.name,
        kind,
        share,
        {name: np.take_along_axis(values, pool, axis=1).astype(np.float32) for name, values in readings.items()},
        np.take_along_axis(allowed, pool, axis=1),
        grades,
        np.maximum(best, 1e-9),
        None if model.kin_ is None else model.kin_[np.ix_(pool[0], pool[0])],
    )


def value(sheets: Sequence[Sheet], weights: Weights, kept: Callable[[Sheet], Flags]) -> float:
    """Mean logarithm of the tasks' quality over the queries that `kept` marks."""
    total = sum(one.share * np.log(max(one.quality(weights)[kept(one)].mean(), 1e-9)) for one in sheets)
    return float(total / sum(one.share for one in sheets))


def climb(
    sheets: Sequence[Sheet], start: Weights, kept: Callable[[Sheet], Flags], pull: float = PULL
) -> dict[str, float]:
    """Change one weight at a time as long as it helps more than leaving the start costs."""

    def worth(weights: Weights) -> float:
        away = sum(np.log2((weights[name] + SMALL) / (start[name] + SMALL)) ** 2 for name in start)
        return value(sheets, weights, kept) - pull * float(away)

    here = dict(start)
    best = worth(here)
    for _ in range(SWEEPS):
        before = best
        for name in here:
            for factor in FACTORS:
                there = {**here, name: round(here[name] * factor, 4) or (SMALL if factor > 1 else 0.0)}
                found = worth(there)
                if found > best + 1e-6:
                    best, here = found, there
        if best <= before:
            break
    return here


def folds_of(count: int, folds: int) -> NDArray[np.int64]:
    """The fold of every query, the same every time."""
    return np.random.default_rng(0).permutation(count) % folds


def mean_of(tables: Sequence[Weights]) -> dict[str, float]:
    """The mean of several tables, to the nearest 0.05: finer differences are noise."""
    return {name: round(float(np.mean([table[name] for table in tables])) * 20) / 20 for name in tables[0]}


def tune(
    sheets: Sequence[Sheet], start: Weights, folds: int
) -> tuple[dict[str, float], dict[str, Dense], list[Weights]]:
    """The proposed table, each task's quality out of fold, and the tables of the folds."""
    number = {one.name: folds_of(len(one.best), folds) for one in sheets}
    found: dict[str, Dense] = {_label(one): np.zeros(len(one.best)) for one in sheets}
    tables: list[Weights] = []
    for fold in range(folds):
        tables.append(climb(sheets, start, lambda one, fold=fold: number[one.name] != fold))  # type: ignore[misc]
        for one in sheets:
            out = number[one.name] == fold
            found[_label(one)][out] = one.quality(tables[-1])[out]
    return mean_of(tables), found, tables


def _label(one: Sheet) -> str:
    return one.name if one.share == 1.0 else f"{one.name} (no fit)"


def _everything(one: Sheet) -> Flags:
    return np.ones(len(one.best), dtype=bool)


def report(sheets: Sequence[Sheet], folds: int) -> Iterator[str]:
    """What was found, line by line: nDCG@10, or pairs in order, of every task."""
    for kind, start in EVEN.items():
        chosen = [one for one in sheets if one.kind == kind]
        if not chosen:
            continue
        table, out, tables = tune(chosen, start, folds)
        yield f"{kind}: {table}"
        yield from (f"  fold {number}: {dict(found)}" for number, found in enumerate(tables))
        yield f"  {'task':30s}   even  proposed (halves)          out of fold  task left out"
        for one in chosen:
            got = one.quality(table)
            others = [other for other in chosen if other.name != one.name]
            left = climb(others, start, _everything) if others else start
            yield (
                f"  {_label(one):30s}  {one.quality(start).mean():.4f}  {got.mean():.4f}"
                f"  ({got[::2].mean():.4f} {got[1::2].mean():.4f})  {out[_label(one)].mean():.4f}"
                f"       {one.quality(left).mean():.4f}"
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, help="folder of task folders with labels")
    parser.add_argument("--fit", type=Path, help="titles with the labels their authors chose")
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args(arguments)
    tasks = [read_task(path.parent) for path in sorted(options.root.glob("*/queries.jsonl"))]
    tasks = [task for task in tasks if task.grades is not None]
    if not tasks:
        parser.error(f"no task folder with labels under {options.root}")
    bridge = fit_bridge(options.fit, tasks, keep_ranked=False) if options.fit else None
    sheets = []
    for task in tasks:
        model = model_of(task, bridge)
        sheets.append(sheet(task, model, 1.0))
        if model.bridge_ is not None:
            sheets.append(sheet(task, model_of(task, None), WITHOUT_FIT))
    for line in report(sheets, options.folds):
        sys.stdout.write(line + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
