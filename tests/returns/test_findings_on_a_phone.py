"""Are the findings of a state readable on a phone, and still a table on a screen?"""

from __future__ import annotations

import pytest
from browser import broken_rules, chromium, cut_off, opened
from builds import ROUND

from pipeline.project import Project
from pipeline.returns.rules.validated import read_validation

PHONE, SCREEN = 390, 1280


@pytest.fixture(scope="module")
def states(built: Project) -> list[str]:
    """Names of the pages, beginning with the state of most findings."""
    found = [f.state for f in read_validation(built, ROUND).findings]
    names = sorted({s for s in found if s}, key=lambda s: (-found.count(s), s))
    assert len(names) > 8
    return names


@pytest.mark.slow
def test_no_page_is_cut_off_on_a_phone(built: Project, states: list[str]) -> None:
    with chromium() as browser:
        for name in (*states, "index"):
            address = (built.findings(ROUND) / f"{name}.html").as_uri()
            with opened(browser, address, PHONE) as found:
                assert cut_off(found.page) == [], name
                width = found.page.evaluate("document.documentElement.scrollWidth")
                assert width <= PHONE, name


@pytest.mark.slow
def test_each_finding_is_a_card_that_names_what_it_says(built: Project, states: list[str]) -> None:
    address = (built.findings(ROUND) / f"{states[0]}.html").as_uri()
    expected = [f for f in read_validation(built, ROUND).findings if f.state == states[0]]
    with chromium() as browser, opened(browser, address, PHONE) as found:
        cards = found.page.locator("h3 + .scroll tbody tr")
        assert cards.count() == len(expected) > 20
        box = cards.nth(0).bounding_box()
        assert box
        assert box["width"] > 0.85 * PHONE
        said = """() => [...document.querySelectorAll('h3 + .scroll td')]
            .filter(e => e.textContent && getComputedStyle(e, '::before').content === 'none')"""
        assert found.page.evaluate(said) == []
        widths = """() => [...document.querySelectorAll('h3 + .scroll td')]
            .filter(e => /What to do|Found/.test(e.dataset.head)).map(e => e.clientWidth)"""
        assert min(found.page.evaluate(widths)) > 0.75 * PHONE


@pytest.mark.slow
@pytest.mark.parametrize("width", [PHONE, SCREEN])
def test_a_table_stays_a_table_for_who_hears_it(
    built: Project, states: list[str], width: int
) -> None:
    """A table whose rows are shown as cards would be none for a screen reader without its
    roles.
    """
    address = (built.findings(ROUND) / f"{states[0]}.html").as_uri()
    with chromium() as browser, opened(browser, address, width, judged=True) as found:
        assert found.page.get_by_role("table").count() > 2
        assert found.page.get_by_role("columnheader", name="What to do").count() > 0
        assert found.page.get_by_role("cell").count() > 100
        assert broken_rules(found.page) == []
