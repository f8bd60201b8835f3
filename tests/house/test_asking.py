"""What htmx sends while a form is being filled in only asks; the form itself is sent by its own button."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "web" / "templates"


def asking() -> Iterator[tuple[str, str]]:
    """(template, opening tag) of everything that htmx posts."""
    for path in sorted(TEMPLATES.rglob("*.html")):
        for tag in re.findall(
            r"<[a-z][^<>]*?\bhx-post=(?:[^<>]|{{.*?}}|{%.*?%})*?>", path.read_text("utf-8"), re.DOTALL
        ):
            yield str(path.relative_to(TEMPLATES)), tag


def test_there_is_something_to_look_at() -> None:
    assert len(list(asking())) >= 5


@pytest.mark.parametrize(("template", "tag"), list(asking()))
def test_a_question_does_not_use_up_the_form(template: str, tag: str) -> None:
    """It may arrive after the form itself has been taken; with the form's name on it, it would be told off (409)."""
    assert 'hx-params="not sending"' in tag, f"{template}: hx-post without hx-params: {tag}"
