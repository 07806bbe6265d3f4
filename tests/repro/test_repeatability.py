"""Do the same returns give the same bytes anywhere, and does make build again only what
a change asks for?
"""

from __future__ import annotations

from pathlib import Path

import pytest
from builds import REPORTS, ROUND, VERSIONS, files_of
from elsewhere import Elsewhere

from pipeline.project import Project

pytestmark = pytest.mark.slow
EACH = [(r, v) for r in REPORTS for v in VERSIONS]


@pytest.mark.parametrize(("report", "version"), EACH, ids=[f"{r}-{v}" for r, v in EACH])
def test_another_folder_user_time_zone_and_language_give_the_same_bytes(
    built: Project, elsewhere: Elsewhere, report: str, version: str
) -> None:
    here, there = (
        files_of(p.version_folder(ROUND, report, version)) for p in (built, elsewhere.first)
    )
    assert set(here) == set(there)
    for name in sorted(here, reverse=True):
        assert here[name].read_bytes() == there[name].read_bytes(), name


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


def test_corrected_returns_render_only_the_versions_whose_cells_changed(
    elsewhere: Elsewhere,
) -> None:
    """A figure of a table that only the migration report prints, and a note that only
    the restricted version prints.
    """
    planned = elsewhere.steps["planned after returns were corrected"]
    assert "the restricted store changed" in planned["thb restricted"]
    assert "the restricted store changed" in planned["migration restricted"]
    assert "the public store changed" in planned["migration public"]
    # Where its figures stay, a version is looked at for what covers say now.
    for report in ("thb", "octa"):
        assert "what covers say changed" in planned[f"{report} public"]
        assert "the public store changed" not in planned[f"{report} public"]
    assert "validate 2021" not in planned
