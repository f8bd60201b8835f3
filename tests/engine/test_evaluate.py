from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from matching.engine.bridge import LabelBridge
from matching.engine.chances import Bin, calibration_error, probabilities, reliability, reliability_table
from matching.engine.evaluate import best_by_words, fit_bridge, main, rank
from matching.engine.tasks import read_query, read_task

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
    assert "| slots |" in (root / "one" / "reliability.md").read_text()
    chart = ElementTree.parse(root / "one" / "reliability.svg")  # noqa: S314 - written by ourselves a moment ago
    assert "slots" in [element.text for element in chart.iter("{http://www.w3.org/2000/svg}text")]
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


def test_what_was_called_likely_is_compared_with_what_was_relevant(root: Path) -> None:
    task = read_task(root / "slots")
    chances = np.where(np.eye(8) > 0, 0.9, 0.1)
    bins = reliability(task, chances, rank(task, chances))
    assert bins == [Bin(55, pytest.approx(0.1), 0.0), Bin(8, pytest.approx(0.9), 1.0)]
    assert calibration_error(bins) == pytest.approx(0.1)
    assert calibration_error([]) == 0.0
    assert "| slots | 0.100 | 0.10 → 0.00, 0.90 → 1.00 |" in reliability_table({"slots": bins})


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


def test_a_position_speaks_apart_from_its_gaps_and_is_left_out_of_the_fit(root: Path) -> None:
    query = read_query({"query_id": "q", "title": "Arsiparis", "text": "Menata arsip.", "gaps": gaps_of(3)})
    assert query.own == "Arsiparis . Menata arsip."
    assert len(query.parts) == 1
    assert {"arsiparis", "arsip"} <= read_task(root / "gaps").asked


def test_the_bridge_sees_descriptions_without_their_titles(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(LabelBridge, "fit", lambda self, X, y, background=(): seen.extend(background) or self)
    (root / "titles.tsv").write_text("Pramu\tumum\n")
    fit_bridge(root / "titles.tsv", [read_task(root / "slots")], keep_ranked=False)
    assert seen == [f"mengelola {subject} kota" for subject in SUBJECTS]


def test_scoring_only_the_best_by_words_is_compared_with_scoring_everything(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--root", str(root), "--out", str(root / "out"), "--retrieve", "3"]) == 0
    assert "nDCG@10 1.0000  best 3 by words 1.0000" in capsys.readouterr().out
    scores = np.array([[0.5, 0.9, 0.1, 0.8]])
    allowed = np.array([[True, False, True, True]])
    assert best_by_words(scores, allowed, 2).tolist() == [[True, False, False, True]]
    assert best_by_words(scores, allowed, 9).tolist() == allowed.tolist()


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("docs.jsonl", '{"doc_id": "d0", "text": "a"}\n{"doc_id": ', r"docs.jsonl:2: not JSON"),
        ("docs.jsonl", '\n{"text": "a"}', r"docs.jsonl:2: 'doc_id' is missing"),
        ("docs.jsonl", "[1]", r"docs.jsonl:1: a JSON object"),
        ("docs.jsonl", '{"doc_id": "d0", "level": NaN}', r"docs.jsonl:1: NaN is not"),
        ("docs.jsonl", '{"doc_id": "d0", "level": "high"}', r"docs.jsonl:1: .*high"),
        ("docs.jsonl", "", r"slots: documents and queries are needed"),
        ("queries.jsonl", '{"query_id": "q0", "gaps": [{"competency": "K"}]}', r"queries.jsonl:1: .* is missing"),
        ("qrels.tsv", "q0\td0", r"qrels.tsv:1: 3 columns"),
        ("qrels.tsv", "q0\td0\thigh", r"'high' in qrels.tsv is not a grade"),
        ("qrels.tsv", "q0\td0\tnan", r"'nan' in qrels.tsv is not a grade"),
        ("exclude.tsv", "q0 d0", r"exclude.tsv:1: 2 columns"),
    ],
)
def test_what_cannot_be_read_is_named_by_file_and_line(
    root: Path, file: str, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "slots" / file).write_text(text)
    with pytest.raises(ValueError, match=message):
        read_task(root / "slots")
    with pytest.raises(SystemExit) as stopped:
        main(["--root", str(root), "--out", str(root / "out")])
    assert stopped.value.code == 2
    assert file.split(".")[0] in capsys.readouterr().err or not text


def test_a_file_of_other_bytes_is_named(root: Path) -> None:
    (root / "slots" / "docs.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"docs.jsonl: not UTF-8"):
        read_task(root / "slots")


def test_a_folder_without_tasks_and_doubled_ids_are_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--root", str(root / "slots"), "--out", str(root / "out")])
    assert "no task folder" in capsys.readouterr().err
    path = root / "slots" / "docs.jsonl"
    path.write_text(path.read_text() + "\n" + path.read_text())
    with pytest.raises(ValueError, match="slots: an id appears twice"):
        read_task(root / "slots")
