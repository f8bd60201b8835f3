"""What a page loads: small, ours, complete."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import django_htmx
import pytest
from django.contrib.staticfiles import finders

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VENDOR = BASE_DIR / "web" / "static" / "vendor"
SPRITE = set(re.findall(r'<symbol id="([\w-]+)"', (VENDOR / "icons.svg").read_text(encoding="utf-8")))
TEMPLATES = sorted(BASE_DIR.glob("*/templates/**/*.html"))
BUDGET = 100_000  # bytes over the wire for the first page: style, script, htmx and font


def test_a_first_visit_stays_within_the_budget() -> None:
    htmx = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"
    sizes = {
        path.name: len(gzip.compress(path.read_bytes(), 9))
        for path in (VENDOR / "padan.css", VENDOR / "padan.js", htmx)
    }
    # A woff2 file is compressed already.
    sizes["font"] = (VENDOR / "plus-jakarta-sans.woff2").stat().st_size

    assert sum(sizes.values()) <= BUDGET, sizes


@pytest.mark.parametrize("path", sorted(VENDOR.glob("*.css")), ids=lambda path: path.name)
def test_styles_load_only_files_beside_them(path: Path) -> None:
    style = path.read_text(encoding="utf-8")
    loaded = re.findall(r"url\(\s*[\"']?([^\"')]+)", style)

    assert loaded, "the style names its font and its select arrows"
    assert all((VENDOR / name).is_file() for name in loaded), loaded
    assert "@import" not in style
    assert "sourceMappingURL" not in style


@pytest.mark.parametrize("path", sorted(VENDOR.glob("*.js")), ids=lambda path: path.name)
def test_scripts_name_nothing_to_load(path: Path) -> None:
    script = path.read_text(encoding="utf-8")

    assert not re.search(r"""(?:\bimport\s*\(|\bimportScripts\(|\bfetch\(|\.src\s*=)\s*["'`]""", script)
    assert not re.search(r"\beval\(|new Function\(", script)
    assert "sourceMappingURL" not in script


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(BASE_DIR)))
def test_templates_load_nothing_from_outside_and_nothing_inline(path: Path) -> None:
    source = re.sub(r"{% comment %}.*?{% endcomment %}", "", path.read_text(encoding="utf-8"), flags=re.S)

    assert not re.search(r"""\b(?:src|href|action|hx-\w+)\s*=\s*["'](?:https?:)?//""", source)
    assert not re.search(r"<[^>]*\s(?:style|on[a-z]+|hx-on[\w:-]*)=", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|javascript:|hx-vals=[\"']js:", source)


def test_every_icon_a_template_names_is_in_the_sprite() -> None:
    named = {
        (path.name, name)
        for path in TEMPLATES
        for name in re.findall(
            r"""{%\s*icon\s+["']([\w-]+)["']|\b(?:kind_|trend_)?icon=["']([\w-]+)["']""", path.read_text()
        )
        for name in name
        if name
    }

    assert named
    assert {(file, name) for file, name in named if name not in SPRITE} == set()


def test_every_icon_the_code_names_is_in_the_sprite() -> None:
    from partners.kinds import all_kinds
    from web.nav import PLACES
    from web.templatetags.padan import STATUS_LOOK, TONE_ICONS

    named = {icon for _, icon in STATUS_LOOK.values()} | set(TONE_ICONS.values())
    named |= {place.icon for place in PLACES} | {kind.icon for kind in all_kinds()}

    assert named - SPRITE == set()


def test_what_is_vendored_says_its_version_and_licence() -> None:
    versions = (VENDOR / "VERSIONS").read_text(encoding="utf-8")

    for name in ("bootstrap", "bootstrap-icons", "@popperjs/core", "@fontsource-variable/plus-jakarta-sans"):
        assert re.search(rf"^{re.escape(name)} \d+\.\d+\.\d+ \((MIT|OFL-1\.1)\)$", versions, re.M), name
    assert {path.name for path in VENDOR.glob("LICENSE-*")} == {
        "LICENSE-bootstrap.txt",
        "LICENSE-bootstrap-icons.txt",
        "LICENSE-plus-jakarta-sans.txt",
        "LICENSE-popper.txt",
    }


def test_files_of_the_base_page_exist() -> None:
    base = (BASE_DIR / "web" / "templates" / "base_plain.html").read_text() + (
        BASE_DIR / "web" / "templates" / "base.html"
    ).read_text()

    names = re.findall(r"""{% static '([^']+)' %}""", base)
    assert len(names) >= 4
    assert [name for name in names if not finders.find(name)] == []
