"""The first documents of each query as probabilities, and how far those can be believed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from matching.engine.asked import Dense
from matching.engine.tasks import Task

SHOWN = 20
FOLDS = 5
BINS = 10

Order = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bin:
    """Documents that were given about the same chance: how many, the mean chance, and the share that was relevant."""

    count: int
    chance: float
    share: float


def _relevant_from(grades: Iterable[dict[str, float]]) -> float:
    """The grade from which a document counts as relevant: the middle of the scale that the labels use."""
    top = max((grade for table in grades for grade in table.values()), default=1.0)
    return 4.0 if top > 3 else 2.0 if top > 1 else 1.0


def probabilities(task: Task, scores: Dense, readings: dict[str, Dense], ranked: Sequence[Order]) -> Dense:
    """The chance that each of the first 20 is relevant, from a logistic fit on the other queries' labels."""
    if task.grades is None:
        raise ValueError(f"{task.name} has no labels to fit probabilities on")
    limit = _relevant_from(task.grades)
    evidence = [scores, *(readings[name] for name in ("word", "letters", "labels") if name in readings)]
    table, hit, fold, where = [], [], [], []
    for place, order in enumerate(ranked):
        for position, column in enumerate(order[:SHOWN]):
            lead = scores[place, order[0]] - scores[place, column]
            table.append([values[place, column] for values in evidence] + [np.log1p(position), lead])
            hit.append(task.grades[place].get(task.documents[column].id, 0.0) >= limit)
            fold.append(place % FOLDS)
            where.append((place, column))
    features, truth, folds = np.array(table), np.array(hit), np.array(fold)
    result: Dense = np.zeros(scores.shape)
    for number in range(FOLDS):
        train, test = folds != number, folds == number
        if not test.any():
            continue
        base = (truth[train].sum() + 0.5) / (train.sum() + 1.0)
        chance = np.full(int(test.sum()), base)
        if 0 < truth[train].sum() < train.sum():
            model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
            chance = model.fit(features[train], truth[train]).predict_proba(features[test])[:, 1]
        for (place, column), value in zip(np.array(where)[test], chance, strict=True):
            result[place, column] = value
    return result


def reliability(task: Task, chances: Dense, ranked: Sequence[Order]) -> list[Bin]:
    """Ten bins of about equally many documents, from unlikely to likely; equal chances share a bin."""
    limit = _relevant_from(task.grades or ())
    given, hits = [], []
    for place, (order, table) in enumerate(zip(ranked, task.grades or (), strict=True)):
        for column in order[:SHOWN]:
            given.append(chances[place, column])
            hits.append(table.get(task.documents[column].id, 0.0) >= limit)
    chance, hit = np.array(given), np.array(hits, dtype=float)
    order = np.argsort(chance, kind="stable")
    cuts = np.searchsorted(chance[order], chance[order][np.arange(1, BINS) * len(order) // BINS])
    parts = [part for part in np.split(order, np.unique(cuts)) if len(part)]
    return [Bin(len(part), float(chance[part].mean()), float(hit[part].mean())) for part in parts]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: how far chance and share lie apart, on average over documents."""
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.chance - one.share) for one in bins) / total if total else 0.0


def reliability_table(tasks: Mapping[str, Sequence[Bin]]) -> str:
    """In Markdown, a line a task: chance given -> share relevant, bin by bin."""
    lines = ["| task | error | chance given → share relevant, from unlikely to likely |", "| --- | --- | --- |"]
    for name, bins in tasks.items():
        pairs = ", ".join(f"{one.chance:.2f} → {one.share:.2f}" for one in bins)
        lines.append(f"| {name} | {calibration_error(bins):.3f} | {pairs} |")
    return "\n".join(lines) + "\n"


def reliability_chart(tasks: Mapping[str, Sequence[Bin]]) -> str:
    """The same as small charts side by side: on the diagonal, what was called likely was as likely as that."""
    side, gap, down = 150, 24, 34
    panels = []
    for number, (name, bins) in enumerate(tasks.items()):
        left, top = gap + number % 4 * (side + gap), gap + number // 4 * (side + down)
        dots = "".join(
            f'<circle cx="{left + side * one.chance:.1f}" cy="{top + side * (1 - one.share):.1f}" r="3"/>'
            for one in bins
        )
        panels.append(
            f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="none" stroke="#999"/>'
            f'<path d="M{left} {top + side}l{side} -{side}" stroke="#999" stroke-dasharray="3"/>'
            f'<text x="{left}" y="{top - 6}">{name}</text>{dots}'
        )
    width, height = gap + 4 * (side + gap), gap + (len(tasks) + 3) // 4 * (side + down)
    start = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">'
    return "\n".join([start, f'<rect width="{width}" height="{height}" fill="#fff"/>', *panels, "</svg>\n"])
