"""Every code that any room raises has a sentence and a remedy, and every blank in them is filled."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from core.errors import Conflict, DomainError, Invalid, NotFound
from matching import states as matching
from matching.engine.paths import ORDER, Change
from matching.engine.types import Reason
from partners.kinds import all_kinds
from web import phrases
from web.phrases import ERRORS, explain

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ["config", "web", "incentives", "placements", "matching", "mentors", "partners", "asn", "accounts", "core"]
RAISING = {"Invalid", "NotAllowed", "NotFound", "Conflict", "Gone", "Busy", "DomainError"}
# Parameters that are about the error, not about its sentence.
_ABOUT = {"field", "code", "about"}


def _constants(node: ast.expr | None) -> list[str] | None:
    """The words an expression may be; None when that cannot be read off."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.IfExp):
        branches = [_constants(node.body), _constants(node.orelse)]
        return None if None in branches else [word for branch in branches for word in branch or []]
    return None


def _raised() -> Iterator[tuple[str, list[str] | None, set[str], str]]:
    """(what is called, codes, parameters, where) of every call that names a code."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                given = {keyword.arg or "**": keyword.value for keyword in node.keywords}
                where = f"{path.relative_to(ROOT)}:{node.lineno}"
                params = set(given) - _ABOUT
                if name in RAISING:
                    yield name, _constants(node.args[0]) if node.args else ["not_found"], params, where
                elif name == "require":
                    yield name, _constants(node.args[1]) if len(node.args) > 1 else ["not_allowed"], params, where
                elif name in {"advance", "check_choice"} or "code" in given:
                    codes = _constants(given["code"]) if "code" in given else []
                    if codes and all(re.fullmatch(r"[a-z_]+", code) for code in codes):
                        yield "code=", codes, set(), where


RAISED = list(_raised())


def test_the_scan_finds_what_it_looks_for() -> None:
    found = {code for _, codes, _, _ in RAISED for code in codes or []}
    assert {"slot_full", "slot_not_offered", "not_found", "own_partner", "unknown_unit", "nip_format"} <= found


def test_codes_are_written_out_where_they_are_raised() -> None:
    """Else nobody could list them: a code comes as a word, or as the parameter ``code`` of a helper."""
    unread = [where for name, codes, _, where in RAISED if codes is None and not _passes_code_on(where)]
    assert unread == []


def _passes_code_on(where: str) -> bool:
    path, line = where.split(":")
    return bool(
        re.search(r"\(\s*(\w+, )?code\b", (ROOT / path).read_text(encoding="utf-8").splitlines()[int(line) - 1])
    )


def test_every_code_has_a_sentence_and_a_remedy() -> None:
    missing = defaultdict(list)
    for name, codes, _, where in RAISED:
        for code in codes or []:
            if code not in ERRORS and not (name == "code=" and code in _NOT_ERRORS):
                missing[code].append(where)
    assert dict(missing) == {}
    assert [code for code, (message, remedy) in ERRORS.items() if not str(message) or not str(remedy)] == []


# ``code=`` of calls that are not about errors.
_NOT_ERRORS = {kind.code for kind in all_kinds()}


def test_no_sentence_for_a_code_nobody_raises() -> None:
    raised = {code for _, codes, _, _ in RAISED for code in codes or []}
    assert sorted(set(ERRORS) - raised) == []


def test_every_blank_is_filled_wherever_the_code_is_raised() -> None:
    """Parameters added on the way: ``row`` by batches, ``status`` and ``action`` by ``core.states.advance``."""
    empty = []
    for name, codes, params, where in RAISED:
        for code in codes or [] if name in RAISING | {"require"} else []:
            blanks = {blank for text in ERRORS[code] for blank in re.findall(r"%\((\w+)\)s", str(text))}
            if "**" not in params and not blanks <= params:
                empty.append((code, where, sorted(blanks - params)))
    assert empty == []


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_sentence_can_be_said(language: str) -> None:
    with translation.override(language):
        for code, texts in ERRORS.items():
            blanks = {blank: "7" for text in texts for blank in re.findall(r"%\((\w+)\)s", str(text))}
            said = explain(DomainError(code, field="f", **blanks))
            assert (said.code, said.field) == (code, "f")
            assert "%(" not in said.message + said.remedy


def test_sentences_speak_the_readers_language() -> None:
    with translation.override("id"):
        said = explain(Conflict("slot_full"))
        assert said.message == "Semua kursi slot ini sudah terisi."
        assert "slot" in said.remedy
    with translation.override("en"):
        assert explain(Invalid("hours_range", field="hours_per_week")).message == "Hours a week are between 1 and 40."
        assert explain(NotFound()).code == "not_found"


def test_a_forgotten_blank_does_not_crash() -> None:
    assert "…" in explain(Conflict("slot_not_editable")).message


def test_an_unknown_code_still_gets_a_sentence() -> None:
    said = explain(DomainError("never_heard_of"))
    assert said.message
    assert said.remedy


SOME = {
    "from": 1, "to": 3, "required": 3, "assessed": 1, "status": "gap", "priority": 2.0, "terms": ["arsip"], "place": "Palu",
    "level": 2, "demanding": True, "jp": 30, "jp_left": 20, "hours": 12.0, "hours_free": 8, "competency": "A", "unit": "Dinas Kominfo", "until": "2026-03-01",
    "busy_from": "2026-03-01", "busy_to": "2026-03-09",
}  # fmt: skip


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_reason_and_every_change_has_a_sentence(language: str) -> None:
    assert set(matching.REASONS) == phrases.REASONS
    assert set(matching.CHANGES) == set(ORDER) == phrases.CHANGES
    names = {"A": "Kearsipan"}
    with translation.override(language):
        said = set()
        for code, params in matching.REASONS.items():
            for points in (500, -500):
                told = {name: SOME.get(name) for name in params}
                (line,) = phrases.reason_lines([Reason(code, points, "A", told)], names)
                assert line.text
                assert "%(" not in line.text
                assert line.points == points
        for code, params in matching.CHANGES.items():
            line = phrases.change_line(Change(code, {name: SOME[name] for name in params}, 1), names)
            assert "%(" not in line
            said.add(line)
        assert len(said) == len(matching.CHANGES)


def test_the_strongest_three_are_said_first() -> None:
    reasons = [
        Reason("place_online", 500),
        Reason("text_meaning", -90),
        Reason("text_meaning", 700),
        Reason("level_of_work", 80),
    ]
    reasons.append(Reason("competency_read", 300, "A", {"required": 3}))
    with translation.override("en"):
        assert [line.points for line in phrases.strongest_lines(reasons, {"A": "Archives"})] == [700, 500, 300]
