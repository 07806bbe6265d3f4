"""Where does a case land that is cleared for some? One of each clearance is told in every
version, and all that the versions hold is searched.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import duckdb
import pikepdf
import pypdfium2
import pytest
from builds import ROOT, copy_tree, once, shared_folder
from here import run_here
from small_project import SMALL_ROUND, keep_chapters, small_project

from pipeline.contracts.model import load_contracts
from pipeline.inspection.explain.printed import explain_reference, lines
from pipeline.inspection.leaks.secrets import collect
from pipeline.project import Project

pytestmark = pytest.mark.slow

CASE = """name: {name}
kind: joint investigation
crime_area: THB
task_force: MIRAGE
states: [BG, RO]
dates: {{ended: {ended}}}
results:
  - {{id: found, value: {value}, unit: persons, what: persons found}}
text: |
  On [[ended]] officers who worked on {name} found [[found]] persons in a house
  that they had watched.
clearance: {clearance}
source: {{publisher: A test, title: an invented letter on {name}, date: 2021-12-01}}
"""
# In no text of the project; a number that no figure of the round is.
NAMES = {"restricted": "Quokka", "partner": "Numbat", "public": "Bilby"}
VALUES = {"restricted": 90817, "partner": 90826, "public": 90835}
MAY_STAND = {
    "restricted": {"restricted", "partner", "public"},
    "partner": {"partner", "public"},
    "public": {"public"},
}


def build(root: Path, versions: str) -> None:
    asked = ("--round", str(SMALL_ROUND), "--reports", "thb", "--versions", versions)
    done = run_here("build", *asked, root=root)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Project:
    def make(root: Path) -> None:
        small_project(root)
        keep_chapters(root, ["introduction", "justice"])
        folder = root / "returns" / str(SMALL_ROUND) / "cases"
        folder.mkdir()
        for number, (clearance, name) in enumerate(NAMES.items(), 1):
            text = CASE.format(
                name=name,
                value=VALUES[clearance],
                clearance=clearance,
                ended=f"2021-0{number}-0{number}",
            )
            (folder / f"{name.lower()}.yaml").write_text(text, encoding="utf-8")
        build(root, "restricted public partner")

    return Project(once(shared_folder(tmp_path_factory, worker_id) / "told_cases", make))


def texts_of(path: Path) -> str:
    """What a file says, in its bytes and as a reader sees it."""
    found = path.read_bytes().decode("utf-8", "replace")
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            found += "".join(book.read(n).decode("utf-8", "replace") for n in book.namelist())
    if path.suffix == ".pdf":
        with pypdfium2.PdfDocument(path) as pdf:
            found += "".join(page.get_textpage().get_text_bounded() for page in pdf)
        with pikepdf.open(path) as pdf:
            found += str(pdf.docinfo) + pdf.Root.Metadata.read_bytes().decode()
            found += "".join(
                spec.get_file().read_bytes().decode("utf-8", "replace")
                for spec in pdf.attachments.values()
            )
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as store:
            for (table,) in store.execute("select table_name from duckdb_tables()").fetchall():
                found += str(store.execute(f'select * from "{table}"').fetchall())
    return found


def files_of(project: Project, version: str) -> list[Path]:
    """All that a version is and is made from; a manifest names the register by its files
    for those who may read everything.
    """
    folders = [
        project.version_folder(SMALL_ROUND, "thb", version),
        project.master_folder(SMALL_ROUND, "thb", version),
        project.store(SMALL_ROUND, "thb", version).parent,
    ]
    return [p for f in folders for p in sorted(f.rglob("*")) if p.is_file()]


@pytest.mark.parametrize("version", NAMES)
def test_a_version_holds_the_cases_that_are_cleared_for_it_and_no_trace_of_others(
    version: str, project: Project
) -> None:
    found = {path: texts_of(path) for path in files_of(project, version)}
    assert len(found) > 6
    for clearance, name in NAMES.items():
        traces = (name.lower(), str(VALUES[clearance]), f"{VALUES[clearance]:,}")
        where = {p.name for p, said in found.items() if any(t in said.lower() for t in traces)}
        if clearance in MAY_STAND[version]:
            assert any(n.endswith(".pdf") for n in where), name
        else:
            assert where == set(), f"{name} in {where}"


def test_the_page_for_browsers_tells_the_public_case_and_no_other(project: Project) -> None:
    folder = project.version_folder(SMALL_ROUND, "thb", "public")
    pages = [p.read_text(encoding="utf-8") for p in sorted(folder.rglob("*.html"))]
    assert any(NAMES["public"] in page for page in pages)
    assert any('class="case"' in page for page in pages)


def test_the_scan_looks_for_the_others(project: Project) -> None:
    secrets = " ".join(collect(project, SMALL_ROUND, "thb", "public").values())
    assert NAMES["restricted"] in secrets
    assert NAMES["partner"] in secrets
    assert NAMES["public"] not in secrets


def test_the_numbers_of_a_case_are_audited(project: Project) -> None:
    for version in NAMES:
        folder = project.version_folder(SMALL_ROUND, "thb", version)
        audit = json.loads((folder / "manifest.json").read_text())["build"]["number_audit"]
        # the day of its end, what was found, and the day of the source, of each case
        assert audit["exceptions"]["case"] >= 3 * len(MAY_STAND[version])
        assert audit["unaccounted"] == 0


def test_a_number_of_a_case_is_walked_back_to_file_and_line(project: Project) -> None:
    contracts = load_contracts(project.contracts)
    found = explain_reference(
        project,
        contracts,
        round_=SMALL_ROUND,
        reference="thb:S.cases.quokka.3",
        version="restricted",
    )
    said = "\n".join(lines(found))
    assert "returns/2021/cases/quokka.yaml line 8, persons found = 90,817 persons" in said


def test_a_case_that_is_taken_back_goes_from_the_next_build(
    project: Project, tmp_path: Path
) -> None:
    root = copy_tree(project.root, tmp_path / "copy")
    path = root / "returns" / str(SMALL_ROUND) / "cases" / "bilby.yaml"
    text = path.read_text(encoding="utf-8").replace("clearance: public", "clearance: restricted")
    path.write_text(text, encoding="utf-8")
    build(root, "public")
    again = Project(root)
    for file in files_of(again, "public"):
        assert NAMES["public"].lower() not in texts_of(file).lower(), file.name
    shutil.rmtree(root)


def test_no_name_of_the_canaries_is_a_word_of_the_project() -> None:
    for folder in ("templates", "data_contracts", "returns"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".md", ".yaml", ".j2", ".csv"):
                said = path.read_text(encoding="utf-8", errors="replace").lower()
                assert not [n for n in NAMES.values() if n.lower() in said], path
