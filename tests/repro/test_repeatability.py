"""Do the same returns give the same bytes anywhere, and does make build again only what
a change asks for?
"""

from __future__ import annotations

from pathlib import Path

import pytest
from builds import REPORTS, ROUND, VERSIONS, copy_project, files_of, run_make
from elsewhere import REPORT, SURROUNDINGS, Elsewhere

from pipeline.project import Project

pytestmark = pytest.mark.slow
OTHERS = tuple(report for report in REPORTS if report != REPORT)


def assert_same_bytes(built: Project, other: Project, report: str, version: str) -> None:
    here, there = (files_of(p.version_folder(ROUND, report, version)) for p in (built, other))
    assert here
    assert set(here) == set(there)
    for name in sorted(here, reverse=True):
        assert here[name].read_bytes() == there[name].read_bytes(), name


@pytest.mark.parametrize("version", VERSIONS)
def test_another_folder_user_time_zone_and_language_give_the_same_bytes(
    built: Project, elsewhere: Elsewhere, version: str
) -> None:
    assert_same_bytes(built, elsewhere.first, REPORT, version)


@pytest.mark.thorough
def test_so_do_the_other_reports(built: Project, tmp_path: Path) -> None:
    root = copy_project(tmp_path / "copy")
    run_make("reports", f"REPORTS={' '.join(OTHERS)}", root=root, environment=SURROUNDINGS)
    for report in OTHERS:
        for version in VERSIONS:
            assert_same_bytes(built, Project(root), report, version)


@pytest.mark.parametrize("report", REPORTS)
def test_the_stores_are_the_same_too(built: Project, elsewhere: Elsewhere, report: str) -> None:
    for version in VERSIONS:
        hashes = {
            p.store(ROUND, report, version).with_suffix(".sha256").read_text()
            for p in (built, elsewhere.first)
        }
        assert len(hashes) == 1, version


def test_the_findings_are_the_same_too(built: Project, elsewhere: Elsewhere) -> None:
    for page in filter(Path.is_file, built.findings(ROUND).iterdir()):
        assert page.read_bytes() == (elsewhere.first.findings(ROUND) / page.name).read_bytes(), (
            page.name
        )


def test_a_second_make_writes_nothing(elsewhere: Elsewhere) -> None:
    assert elsewhere.steps["written by a second make"] == []


def test_a_changed_text_renders_the_two_versions_of_its_report(elsewhere: Elsewhere) -> None:
    assert elsewhere.steps["planned after a text was touched"] == {}


def test_a_corrected_figure_changes_the_stores_that_print_it_and_no_other(
    elsewhere: Elsewhere,
) -> None:
    """A figure of a table that only the migration report prints, and a note that only
    restricted versions print.
    """
    changed = {
        (report, version)
        for report in REPORTS
        for version in VERSIONS
        if len(
            {
                p.store(ROUND, report, version).with_suffix(".sha256").read_text()
                for p in (elsewhere.first, elsewhere.last)
            }
        )
        == 2
    }
    assert {(r, v) for r, v in changed if v == "public"} == {("migration", "public")}
    assert changed >= {("thb", "restricted"), ("migration", "restricted")}


def test_corrected_returns_render_only_the_versions_whose_cells_changed(
    elsewhere: Elsewhere,
) -> None:
    planned = elsewhere.steps["planned after returns were corrected"]
    assert "the restricted store changed" in planned["thb restricted"]
    # Where its figures stay, a version is looked at for what covers say now.
    assert "what covers say changed" in planned["thb public"]
    assert "the public store changed" not in planned["thb public"]
    assert "validate 2021" not in planned
