"""Rank the documents of task folders and write the runs, to be scored by whoever holds the labels.

    python -m matching.engine.evaluate --root DIR --out DIR [--fit train_titles.tsv [--fit-all]] [--baselines]

Each folder with docs.jsonl and queries.jsonl is a task. OUT/<task>.tsv holds query, document and score, at most 200
documents a query (candidates only where the task has candidates.tsv, never a pair of exclude.tsv), the same bytes every
time. Where the task has qrels.tsv, OUT/p20/<task>.tsv holds the first 20 as probabilities, each fitted without the
query it is given for; nothing that is fitted here is kept.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, normalize

from matching.engine.bridge import LabelBridge
from matching.engine.metrics import ndcg
from matching.engine.rich import Dense, Document, Flags, Query, RichText, standardise
from matching.engine.text import TextFeatures, language_of

DEPTH = 200
SHOWN = 20
FOLDS = 5
FEW_GAPS, MANY_GAPS = 3, 7
OWN_SHARE = 0.3  # of a query with gaps: what position, duties and interest say

Order = NDArray[np.int64]


@dataclass(frozen=True)
class Task:
    """One folder, read."""

    name: str
    documents: list[Document]
    queries: list[Query]
    allowed: Flags
    grades: list[dict[str, float]] | None


def _records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _pairs(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def gap_power(gaps: int) -> float:
    """1 for a short list of gaps, each of which matters, growing to 2 for a long one, in which the large ones lead."""
    return 1.0 + min(max((gaps - FEW_GAPS) / (MANY_GAPS - FEW_GAPS), 0.0), 1.0)


def read_query(record: dict[str, Any]) -> Query:
    """A query as weighted parts; a gap weighs importance x gap ** gap_power."""
    own = " . ".join(str(record[key]) for key in ("title", "text", "unit") if record.get(key))
    if "items" in record:
        return Query(record["query_id"], tuple((text, 1.0) for text in record["items"]), "items")
    if "gaps" not in record:
        return Query(record["query_id"], ((own, 1.0),))
    gaps = record["gaps"]
    sizes = [max(gap["required"] - gap["assessed"], 0.0) for gap in gaps]
    pulls = [gap["importance"] * size ** gap_power(len(gaps)) for gap, size in zip(gaps, sizes, strict=True)]
    spare = OWN_SHARE if record.get("title") else 0.0
    parts = [
        (f"{gap['competency']}: {gap['definition']}", (1.0 - spare) * pull / (sum(pulls) or 1.0))
        for gap, pull in zip(gaps, pulls, strict=True)
    ]
    if spare:
        parts.append((own, spare))
    needs = [gap["importance"] * size for gap, size in zip(gaps, sizes, strict=True)]
    reach = sum(gap["required"] * need for gap, need in zip(gaps, needs, strict=True))
    return Query(record["query_id"], tuple(parts), "gaps", reach / sum(needs) if sum(needs) else None)


def read_document(record: dict[str, Any]) -> Document:
    """A document as it stands in docs.jsonl."""
    return Document(
        record["doc_id"],
        record.get("text") or "",
        record.get("title") or "",
        record.get("competency") or "",
        float(record.get("level") or 0.0),
    )


def read_task(folder: Path) -> Task:
    """Everything that a task folder says."""
    documents = [read_document(record) for record in _records(folder / "docs.jsonl")]
    queries = [read_query(record) for record in _records(folder / "queries.jsonl")]
    column = {document.id: place for place, document in enumerate(documents)}
    row = {query.id: place for place, query in enumerate(queries)}
    if len(column) < len(documents) or len(row) < len(queries):
        raise ValueError(f"{folder.name}: an id appears twice")
    candidates = folder / "candidates.tsv"
    allowed = np.full((len(queries), len(documents)), not candidates.exists())
    for path, value in ((candidates, True), (folder / "exclude.tsv", False)):
        for query, document, *_ in _pairs(path) if path.exists() else ():
            if query in row and document in column:
                allowed[row[query], column[document]] = value
    grades: list[dict[str, float]] | None = None
    if (folder / "qrels.tsv").exists():
        grades = [{} for _ in queries]
        for query, document, grade in _pairs(folder / "qrels.tsv"):
            if query in row:
                grades[row[query]][document] = float(grade)
    return Task(folder.name, documents, queries, allowed, grades)


def rank(task: Task, scores: Dense) -> list[Order]:
    """For each query the allowed documents, best first; ties by document id."""
    ids = np.array([document.id for document in task.documents])
    ranked = []
    for row, allowed in zip(np.round(scores, 6), task.allowed, strict=True):
        columns = np.flatnonzero(allowed)
        ranked.append(columns[np.lexsort((ids[columns], -row[columns]))])
    return ranked


def write_run(path: Path, task: Task, scores: Dense, ranked: Sequence[Order], depth: int) -> None:
    """Query, document, score: one line a pair."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for place, query in enumerate(task.queries):
            for column in ranked[place][:depth]:
                file.write(f"{query.id}\t{task.documents[column].id}\t{scores[place, column]:.6f}\n")


