"""Rank the documents of task folders and write the runs, to be scored by whoever holds the labels.

    python -m matching.engine.evaluate --root DIR --out DIR [--fit train_titles.tsv [--fit-all]] [--baselines]
        [--retrieve N]

Each folder with docs.jsonl and queries.jsonl is a task. OUT/<task>.tsv holds query, document and score, at most 200
documents a query (candidates only where the task has candidates.tsv, never a pair of exclude.tsv), the same bytes every
time. Where the task has qrels.tsv, OUT/p20/<task>.tsv holds the first 20 as probabilities, each fitted without the
query it is given for, and OUT/reliability.md and .svg tell how often what was called likely was relevant; nothing that
is fitted here is kept. With --retrieve the line of a task also says what is lost
when only the best N by words alone are scored richly; the runs stay those of everything.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize

from matching.engine.asked import Dense, Flags, standardise
from matching.engine.bridge import LabelBridge
from matching.engine.chances import SHOWN, Bin, Order, probabilities, reliability, reliability_chart, reliability_table
from matching.engine.metrics import ndcg
from matching.engine.rich import RichText
from matching.engine.tasks import Task, plain, read_table, read_task
from matching.engine.text import TextFeatures, language_of

DEPTH = 200


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


# --- the bridge -----------------------------------------------------------------------------------------------------


def fit_bridge(path: Path, tasks: Sequence[Task], *, keep_ranked: bool) -> LabelBridge:
    """The label bridge from lines of title<TAB>label|label, without the titles that are ranked or asked.

    The descriptions of the slots teach it how rare words are. Their titles do not: in one task the title is the question
    and the description the answer, and the two must not be seen together.
    """
    ranked = {plain(document.title) for task in tasks for document in task.documents if document.title}
    known = set() if keep_ranked else ranked.union(*(task.asked for task in tasks))
    pairs = [(title, labels.split("|")) for title, labels, *_ in read_table(path, 2) if plain(title) not in known]
    background: dict[str, None] = {}
    for task in tasks:
        if language_of([document.whole for document in task.documents]) == "id":
            background.update(dict.fromkeys(document.text for document in task.documents))
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


def best_by_words(scores: Dense, allowed: Flags, count: int) -> Flags:
    """The `count` allowed documents of each query that a word score alone would bring up; ties to the earlier one."""
    places = np.argsort(-np.where(allowed, scores, -np.inf), axis=1, kind="stable")[:, :count]
    found = np.zeros_like(allowed)
    np.put_along_axis(found, places, True, axis=1)
    return found & allowed


def quality(task: Task, ranked: Sequence[Order]) -> float:
    """Mean nDCG@10 over the queries that have labels."""
    judged = [
        ndcg([task.documents[column].id for column in order[:10]], table)
        for order, table in zip(ranked, task.grades or (), strict=True)
        if table
    ]
    return sum(judged) / max(1, len(judged))


def model_of(task: Task, bridge: LabelBridge | None) -> RichText:
    """The rich reading of a task's documents. The works of the people who ask join in teaching words."""
    works = dict.fromkeys(text for query in task.queries if query.kind == "items" for text, _ in query.parts)
    return RichText().fit(task.documents, bridge, list(works))


def evaluate(task: Task, bridge: LabelBridge | None, out: Path, retrieve: int) -> tuple[str, list[Bin]]:
    """Rank one task, write its runs, say in a line how it went, and how reliable its probabilities are."""
    model = model_of(task, bridge)
    readings = model.readings(task.queries, task.allowed)
    scores = standardise(model.fuse(task.queries, readings, task.allowed), task.allowed)
    ranked = rank(task, scores)
    write_run(out / f"{task.name}.tsv", task, scores, ranked, DEPTH)
    line = f"{task.name:24s} documents {len(task.documents):6d}  queries {len(task.queries):4d}"
    if task.grades is None:
        return line, []
    line += f"  nDCG@10 {quality(task, ranked):.4f}"
    chances = probabilities(task, scores, readings, ranked)
    write_run(out / "p20" / f"{task.name}.tsv", task, chances, ranked, SHOWN)
    if retrieve:
        fewer = replace(task, allowed=best_by_words(readings["word"], task.allowed, retrieve))
        again = rank(fewer, np.asarray(model.score(task.queries, fewer.allowed)))
        line += f"  best {retrieve} by words {quality(fewer, again):.4f}"
    return line, reliability(task, chances, ranked)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--out", type=Path, required=True, help="where the runs go")
    parser.add_argument("--fit", type=Path, help="titles with the labels their authors chose")
    parser.add_argument("--fit-all", action="store_true", help="keep titles that are ranked or asked in the fit")
    parser.add_argument("--baselines", action="store_true", help="also write TF-IDF and LSA runs")
    parser.add_argument("--retrieve", type=int, default=0, metavar="N", help="also re-rank only the best N by words")
    options = parser.parse_args(arguments)
    folders = sorted(path.parent for path in options.root.glob("*/queries.jsonl"))
    if not folders:
        parser.error(f"no task folder under {options.root}")
    try:
        tasks = [read_task(folder) for folder in folders]
        bridge = fit_bridge(options.fit, tasks, keep_ranked=options.fit_all) if options.fit else None
    except (OSError, ValueError) as error:
        parser.error(str(error))
    bins = {}
    for task in tasks:
        line, bins[task.name] = evaluate(task, bridge, options.out, options.retrieve)
        sys.stdout.write(line + "\n")
        if options.baselines:
            for name, components in (("tfidf", None), ("lsa", 100)):
                plain = baseline_scores(task, components)
                write_run(options.out / name / f"{task.name}.tsv", task, plain, rank(task, plain), DEPTH)
    known = {name: found for name, found in bins.items() if found}
    (options.out / "reliability.md").write_text(reliability_table(known), encoding="utf-8")
    (options.out / "reliability.svg").write_text(reliability_chart(known), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
