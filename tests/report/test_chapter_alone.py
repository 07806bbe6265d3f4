"""Is a chapter that is looked at alone the one that stands in its report, and does its
page need nothing else?
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from builds import EVERY_VERSION_OF_STATES, ROOT, ROUND

from pipeline.errors import NarrativeError, UserError
from pipeline.numbers.stored_tables import StoredFact
from pipeline.project import Project
from pipeline.release.order import charts_path
from pipeline.report.charts.remembered import read_charts
from pipeline.report.document.compose import build_document, read_definition
from pipeline.report.document.preview import (
    MARK,
    PAGE,
    PRINT,
    build_preview,
    write_chapter,
)
from pipeline.report.printing import Printing

TEMPLATES = ROOT / "templates"
META = [
    StoredFact("round", str(ROUND)),
    StoredFact("cutoff", "2023-03-31"),
    StoredFact("sent_suppressed", "1"),
    StoredFact("withheld_suppressed", "0"),
]
CELLS = "key | value\n" + "\n".join(
    f"THB_VICTIMS:{state}.{year}.{codes} | {value + year - 2018}"
    for year in range(2018, 2023)
    for state, value in (("BG", 600), ("GR", 150), ("RO", 500))
    for codes in ("_T._T", "F._T", "M._T")
)
CELLS += "".join(
    f"\nPOPULATION:{state}.{year} | 7000000"
    for state in ("BG", "GR", "RO")
    for year in range(2018, 2023)
)
StoreOf = Callable[..., Printing]


@pytest.fixture
def small_store(store: StoreOf) -> StoreOf:
    """The figures of three states, of which every chapter can be written."""
    return lambda version="restricted": store(CELLS, version=version, meta=META)


class Links(HTMLParser):
    """What a page names: ids, and what its attributes and styles would open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.opened: list[str] = re.findall(r"url\(['\"]?([^'\")]+)", html)
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.add(value or "")
            if name in ("href", "src", "xlink:href", "data", "action", "srcset"):
                self.opened.append(value or "")


def chapters_of(report: str, version: str) -> tuple[str, ...]:
    return read_definition(TEMPLATES, report, version=version).chapters


def alone(store: Printing, chapter: str, templates: Path = TEMPLATES) -> str:
    definition = read_definition(templates, store.report, version=store.version)
    return write_chapter(store, templates, definition=definition, chapter=chapter)[1]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("version", ["restricted", "public"])
def test_every_chapter_alone_is_the_one_in_the_report(small_store: StoreOf, version: str) -> None:
    """Texts, numbers of chapters, tables and figures, drawings, and what annexes tell of
    all that was printed before them.
    """
    whole = build_document(small_store(version), TEMPLATES)
    names = chapters_of("thb", version)
    assert len(names) == len(whole.parts.chapters) > 8
    for name, chapter in zip(names, whole.parts.chapters, strict=True):
        assert alone(small_store(version), name) == chapter, name
    assert sum("data:image/svg" in chapter for chapter in whole.parts.chapters) >= 1


@pytest.mark.sampled(9)
@pytest.mark.slow
@pytest.mark.parametrize(("report", "version"), EVERY_VERSION_OF_STATES)
def test_so_it_is_over_the_figures_of_the_round(built: Project, report: str, version: str) -> None:
    path = built.store(ROUND, report, version)
    names = chapters_of(report, version)
    # As a build that finds its drawings kept: drawing them anew is tested above.
    charts = read_charts(charts_path(built, ROUND, report, version))
    assert charts.known

    def opened() -> Printing:
        from pipeline.contracts.model import load_contracts

        contracts = load_contracts(built.contracts)
        return Printing(path, contracts, report=report, version=version, charts=charts)

    whole = build_document(opened(), TEMPLATES)
    # The first, those that all reports share, one with charts, and the last.
    for name in {names[0], "countries", names[len(names) // 2], "sources", names[-1]}:
        if name in names:
            assert alone(opened(), name) == whole.parts.chapters[names.index(name)], name


def test_only_the_charts_of_the_chapter_are_drawn(small_store: StoreOf) -> None:
    names = chapters_of("thb", "restricted")
    drawn = 0
    for name in (names[-1], "profile"):
        printing = small_store()
        figures = alone(printing, name).count('src="data:image/svg')
        assert len(printing.charts.asked) == figures
        drawn += figures
    assert drawn


def test_a_fault_in_another_chapter_stops_nothing(small_store: StoreOf, tmp_path: Path) -> None:
    """One before it and one after it; in the chapter itself it is told."""
    templates = Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))
    narrative = templates / "thb" / "narrative"
    names = [n for n in chapters_of("thb", "restricted") if (narrative / f"{n}.md").is_file()]
    before, here, after = names[0], names[len(names) // 2], names[-1]
    right = alone(small_store(), here)
    for name in (before, after):
        path = narrative / f"{name}.md"
        path.write_text(re.sub(r"(?m)^# .*$", r"\g<0>\n\nIt was 12345.", path.read_text("utf-8")))
    assert alone(small_store(), here, templates) == right
    for name in (before, after):
        with pytest.raises(NarrativeError):
            alone(small_store(), name, templates)


@pytest.mark.parametrize("chapter", ["", "drugs", "Summary", "../thb/summary", "summary\n"])
def test_a_chapter_that_there_is_not_is_told_with_those_that_there_are(
    small_store: StoreOf, chapter: str
) -> None:
    with pytest.raises(UserError) as told:
        build_preview(small_store("public"), TEMPLATES, chapter)
    assert told.value.allowed == ", ".join(chapters_of("thb", "public"))


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_the_page_is_marked_and_needs_nothing_else(small_store: StoreOf, place: str) -> None:
    names = chapters_of("thb", "restricted")
    chapter = {"first": names[0], "middle": names[4], "last": names[-1]}[place]
    pages = build_preview(small_store(), TEMPLATES, chapter)
    found = Links(pages[PAGE])
    assert f"<strong>{MARK}</strong>" in pages[PAGE]
    assert found.opened
    assert all(o.startswith("data:") or o.removeprefix("#") in found.ids for o in found.opened)
    assert not found.tags & {"link", "script", "iframe", "img", "object", "form", "base"}
    assert MARK in pages[PRINT]
    links = [o for o in Links(pages[PRINT]).opened if o.startswith("#")]
    assert set(links) <= {f"#{id_}" for id_ in Links(pages[PRINT]).ids}


def test_a_link_to_another_chapter_leads_nowhere(small_store: StoreOf, tmp_path: Path) -> None:
    """The whole report has its end; a chapter alone would stop the page from being made."""
    templates = Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))
    name = "victims"
    path = templates / "thb" / "chapters" / f"{name}.html.j2"
    links = '<p id="here"><a href="#elsewhere">there</a> <a href="#here">here</a></p>'
    path.write_text(path.read_text("utf-8") + links, encoding="utf-8")
    page = build_preview(small_store(), templates, name)[PRINT]
    assert "<a>there</a>" in page
    assert '<a href="#here">here</a>' in page
