"""The papers of a placement, as its pages list them."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from placements.models import Placement
from placements.permissions import visible_papers
from placements.states import PaperKind


def papers_of(user: User, row: Placement, *, inside: bool = True) -> dict[str, Any]:
    """Letters and plans the reader may see; ``show_letter``: one was uploaded before papers were numbered here."""
    papers = list(visible_papers(user).filter(placement=row).order_by("kind", "-created_at"))
    numbered = any(paper.kind == PaperKind.LETTER for paper in papers)
    return {"papers": papers, "show_letter": inside and not numbered and row.letter_file_id is not None}
