"""No code outside a kind's own file asks for its name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from partners.kinds import all_kinds

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("config", "web", "incentives", "placements", "matching", "mentors", "partners", "asn", "accounts", "core")
CODES = frozenset(kind.code for kind in all_kinds())
OWN = {ROOT / "partners" / "kinds" / f"{code}.py" for code in CODES}
# Where a code may stand as a word of data: examples in the API's document, the gallery, made-up worlds, a word list.
AS_DATA = ("partners/schemas.py", "web/views/gallery.py", "web/demo/", "matching/engine/workload.py")


def branches(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, code) wherever code compares with a kind's code, matches it, or looks something up by it."""
    for node in ast.walk(tree):
        asked: list[ast.AST] = []
        if isinstance(node, ast.Compare):
            asked = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            asked = [node.value]
        elif isinstance(node, ast.Subscript):
            asked = [node.slice]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("startswith", "endswith", "get_kind"):
            asked = list(node.args)
        for part in asked:
            for leaf in ast.walk(part):
                if isinstance(leaf, ast.Constant) and leaf.value in CODES:
                    yield leaf.lineno, str(leaf.value)


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, code) wherever a kind's code stands as a string of its own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in CODES:
            yield node.lineno, node.value


def product() -> Iterator[tuple[str, ast.AST]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if path not in OWN and "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def test_no_code_branches_on_a_kind() -> None:
    found = [f"{name}:{line} {code}" for name, tree in product() for line, code in branches(tree)]
    assert found == []


def test_no_code_names_a_kind_but_as_data() -> None:
    found = [
        f"{name}:{line} {code}"
        for name, tree in product()
        if not name.startswith(AS_DATA)
        for line, code in names(tree)
    ]
    assert found == []


def test_no_template_branches_on_a_kind() -> None:
    quoted = re.compile("|".join(rf"[\"']{code}[\"']" for code in sorted(CODES)))
    found = [
        f"{path.relative_to(ROOT)}: {tag}"
        for path in sorted((ROOT / "web" / "templates").rglob("*.html"))
        for tag in re.findall(r"{%.*?%}|{{.*?}}", path.read_text(encoding="utf-8"))
        if "translate" not in tag and quoted.search(tag)
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "x = 1 if slot.kind == 'workshop' else 2",
        "if kind in ('internship', other): pass",
        "hours = {'a': 1}['mentoring']",
        "match kind:\n    case 'shadowing': pass",
    ],
)
def test_the_scan_sees_a_branch(code: str) -> None:
    assert list(branches(ast.parse(code)))


def test_each_kind_is_a_file_of_its_name() -> None:
    assert all(path.exists() for path in OWN)
