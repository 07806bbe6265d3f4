"""Can everybody read the page of a public report? In Chromium, wide and narrow, with
axe-core, without a network.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import broken_rules, chromium, opened
from builds import OF_STATES, REPORTS, ROUND

from pipeline.project import Project
from pipeline.report.open_data.grids import machine

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow

# Lines of a table as texts without footnote marks; lines that only head others are left
# out, as in the CSV.
READ_TABLES = """() => [...document.querySelectorAll('table')].map(table => ({
  id: table.id.replace(/-data$/, ''),
  lines: [...table.tBodies[0].rows].filter(row => row.cells.length > 1)
    .map(row => [...row.cells].map(cell => {
    const copy = cell.cloneNode(true);
    copy.querySelectorAll('sup').forEach(mark => mark.remove());
    return copy.textContent.trim();
  })),
}))"""
FOCUSED = "() => document.activeElement.getAttribute('href') || document.activeElement.tagName"


@pytest.fixture(scope="module")
def browser(built: Project) -> Iterator[Browser]:
    with chromium() as started:
        yield started


def page_of(built: Project, report: str) -> Path:
    return built.version_folder(ROUND, report, "public") / "html" / "index.html"


@pytest.mark.sampled(2)
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("report", REPORTS)
def test_no_rule_of_axe_is_broken(
    built: Project, browser: Browser, report: str, width: int
) -> None:
    with opened(browser, page_of(built, report).as_uri(), width, judged=True) as shown:
        shown.page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true })")
        # Colours are the same at any width, and take most of the time.
        assert broken_rules(shown.page, without=() if width > 1000 else ("color-contrast",)) == []


def test_axe_finds_what_is_broken(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text(
        "<title>x</title><main style='color: #ccc'>pale <svg role='img'></svg></main>",
        encoding="utf-8",
    )
    with opened(browser, page.as_uri(), judged=True) as shown:
        found = {line.split(":")[0] for line in broken_rules(shown.page)}
    assert {"html-has-lang", "svg-img-alt", "color-contrast"} <= found


@pytest.mark.parametrize("report", REPORTS)
def test_nothing_is_fetched_from_elsewhere_and_nothing_is_refused(
    built: Project, browser: Browser, report: str
) -> None:
    page = page_of(built, report)
    with opened(browser, page.as_uri()) as shown:
        shown.page.evaluate("() => document.fonts.ready")
        assert shown.troubles == []
        assert shown.asked
        assert all(a.startswith(page.parent.as_uri() + "/") for a in shown.asked), shown.asked
        assert shown.page.evaluate(
            "() => [...document.fonts].some(face => face.status === 'loaded')"
        )


@pytest.mark.parametrize("report", REPORTS)
def test_a_narrow_screen_needs_no_scrolling_sideways(
    built: Project, browser: Browser, report: str
) -> None:
    with opened(browser, page_of(built, report).as_uri(), 320) as shown:
        assert shown.page.evaluate("() => document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("report", OF_STATES)
def test_each_download_holds_the_table_beside_it(
    built: Project, browser: Browser, report: str
) -> None:
    page = page_of(built, report)
    with opened(browser, page.as_uri()) as shown:
        tables = shown.page.evaluate(READ_TABLES)
        linked = shown.page.eval_on_selector_all(
            ".download a", "all => all.map(a => a.getAttribute('href'))"
        )
    assert len(tables) > 10
    assert linked == [f"tables/{table['id']}.csv" for table in tables]
    for table in tables:
        with (page.parent / "tables" / f"{table['id']}.csv").open(
            encoding="utf-8", newline=""
        ) as file:
            heads, *lines = list(csv.reader(file))
        first = 1 if heads[0] == "Group" else 0
        for line, printed in zip(lines, table["lines"], strict=True):
            assert [_bare(c) for c in line[first : first + len(printed)]] == [
                machine(c) for c in printed
            ]


def test_every_download_is_reached_with_the_keyboard_in_the_order_of_the_page(
    built: Project, browser: Browser
) -> None:
    with opened(browser, page_of(built, "thb").as_uri()) as shown:
        wanted = shown.page.eval_on_selector_all(
            "a[download]", "all => all.map(a => a.getAttribute('href'))"
        )
        reached = []
        shown.page.keyboard.press("Tab")
        assert shown.page.evaluate(FOCUSED) == "#report"  # the link past all others comes first
        for _ in range(400):
            shown.page.keyboard.press("Tab")
            focused = shown.page.evaluate(FOCUSED)
            if focused == "BODY" or focused == "#report":
                break
            reached.append(focused)
        assert [f for f in reached if re.search(r"\.\w+$", f)] == wanted


def _bare(text: str) -> str:
    """A text of a CSV without the apostrophe that keeps spreadsheets from running it."""
    return text[1:] if text.startswith("'") else text
