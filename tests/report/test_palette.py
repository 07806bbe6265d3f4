"""Can everybody read the colours? Contrast by WCAG, distances for the colour-blind,
order in grey.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from math import dist

import pytest
from builds import REPORTS, ROOT

from pipeline.contracts.definitions import read_report_file
from pipeline.report.charts.palette import (
    CLASSES,
    FILLS,
    GREY,
    INK,
    LAND,
    LINE_COLOURS,
    PAPER,
    VERSIONS,
    contrast_on_paper,
    cover_colours,
    ink_on,
    page_colours,
    ramp,
)

READABLE = 4.5  # WCAG 2, level AA, for text
APART = 10.0  # CIE 1976 colour difference; from about 2 on two colours beside each other differ
Triple = tuple[float, float, float]
# What a reader without red (protan) or green (deutan) cones sees of linear colours:
# Machado and others, 2009.
SIGHTS: dict[str, tuple[Triple, Triple, Triple]] = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}


def linear(colour: str) -> Triple:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    one, two, three = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)
    )
    return one, two, three


def luminance(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def lab(colour: str, sight: str = "usual") -> Triple:
    """CIE L*a*b* of a colour as a reader sees it."""
    seen = linear(colour)
    red, green, blue = (
        min(1.0, max(0.0, sum(part * value for part, value in zip(row, seen, strict=True))))
        for row in SIGHTS[sight]
    )
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    a, b, c = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * b - 16, 500 * (a - b), 200 * (b - c)


def colour_of(report: str) -> str:
    return read_report_file(ROOT / "templates", report).colour


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("version", VERSIONS)
def test_every_text_of_a_page_has_contrast_enough(report: str, version: str) -> None:
    colours = page_colours(colour_of(report), version)
    for name in ("ink", "grey", "accent", "deep", "marking"):
        for ground in (PAPER, colours["tint"]):
            assert contrast(colours[name], ground) >= READABLE, (name, ground)
    assert contrast(PAPER, colours["marking"]) >= READABLE  # the marking on the cover
    ground, _, _ = cover_colours(colour_of(report), version)
    assert contrast(colours["accent"] if version == "public" else PAPER, ground) >= READABLE


@pytest.mark.parametrize("colour", ["#5a2a62", "#767676", "#000000", "#ffffff", "#0a0b0c"])
def test_the_lint_measures_contrast_as_it_is_measured_here(colour: str) -> None:
    assert contrast_on_paper(colour) == pytest.approx(contrast(PAPER, colour))


@pytest.mark.parametrize("colour", [INK, GREY, *LINE_COLOURS])
def test_every_text_of_a_chart_has_contrast_enough(colour: str) -> None:
    assert contrast(colour, PAPER) >= READABLE


def test_a_name_on_a_map_has_contrast_enough() -> None:
    for place, colour in enumerate(CLASSES):
        assert contrast(PAPER if place >= 3 else INK, colour) >= READABLE
    assert contrast(INK, LAND) >= READABLE


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize(
    "colours", [LINE_COLOURS, FILLS, CLASSES], ids=["lines", "fills", "classes"]
)
def test_colours_of_one_chart_are_apart_for_every_reader(
    colours: Sequence[str], sight: str
) -> None:
    near = min(
        (dist(lab(one, sight), lab(other, sight)), one, other)
        for one, other in combinations(colours, 2)
    )
    assert near[0] >= APART, near


@pytest.mark.parametrize("colours", [FILLS, CLASSES[::-1]], ids=["fills", "classes"])
def test_areas_are_ordered_in_grey(colours: Sequence[str]) -> None:
    steps = [after - before for before, after in pairwise(lab(colour)[0] for colour in colours)]
    assert min(steps) >= 7, steps


def test_versions_cannot_be_taken_for_each_other() -> None:
    for report in REPORTS:
        assert luminance(cover_colours(colour_of(report), "public")[0]) > 0.9
        assert luminance(cover_colours(colour_of(report), "restricted")[0]) < 0.1
    for one, other in combinations(VERSIONS.values(), 2):
        assert min(dist(lab(one, sight), lab(other, sight)) for sight in SIGHTS) >= APART


@pytest.mark.parametrize("count", range(2, 10))
def test_words_are_read_on_every_step_of_a_scale_and_steps_keep_their_order_in_grey(
    count: int,
) -> None:
    colours = ramp(count)
    assert len(set(colours)) == count
    for ground in colours:
        one, other = sorted((luminance(ground), luminance(ink_on(ground))), reverse=True)
        assert (one + 0.05) / (other + 0.05) >= READABLE
    assert all(luminance(a) > luminance(b) for a, b in pairwise(colours))
