"""Task folders: what is ranked, what is asked, which pairs count, and the labels where there are any.

The format is that of public retrieval benchmarks: docs.jsonl, queries.jsonl, qrels.tsv, and where a task has them
candidates.tsv (only these pairs are ranked) and exclude.tsv (these never are).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from matching.engine.asked import Document, Flags, Query

FEW_GAPS, MANY_GAPS = 3, 7

Item = TypeVar("Item")


@dataclass(frozen=True)
class Task:
    """One folder, read."""

    name: str
    documents: list[Document]
    queries: list[Query]
    allowed: Flags
    grades: list[dict[str, float]] | None
    asked: frozenset[str] = frozenset()  # whatever the queries call themselves, title by title


def _lines(path: Path) -> list[tuple[str, str]]:
    """The lines that say something, each with its place in the file for whoever has to look it up."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 ({error.reason})") from None
    return [(f"{path}:{number}", line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _records(path: Path, read: Callable[[dict[str, Any]], Item]) -> list[tuple[dict[str, Any], Item]]:
    found = []
    for where, line in _lines(path):
        try:
            record = json.loads(line, parse_constant=_refuse)
            if not isinstance(record, dict):
                raise ValueError("a JSON object is needed")
            found.append((record, read(record)))
        except json.JSONDecodeError as error:
            raise ValueError(f"{where}: not JSON ({error.msg})") from None
        except KeyError as error:
            raise ValueError(f"{where}: {error} is missing") from None
        except (TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"{where}: {error}") from None
    return found


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not a number to reckon with")


def read_table(path: Path, columns: int) -> list[list[str]]:
    """Lines of at least so many columns between tabs; none where there is no such file."""
    rows = [(where, line.split("\t")) for where, line in _lines(path)] if path.exists() else []
    for where, row in rows:
        if len(row) < columns:
            raise ValueError(f"{where}: {columns} columns separated by tabs are needed")
    return [row for _, row in rows]


def gap_power(gaps: int) -> float:
    """1 for a short list of gaps, each of which matters, growing to 2 for a long one, in which the large ones lead."""
    return 1.0 + min(max((gaps - FEW_GAPS) / (MANY_GAPS - FEW_GAPS), 0.0), 1.0)


def read_query(record: dict[str, Any]) -> Query:
    """A query as weighted parts; a gap weighs importance x gap ** gap_power."""
    name = str(record["query_id"])
    own = " . ".join(str(record[key]) for key in ("title", "text", "unit") if record.get(key))
    if "items" in record:
        return Query(name, tuple((str(text), 1.0) for text in record["items"]), "items")
    if "gaps" not in record:
        return Query(name, ((own, 1.0),))
    gaps = record["gaps"]
    sizes = [max(gap["required"] - gap["assessed"], 0.0) for gap in gaps]
    pulls = [gap["importance"] * size ** gap_power(len(gaps)) for gap, size in zip(gaps, sizes, strict=True)]
    parts = tuple(
        (f"{gap['competency']}: {gap['definition']}", pull / (sum(pulls) or 1.0))
        for gap, pull in zip(gaps, pulls, strict=True)
    )
    needs = [gap["importance"] * size for gap, size in zip(gaps, sizes, strict=True)]
    reach = sum(gap["required"] * need for gap, need in zip(gaps, needs, strict=True))
    level = reach / sum(needs) if sum(needs) else None
    return Query(name, parts, "gaps", level, own if record.get("title") else "")


def read_document(record: dict[str, Any]) -> Document:
    """A document as it stands in docs.jsonl."""
    return Document(
        str(record["doc_id"]),
        str(record.get("text") or ""),
        str(record.get("title") or ""),
        str(record.get("competency") or ""),
        float(record.get("level") or 0.0),
    )


def read_task(folder: Path) -> Task:
    """Everything that a task folder says. Whatever cannot be read is named by file and line in a ValueError."""
    documents = [document for _, document in _records(folder / "docs.jsonl", read_document)]
    read = _records(folder / "queries.jsonl", read_query)
    queries = [query for _, query in read]
    if not documents or not queries:
        raise ValueError(f"{folder.name}: documents and queries are needed, here one of them is empty")
    column = {document.id: place for place, document in enumerate(documents)}
    row = {query.id: place for place, query in enumerate(queries)}
    if len(column) < len(documents) or len(row) < len(queries):
        raise ValueError(f"{folder.name}: an id appears twice")
    candidates = folder / "candidates.tsv"
    allowed = np.full((len(queries), len(documents)), not candidates.exists())
    for path, value in ((candidates, True), (folder / "exclude.tsv", False)):
        for query, document, *_ in read_table(path, 2):
            if query in row and document in column:
                allowed[row[query], column[document]] = value
    grades: list[dict[str, float]] | None = None
    if (folder / "qrels.tsv").exists():
        grades = [{} for _ in queries]
        for query, document, grade, *_ in read_table(folder / "qrels.tsv", 3):
            if query in row:
                grades[row[query]][document] = _grade(grade, folder)
    asked = frozenset(
        plain(str(text))
        for record, query in read
        for text in (query.own, record.get("title"), record.get("text"), *(part for part, _ in query.parts))
        if text
    )
    return Task(folder.name, documents, queries, allowed, grades, asked)


def _grade(text: str, folder: Path) -> float:
    try:
        grade = float(text)
    except ValueError:
        grade = math.nan
    if not math.isfinite(grade):
        raise ValueError(f"{folder.name}: {text!r} in qrels.tsv is not a grade")
    return grade


def plain(title: str) -> str:
    """A title as it is compared with others: lower case, single spaces."""
    return " ".join(title.lower().split())
