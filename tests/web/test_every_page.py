"""Every page of the URLconf, asked with and without htmx and in both languages (tests/house/tour.py knows the pages)."""

from __future__ import annotations

import gettext
import html
import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.house.tour import Place, Tour
from tests.web.elements import tree_of

pytestmark = pytest.mark.django_db

# Sentences long enough to stand for their language, without a place for a value.
LONG, PLACE = 28, re.compile(r"[%{}]")


def sentences() -> dict[str, str]:
    """English sentences with their Indonesian ones."""
    with (Path(settings.BASE_DIR) / "locale/id/LC_MESSAGES/django.mo").open("rb") as file:
        catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    pairs = {str(k).rpartition("\x04")[2]: v for k, v in catalogue.items() if isinstance(k, str)}
    return {
        english: indonesian
        for english, indonesian in pairs.items()
        if len(english) > LONG and len(indonesian) > LONG and english != indonesian and not PLACE.search(english)
    }


def words_of(page: str) -> str:
    """What is read on a page, in one line."""
    return " ".join(html.unescape(re.sub(r"<(style|script)\b.*?</\1>|<[^>]+>", " ", page, flags=re.S)).split())


def problems(place: Place, pairs: dict[str, str]) -> list[str]:
    """What is wrong with the answers of one page."""
    found = []
    texts = {}
    for language in ("id", "en"):
        page = place.get(**{"Accept-Language": language}).content.decode()
        if f'<html lang="{language}"' not in page:
            found.append(f"is not in {language}")
        texts[language] = words_of(page)
    found += [f"in English says “{said}”" for said in pairs.values() if said in texts["en"]]
    found += [f"in Indonesian says “{said}”" for said in pairs if said in texts["id"]]
    answer = place.get(**{"Accept-Language": "id", "HX-Request": "true"})
    part = answer.content.decode()
    if "<html" in part:
        return found  # it has no part of its own
    if "HX-Request" not in answer.headers.get("Vary", ""):
        found.append("answers htmx otherwise without Vary: HX-Request")
    whole = place.get(**{"Accept-Language": "id"}).content.decode()
    box = next((one["id"] for one in tree_of(part).all() if one["id"]), "")
    if tree_of(whole).by_id(box) is None:
        found.append(f"gives htmx #{box}, which the whole page has not")
    return found


def test_every_page_speaks_one_language_and_gives_htmx_a_part_of_itself() -> None:
    places, missing = Tour().places()
    assert missing == [], "\n".join(missing)
    pairs = sentences()
    assert len(pairs) > 500
    wrong = {place.name: found for place in places if (found := problems(place, pairs))}
    assert not wrong, "\n".join(f"{name} {line}" for name, lines in wrong.items() for line in lines)
