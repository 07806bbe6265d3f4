"""Does the desk say where the round stands, to everybody, and to nobody else?"""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from browser import broken_rules, chromium, cut_off, opened
from builds import REPORTS, ROOT, ROUND

from pipeline.contracts.model import Contracts
from pipeline.desk.gather import gather, place_of_state
from pipeline.desk.page import write_desk
from pipeline.errors import UserError
from pipeline.project import Project

VERSIONS = ("restricted", "public", "partner")
DAY = date(2023, 5, 2)  # on which the desk is looked at


@pytest.fixture(scope="module")
def round_(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The built round in a folder of its own, without its databases."""
    folder = tmp_path_factory.mktemp("desk") / "outputs"
    shutil.copytree(
        built.outputs,
        folder,
        ignore=shutil.ignore_patterns("*.duckdb", "masters", ".running"),
    )
    for manifest in built.outputs.glob("*/masters/*/*/manifest.json"):
        target = folder / manifest.relative_to(built.outputs)
        target.parent.mkdir(parents=True)
        shutil.copyfile(manifest, target)
    return Project(ROOT, folder)


@pytest.fixture(scope="module")
def page(round_: Project, contracts: Contracts) -> Path:
    return write_desk(round_, contracts, round_=ROUND)


def test_every_number_on_the_desk_is_that_of_the_findings_and_manifests(
    round_: Project, contracts: Contracts
) -> None:
    view = gather(round_, contracts, round_=ROUND, versions=VERSIONS, day=DAY)
    found = json.loads((round_.findings(ROUND) / "findings.json").read_text(encoding="utf-8"))
    assert view["counts"]["loaded"] == sum(a["loaded"] for a in found["accounts"])
    assert view["counts"]["query"] == sum(f["severity"] == "query" for f in found["findings"])
    shown = [
        p.short.split()[0]
        for g in view["grids"]
        for row in g["rows"]
        for p in row["places"]
        if p.short
    ]
    assert sum(int(s) for s in shown if s.isdigit()) == view["counts"]["loaded"]
    built = {path.parent for path in round_.outputs.glob(f"{ROUND}/masters/*/*/manifest.json")}
    assert len(built) > 6
    assert [(b["report"], b["version"]) for b in view["builds"]] == [
        (r, v) for r in REPORTS for v in VERSIONS if round_.master_folder(ROUND, r, v) in built
    ]
    for build in view["builds"]:
        folder = round_.version_folder(ROUND, build["report"], build["version"])
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        assert build["pages"] == manifest["build"]["pages"]
        assert manifest["outputs"][build["pdf"]]["sha256"].startswith(build["hash"])
    assert [p["version"] for p in view["proofs"]] == ["public", "partner"]
    assert all(p["holds"] for p in view["proofs"])
    assert view["times"]


@pytest.mark.parametrize(
    ("asked", "sent", "outcome", "queries", "short", "kind"),
    [
        (False, True, None, 0, "", "none"),
        (True, False, None, 0, "missing", "missing"),
        (True, True, {"outcome": "refused", "loaded": 3, "refused": 4}, 1, "refused", "refused"),
        (True, True, {"outcome": "empty", "loaded": 0, "refused": 0}, 0, "–", "empty"),
        (True, True, {"outcome": "loaded", "loaded": 45, "refused": 0}, 0, "45", "accepted"),
        (True, True, {"outcome": "loaded", "loaded": 45, "refused": 0}, 2, "45 ?2", "query"),
    ],
)
def test_a_table_of_a_state_is_accepted_queried_refused_empty_or_missing(
    asked: bool, sent: bool, outcome: dict[str, object] | None, queries: int, short: str, kind: str
) -> None:
    place = place_of_state("Romania", asked, has_sent=sent, outcome=outcome, queries=queries)
    assert (place.short, place.kind) == (short, kind)
    assert place.says.startswith("Romania")


def test_a_proof_about_other_files_is_told(
    round_: Project, contracts: Contracts, tmp_path: Path
) -> None:
    other = Project(ROOT, tmp_path / "outputs")
    shutil.copytree(round_.outputs, other.outputs)
    with other.released(ROUND, "thb", version="public").open("a", encoding="utf-8") as file:
        file.write("\n")
    holds = {
        p["version"]: p["holds"]
        for p in gather(other, contracts, round_=ROUND, versions=VERSIONS, day=DAY)["proofs"]
    }
    assert holds == {"public": False, "partner": True}


def test_a_round_without_a_validation_is_told(project: Project, contracts: Contracts) -> None:
    with pytest.raises(UserError, match="make reports ROUND=2022"):
        write_desk(project, contracts, round_=ROUND)


def test_everything_that_the_desk_links_to_is_there_and_only_its_owner_can_open_it(
    page: Path,
) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [t for t in re.findall(r'href="([^"#]+)"', text) if "data:" not in t]
    assert len(targets) > 25
    assert not [t for t in targets if not (page.parent / t).exists()]
    assert "<script" not in text
    assert "http" not in re.sub(r"http-equiv", "", text)
    assert page.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("width", [1280, 360])
def test_the_desk_is_accessible_works_from_a_file_and_fits_a_phone(page: Path, width: int) -> None:
    with chromium() as browser:
        with opened(browser, page.as_uri(), width) as found:
            assert found.troubles == []
            assert {a for a in found.asked if not a.startswith("data:")} == {page.as_uri()}
            assert found.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            found.page.keyboard.press("Tab")
            assert found.page.evaluate("document.activeElement.className") == "skip"
            reached = set()
            for _ in range(120):
                found.page.keyboard.press("Tab")
                reached.add(
                    found.page.evaluate("document.activeElement.getAttribute('href') || ''")
                )
            assert {
                f"{ROUND}/thb/restricted/selec-thb-{ROUND}-restricted-1.pdf",
                f"{ROUND}/findings/RO.html",
            } <= reached
        with opened(browser, page.as_uri(), width, judged=True) as found:
            assert broken_rules(found.page) == []


def test_on_a_phone_nothing_of_the_desk_is_cut_off_and_times_are_folded(page: Path) -> None:
    with chromium() as browser, opened(browser, page.as_uri(), 390) as found:
        fold = found.page.locator("#speed + details")
        assert not fold.locator("table").is_visible()
        fold.locator("summary").click()
        assert fold.locator("tbody tr").count() > 3
        assert cut_off(found.page) == []
        heads = "[...document.querySelectorAll('.narrow td')].map(e => e.dataset.head)"
        assert {"Queries", "RO"} <= set(found.page.evaluate(heads))
