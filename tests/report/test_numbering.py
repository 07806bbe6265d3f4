"""Which number do a chapter, an annex and a section get?"""

from __future__ import annotations

from pipeline.report.document.compose import Numbering


def test_sections_begin_anew_in_each_chapter_and_annex() -> None:
    numbering = Numbering()
    given = [
        numbering.next_chapter(),
        numbering.next_section(),
        numbering.next_section(),
        numbering.next_chapter(),
        numbering.next_section(),
        numbering.next_annex(),
        numbering.next_section(),
        numbering.next_annex(),
        numbering.next_section(),
        numbering.next_section(),
    ]
    assert given == ["1", "1.1", "1.2", "2", "2.1", "A", "A.1", "B", "B.1", "B.2"]


def test_two_reports_are_numbered_each_on_its_own() -> None:
    assert [Numbering().next_chapter(), Numbering().next_chapter()] == ["1", "1"]
