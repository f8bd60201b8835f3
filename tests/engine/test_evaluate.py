from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from matching.engine.bridge import LabelBridge
from matching.engine.evaluate import fit_bridge, main, probabilities, rank, read_query, read_task

SUBJECTS = ["arsip", "jaringan", "pajak", "gizi", "jalan", "hutan", "museum", "pasar"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two tasks: slots for words, with labels; and a task of gaps with candidates and without labels."""
    lines = [
        json.dumps({"doc_id": f"d{n}", "title": f"Staf {s}", "text": f"mengelola {s} kota"})
        for n, s in enumerate(SUBJECTS)
    ]
    for name in ("slots", "gaps"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "docs.jsonl").write_text("\n".join(lines))
    queries = [json.dumps({"query_id": f"q{n}", "text": f"pengelolaan {s}"}) for n, s in enumerate(SUBJECTS)]
    (tmp_path / "slots" / "queries.jsonl").write_text("\n".join(queries))
    (tmp_path / "slots" / "qrels.tsv").write_text("\n".join(f"q{n}\td{n}\t1" for n in range(len(SUBJECTS))))
    (tmp_path / "slots" / "exclude.tsv").write_text("q0\td1\n")
    gap = {"competency": "Kearsipan", "definition": "Mengelola arsip.", "required": 2, "assessed": 0, "importance": 2}
    (tmp_path / "gaps" / "queries.jsonl").write_text(
        json.dumps({"query_id": "g0", "title": "Arsiparis", "text": "arsip", "gaps": [gap]})
    )
    (tmp_path / "gaps" / "candidates.tsv").write_text("g0\td0\ng0\td3\n")
    return tmp_path


def lines_of(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().splitlines()]


def test_runs_hold_what_may_be_ranked_best_first_and_repeat_to_the_byte(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for out in ("one", "two"):
        assert main(["--root", str(root), "--out", str(root / out), "--baselines"]) == 0
    for path in (root / "one").rglob("*.tsv"):
        assert path.read_bytes() == (root / "two" / path.relative_to(root / "one")).read_bytes()
    run = lines_of(root / "one" / "slots.tsv")
    assert ["q0", "d1"] not in [line[:2] for line in run]
    assert len(run) == len(SUBJECTS) ** 2 - 1
    assert [next(line[1] for line in run if line[0] == f"q{n}") for n in range(8)] == [f"d{n}" for n in range(8)]
    assert [line[1] for line in lines_of(root / "one" / "gaps.tsv")] == ["d0", "d3"]
    chances = [float(line[2]) for line in lines_of(root / "one" / "p20" / "slots.tsv")]
    assert 0.0 < min(chances) < max(chances) < 1.0
    assert not (root / "one" / "p20" / "gaps.tsv").exists()
    assert (root / "one" / "tfidf" / "slots.tsv").exists()
    assert (root / "one" / "lsa" / "gaps.tsv").exists()
    assert "nDCG@10 1.0000" in capsys.readouterr().out


def test_a_probability_never_sees_the_label_of_its_own_query(root: Path) -> None:
    task = read_task(root / "slots")
    scores = np.eye(8)
    readings = {"word": scores}
    before = probabilities(task, scores, readings, rank(task, scores))
    assert task.grades is not None
    task.grades[3] = {"d5": 1.0}
    after = probabilities(task, scores, readings, rank(task, scores))
    assert np.array_equal(before[3], after[3])
    assert not np.array_equal(before[4], after[4])


def test_titles_that_are_ranked_are_left_out_of_the_fit(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    titles = root / "titles.tsv"
    pairs = [
        "STAF  Arsip\tkearsipan|umum",
        "Pramu Arsip\tkearsipan|umum",
        "Penata Arsip\tkearsipan",
        "Ahli Gizi\tgizi|umum",
    ]
    titles.write_text("\n".join([*pairs, "Nutrisionis\tgizi"]))
    seen: list[list[str]] = []
    fit = LabelBridge.fit

    def watched(self, X, y, background=()):  # type: ignore[no-untyped-def]
        seen.append(list(X))
        return fit(self, X, y, background)

    monkeypatch.setattr(LabelBridge, "fit", watched)
    tasks = [read_task(root / "slots")]
    fit_bridge(titles, tasks, keep_ranked=False)
    fit_bridge(titles, tasks, keep_ranked=True)
    assert [title for title in seen[1] if title not in seen[0]] == ["STAF  Arsip"]
    assert main(["--root", str(root), "--out", str(root / "out"), "--fit", str(titles)]) == 0


def gaps_of(*required: int) -> list[dict[str, object]]:
    return [
        {"competency": f"K{n}", "definition": "", "required": level, "assessed": 1, "importance": 1}
        for n, level in enumerate(required)
    ]


def test_gaps_weigh_by_size_and_tell_the_level_to_reach() -> None:
    query = read_query({"query_id": "q", "text": "A; B", "gaps": gaps_of(3, 2)})
    assert [weight for _, weight in query.parts] == pytest.approx([2 / 3, 1 / 3])
    assert query.level == pytest.approx((3 * 2 + 2 * 1) / 3)
    long = read_query({"query_id": "q", "text": "", "gaps": gaps_of(3, 2, 2, 2, 2, 2, 2)})
    assert long.parts[0][1] == pytest.approx(4 / 10)
    assert read_query({"query_id": "q", "text": "", "gaps": gaps_of(1)}).level is None


def test_a_folder_without_tasks_and_doubled_ids_are_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--root", str(root / "slots"), "--out", str(root / "out")])
    assert "no task folder" in capsys.readouterr().err
    path = root / "slots" / "docs.jsonl"
    path.write_text(path.read_text() + "\n" + path.read_text())
    with pytest.raises(ValueError, match="slots: an id appears twice"):
        read_task(root / "slots")
