"""Does the name of each chapter stand in one line at the head of its pages, in words of
its title?
"""

from __future__ import annotations

import re

import pytest
from builds import ROOT

from pipeline.inspection.readback.words import compact, shortens
from pipeline.report.charts.sheet import text_width

_HEADING = re.compile(
    # `judged` opens the chapter of a crime area in the book of a meeting
    r'\{\{-? *(chapter|annex|judged)\("[\w-]+", "([^"]+)"(?:, running="([^"]+)")?\) *-?\}\}'
)
_WIDTHS = (174.0, 0.215)  # millimetres of text on a page, the part of it that is the head's
_SIZE = 7.5  # points
FOUND = [
    (path.relative_to(ROOT).as_posix(), *heading)
    for path in sorted((ROOT / "templates").glob("*/chapters/*.j2"))
    for heading in _HEADING.findall(path.read_text(encoding="utf-8"))
]


def test_every_chapter_is_met() -> None:
    texts = [p.read_text("utf-8") for p in (ROOT / "templates").glob("*/chapters/*.j2")]
    named = r'\{\{-? *(?:(?:chapter|annex)\("[\w-]+"|judged\("\w+"), "'
    assert len(FOUND) == sum(len(re.findall(named, t)) for t in texts)
    assert len(FOUND) > 40


@pytest.mark.parametrize(("path", "kind", "title", "running"), FOUND)
def test_the_head_of_a_page_is_one_line_of_the_title(
    path: str, kind: str, title: str, running: str
) -> None:
    number = "Annex D" if kind == "annex" else "28"
    room, part = _WIDTHS
    said = f"{number} {running or title}"
    assert text_width(said, _SIZE) <= room * part, f"{path}: give it running="
    assert shortens(said, compact(f"{number} {title}")), path


def test_the_style_sheet_gives_this_room() -> None:
    css = (ROOT / "templates" / "shared" / "report.css").read_text(encoding="utf-8")
    head = css[css.index("@top-left") :].split("}")[0]
    assert f"width: {_WIDTHS[1]:.1%}" in head
    assert f"font-size: {_SIZE}pt" in css[css.index("@page {") : css.index("@top-left")]
