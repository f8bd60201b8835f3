"""Every page of the URLconf in one walk: on a phone and at 200% zoom, for every reader, under the strict headers.

The pages come from tests/house/tour.py: a new one is walked without a line here.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.house.tour import Tour

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

Visitor = Callable[..., Page]
# Whatever the browser forbids is told to the console, and errors there fail the test (conftest.py).
LISTENER = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`forbidden: ${event.violatedDirective} ${event.blockedURI}`));"""
ZOOMED = {"width": 640, "height": 450}  # what a desk of 1280 × 900 shows at 200%
PHONE = {"width": 360, "height": 740}
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
AXE = "options => axe.run(document, options).then(found => found.violations.map(one => [one.id, one.nodes.map(n => n.html)]))"
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


def problems(page: Page) -> list[str]:
    """What is wrong with the page that is open: too wide, or hard to use for somebody."""
    found = []
    for size, name in ((ZOOMED, "at 200%"), (PHONE, "on a phone")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        if (pixels := page.evaluate(WIDER)) > 0:
            found.append(f"{pixels} px too wide {name}")
    page.evaluate(Axe().axe_script)
    return found + [f"{rule}: {nodes[:2]}" for rule, nodes in page.evaluate(AXE, RULES)]


@pytest.mark.timeout(600)
def test_every_page_fits_and_everyone_can_use_it(visitor: Visitor) -> None:
    places, missing = Tour().places()
    assert missing == [], "\n".join(missing)
    seats: dict[int | None, Page] = {}
    wrong: dict[str, list[str]] = {}
    for place in places:
        key = place.user.pk if place.user else None
        if key not in seats:
            seats[key] = visitor(place.user, phone=True)
            seats[key].add_init_script(LISTENER)
        page = seats[key]
        answer = page.goto(place.address)
        assert answer is not None
        if answer.status != 200:
            wrong[place.name] = [f"answered {answer.status}"]
        elif found := problems(page):
            wrong[place.name] = found
    assert not wrong, "\n".join(f"{name}: {line}" for name, lines in wrong.items() for line in lines)


def test_what_the_headers_forbid_is_seen(page: Page, console: list[str]) -> None:
    """The twin: a script and a style that stand in the page itself."""
    page.add_init_script(LISTENER)
    page.goto("/privacy/")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: '1'}))")
    page.evaluate("document.body.append(Object.assign(document.createElement('style'), {textContent: 'p {}'}))")
    page.wait_for_timeout(100)
    told = {line.split("forbidden: ")[1].split()[0] for line in console if "forbidden: " in line}
    assert told == {"script-src-elem", "style-src-elem"}
    console.clear()