# --- probabilities ------------------------------------------------------------------------------------------------


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


# --- the bridge -----------------------------------------------------------------------------------------------------


def _plain(title: str) -> str:
    return " ".join(title.lower().split())


def fit_bridge(path: Path, tasks: Sequence[Task], *, keep_ranked: bool) -> LabelBridge:
    """The label bridge from lines of title<TAB>label|label, without the titles that are ranked unless asked."""
    ranked = {_plain(document.title) for task in tasks for document in task.documents if document.title}
    asked = {_plain(text) for task in tasks for query in task.queries for text, _ in query.parts}
    known: set[str] = set() if keep_ranked else ranked | asked
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if "\t" in line]
    pairs = [(title, labels.split("|")) for title, labels, *_ in lines if _plain(title) not in known]
    background: dict[str, None] = {}
    for task in tasks:
        texts = [document.whole for document in task.documents]
        if language_of(texts) == "id":
            background.update(dict.fromkeys(texts))
    return LabelBridge().fit([title for title, _ in pairs], [labels for _, labels in pairs], list(background))


# --- baselines ------------------------------------------------------------------------------------------------------


def baseline_scores(task: Task, components: int | None) -> Dense:
    """Plain TF-IDF of words, or LSA of it."""
    texts = [document.whole for document in task.documents]
    asked = [" . ".join(text for text, _ in query.parts) for query in task.queries]
    features = TextFeatures().fit(texts)
    documents, queries = features.transform(texts), features.transform(asked)
    if components is None:
        plain: Dense = (queries @ documents.T).toarray()
        return plain
    svd = TruncatedSVD(min(components, min(documents.shape) - 1), random_state=0).fit(documents)
    condensed: Dense = normalize(svd.transform(queries)) @ normalize(svd.transform(documents)).T
    return condensed


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--out", type=Path, required=True, help="where the runs go")
    parser.add_argument("--fit", type=Path, help="titles with the labels their authors chose")
    parser.add_argument("--fit-all", action="store_true", help="keep titles that are ranked or asked in the fit")
    parser.add_argument("--baselines", action="store_true", help="also write TF-IDF and LSA runs")
    options = parser.parse_args(arguments)
    folders = sorted(path.parent for path in options.root.glob("*/queries.jsonl"))
    if not folders:
        parser.error(f"no task folder under {options.root}")
    tasks = [read_task(folder) for folder in folders]
    bridge = fit_bridge(options.fit, tasks, keep_ranked=options.fit_all) if options.fit else None
    for task in tasks:
        model = RichText().fit(task.documents, bridge)
        readings = model.readings(task.queries, task.allowed)
        scores = standardise(model.fuse(task.queries, readings, task.allowed), task.allowed)
        ranked = rank(task, scores)
        write_run(options.out / f"{task.name}.tsv", task, scores, ranked, DEPTH)
        line = f"{task.name:24s} documents {len(task.documents):6d}  queries {len(task.queries):4d}"
        if task.grades is not None:
            ids = [[task.documents[column].id for column in order[:10]] for order in ranked]
            judged = [ndcg(order, table) for order, table in zip(ids, task.grades, strict=True) if table]
            line += f"  nDCG@10 {sum(judged) / max(1, len(judged)):.4f}"
            chances = probabilities(task, scores, readings, ranked)
            write_run(options.out / "p20" / f"{task.name}.tsv", task, chances, ranked, SHOWN)
        sys.stdout.write(line + "\n")
        if options.baselines:
            for name, components in (("tfidf", None), ("lsa", 100)):
                plain = baseline_scores(task, components)
                write_run(options.out / name / f"{task.name}.tsv", task, plain, rank(task, plain), DEPTH)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
