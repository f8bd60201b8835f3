"""Every pair of colours that meets on a page can be read (WCAG 2.2, AA), in light and in dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLE = (Path(__file__).resolve().parent.parent.parent / "web/static/vendor/padan.css").read_text(encoding="utf-8")
SURFACES = ("paper", "card", "sunken")
TONES = ("primary", "accent", "good", "warn", "bad")
TEXT = (
    [("ink", ground) for ground in (*SURFACES, *(f"{tone}-soft" for tone in TONES))]
    + [("ink-soft", ground) for ground in (*SURFACES, "primary-soft")]
    + [(tone, ground) for tone in TONES for ground in ("paper", "card", f"{tone}-soft")]
    + [("primary", "sunken"), ("primary-strong", "card"), ("primary-strong", "primary-soft")]
    + [("on-primary", "primary"), ("on-primary", "primary-strong")]
    + [("on-bad", "bad"), ("on-bad", "bad-strong"), ("card", "good")]
)
# Own level, required level, hatching, outlines of inputs, the focus ring.
PARTS = [
    ("accent", "card"),
    ("accent", "paper"),
    ("primary", "card"),
    ("primary", "sunken"),
    ("line-strong", "card"),
    ("line-strong", "paper"),
    ("good", "card"),
    ("warn", "card"),
    ("bad", "card"),
]


def tokens(scheme: str) -> dict[str, str]:
    """The colours of one scheme; dark ones are said over the light ones."""
    blocks = re.findall(r"(@media ?\(prefers-color-scheme: ?dark\)\{)?:root\{([^{}]*--padan-[^{}]*)\}", STYLE)
    found: dict[str, str] = {}
    for dark, body in blocks:
        if not dark or scheme == "dark":
            found.update(re.findall(r"--padan-([\w-]+): ?(#[0-9a-fA-F]{3,8})", body))
    return found


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_both_schemes_say_the_same_tokens_differently() -> None:
    light, dark = tokens("light"), tokens("dark")

    assert light.keys() == dark.keys() >= {"ink", "paper", "card", "line", "primary", "accent", "good", "warn", "bad"}
    assert (light["ink"], light["paper"], light["primary"]) == ("#16232b", "#f6f7f5", "#0b5c6b")
    assert (dark["ink"], dark["paper"], dark["primary"]) == ("#e8eef0", "#10181d", "#5cc0cf")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "ground"), TEXT)
def test_text(scheme: str, front: str, ground: str) -> None:
    colours = tokens(scheme)
    assert contrast(colours[front], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "ground"), PARTS)
def test_parts_of_charts_and_controls(scheme: str, front: str, ground: str) -> None:
    colours = tokens(scheme)
    assert contrast(colours[front], colours[ground]) >= 3
