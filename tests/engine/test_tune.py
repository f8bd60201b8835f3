from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matching.engine import tune
from matching.engine.evaluate import model_of, quality, rank
from matching.engine.rich import RichText
from matching.engine.tasks import read_task
from matching.engine.tune import Sheet, climb, folds_of, main, mean_of, sheet

SUBJECTS = ["arsip", "jaringan", "pajak", "gizi", "jalan", "hutan", "museum", "pasar", "kebun", "laut"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "slots"
    folder.mkdir()
    documents = [
        {"doc_id": f"d{n}", "title": f"Staf {s}", "text": f"mengelola {s} kota"} for n, s in enumerate(SUBJECTS)
    ]
    queries = [{"query_id": f"q{n}", "text": f"pengelolaan {s}"} for n, s in enumerate(SUBJECTS)]
    (folder / "docs.jsonl").write_text("\n".join(map(json.dumps, documents)))
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (folder / "qrels.tsv").write_text("\n".join(f"q{n}\td{n}\t1" for n in range(len(SUBJECTS))))
    return tmp_path


def a_sheet(**readings: np.ndarray) -> Sheet:
    """Six queries of four documents; the first document is the right one."""
    grades = np.tile([1.0, 0.0, 0.0, 0.0], (6, 1))
    taken = {name: values.astype(np.float32) for name, values in readings.items()}
    return Sheet("made", "text", 1.0, taken, np.ones((6, 4), bool), grades, np.ones(6), None)


def test_weights_climb_towards_the_reading_that_is_right() -> None:
    right = np.tile([1.0, 0.0, 0.0, 0.0], (6, 1))
    wrong = np.tile([0.0, 0.9, 0.5, 0.0], (6, 1))
    made = a_sheet(word=right, letters=2 * wrong)
    start = {"word": 0.3, "letters": 0.3}
    found = climb([made], start, lambda one: np.ones(6, bool))
    assert found["word"] > found["letters"]
    assert made.quality(found).mean() == 1.0 > made.quality(start).mean()
    assert climb([made], start, lambda one: np.ones(6, bool), pull=10.0) == start  # held back


def test_a_weight_of_zero_may_come_back() -> None:
    made = a_sheet(word=np.tile([1.0, 0.0, 0.0, 0.0], (6, 1)), letters=np.tile([0.0, 0.03, 0.0, 0.0], (6, 1)))
    assert climb([made], {"word": 0.0, "letters": 0.3}, lambda one: np.ones(6, bool))["word"] > 0.0


def test_a_sheet_scores_as_the_evaluation_does(root: Path) -> None:
    task = read_task(root / "slots")
    model = model_of(task, None)
    weights = dict(RichText().text_weights)
    ranked = rank(task, model.score(task.queries, task.allowed))
    assert sheet(task, model, 1.0).quality(weights).mean() == pytest.approx(quality(task, ranked))


def test_ratings_are_judged_by_pairs() -> None:
    scores = np.array([[3.0, 2.0, 1.0], [1.0, 1.0, 1.0], [1.0, 2.0, 3.0]])
    grades = np.tile([5.0, 3.0, 1.0], (3, 1))
    made = Sheet(
        "rated", "text", 1.0, {"word": scores.astype(np.float32)}, np.ones((3, 3), bool), grades, np.ones(3), None
    )
    assert made.quality({"word": 1.0}).tolist() == [1.0, 0.5, 0.0]


def test_folds_are_the_same_every_time_and_share_the_queries() -> None:
    assert np.array_equal(folds_of(11, 5), folds_of(11, 5))
    assert sorted(np.bincount(folds_of(11, 5))) == [2, 2, 2, 2, 3]
    assert mean_of([{"word": 0.1}, {"word": 0.18}]) == {"word": 0.15}


def test_a_task_out_of_fold_is_judged_by_weights_that_never_saw_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made = a_sheet(word=np.tile([1.0, 0.0, 0.0, 0.0], (6, 1)))
    seen = []

    def watched(sheets, start, kept, pull=0.0):  # type: ignore[no-untyped-def]
        seen.append(kept(made))
        return dict(start)

    monkeypatch.setattr(tune, "climb", watched)
    tune.tune([made], {"word": 1.0}, 3)
    assert [int(flags.sum()) for flags in seen] == [4, 4, 4]
    assert np.logical_not(seen).sum(axis=0).tolist() == [1] * 6


def test_the_command_proposes_weights_and_repeats_itself(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    titles = root / "titles.tsv"
    titles.write_text("Pramu Arsip\tkearsipan|umum\nPenata Arsip\tkearsipan\nAhli Gizi\tgizi|umum\nNutrisionis\tgizi")
    outs = []
    for _ in range(2):
        assert main(["--root", str(root), "--folds", "2", "--fit", str(titles)]) == 0
        outs.append(capsys.readouterr().out)
    assert outs[0] == outs[1]
    assert "text: {'word'" in outs[0]
    assert "1.0000" in outs[0]


def test_without_labels_there_is_nothing_to_tune(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = read_task(root / "slots")
    with pytest.raises(ValueError, match="slots has no labels"):
        sheet(replace(task, grades=None), model_of(task, None), 1.0)
    (root / "slots" / "qrels.tsv").unlink()
    with pytest.raises(SystemExit):
        main(["--root", str(root)])
    assert "no task folder with labels" in capsys.readouterr().err
