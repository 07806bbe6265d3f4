"""Does the scan find in the open forms what was not released? Each way of adding to
them has to be found for itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from builds import ROOT, ROUND

from pipeline.contracts.model import Contracts
from pipeline.inspection.leaks.scan import scan_version
from pipeline.inspection.readback.report import ScanReport
from pipeline.inspection.readback.words import canaries
from pipeline.project import Project
from pipeline.report.document.compose import build_document
from pipeline.report.ledger import ledger_json
from pipeline.report.printing import Printing

pytestmark = pytest.mark.slow

CANARY = "canary note quokka of Tirana"
SECRET = "7,654"  # a number that no public report prints
TABLE = "thb_t2"  # on a sheet of the workbook


@pytest.fixture(scope="module")
def scanned(
    built: Project, contracts: Contracts, tmp_path_factory: pytest.TempPathFactory
) -> ScanReport:
    """A public version with something added to each of its open forms, scanned once."""
    import shutil

    folder = tmp_path_factory.mktemp("tampered")
    store = built.store(ROUND, "thb", "public")
    opened = Printing(store, contracts, report="thb", version="public")
    build_document(opened, built.templates)
    (folder / "shown.json").write_text(ledger_json(opened.shown), encoding="utf-8")
    version = Path(
        shutil.copytree(built.version_folder(ROUND, "thb", "public"), folder / "version")
    )
    for tamper in TAMPERED.values():
        tamper(version)
    secrets = canaries([CANARY])
    return scan_version(version, store, secrets=secrets, shown=folder / "shown.json", root=ROOT)


def edit(path: str, old: str, new: str, count: int = 1) -> Callable[[Path], None]:
    def tamper(version: Path) -> None:
        text = (version / path).read_text(encoding="utf-8")
        assert re.search(old, text), f"{path} has no {old}"
        (version / path).write_text(re.sub(old, new, text, count=count), encoding="utf-8")

    return tamper


def give_a_withheld_cell_its_value(version: Path) -> None:
    edit("data/THB_VICTIMS.csv", r",,Q,S,victims", ",3,Q,S,victims")(version)


def leave_a_cell_out(version: Path) -> None:
    path = version / "data" / "THB_OFFENCES.csv"
    path.write_text(
        "\n".join(path.read_text(encoding="utf-8").splitlines()[:-1]) + "\n", encoding="utf-8"
    )


def change_a_cell_of_the_workbook(version: Path) -> None:
    (path,) = version.glob("*.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = next(s for s in book.worksheets if TABLE in s.tables)
    cell = next(c for row in sheet.iter_rows() for c in row if isinstance(c.value, int))
    cell.value = 7654
    hidden = book.create_sheet("More")
    hidden["A1"], hidden.sheet_state = CANARY, "hidden"
    book["Cover"]["A30"] = "=SUM(1;2)"
    book.save(path)


def add_a_file(version: Path) -> None:
    (version / "data" / "notes.txt").write_text(CANARY, encoding="utf-8")


TAMPERED: dict[str, Callable[[Path], None]] = {
    r"data/THB_VICTIMS\.csv line \d+: .*must say nothing else": give_a_withheld_cell_its_value,
    r"data/THB_OFFENCES\.csv: .*are in the register": leave_a_cell_out,
    r"data/codes/CL_SEX\.csv: '7,654'": edit(
        "data/codes/CL_SEX.csv", "Female", f'"Female, {SECRET}"'
    ),
    r"data/datapackage\.json.*: '7,654'": edit(
        "data/datapackage.json", '"title": "Sex"', f'"title": "Sex {SECRET}"'
    ),
    r"data/datapackage\.json: .*size or hash": edit("data/codes/CL_AGE.csv", "\\Z", "\n"),
    r"data/structure\.xml: '7,654'": edit("data/structure.xml", "All ages", f"All ages, {SECRET}"),
    r'data/structure\.xml: position="97"': edit(
        "data/structure.xml", 'position="1"', 'position="97"'
    ),
    r"html/tables/thb-t4r\.csv: '7654'": edit("html/tables/thb-t4r.csv", r"(?<=,)\d+(?=,)", "7654"),
    r"html/tables/thb-f2\.csv: .*7654": edit("html/tables/thb-f2.csv", r"(?<=,)\d+(?=,)", "7654"),
    r"html/index\.html, text: no sentence reads": edit(
        "html/index.html", r"<li>Against 2021, (.*?)1,856", r"<li>Against 2021, \g<1>1,857"
    ),
    r"html/index\.html, page 0, P: '7,654'": edit(
        "html/index.html", "</main>", f"<p>{SECRET} more</p></main>"
    ),
    r"html/index\.html: <p hidden": edit("html/index.html", "</main>", "<p hidden>more</p></main>"),
    r"html/index\.html: a comment": edit("html/index.html", "</main>", "<!-- more --></main>"),
    r"html/index\.html: an element <script>": edit(
        "html/index.html", "</head>", "<script></script></head>"
    ),
    r"html/index\.html: a link to 'https": edit(
        "html/index.html", "</main>", '<a href="https://example.org/">a</a></main>'
    ),
    r"html/index\.html: .*as an attribute": edit(
        "html/index.html", "<footer>", f'<footer aria-label="{SECRET}">'
    ),
    r"html/index\.html, chart thb-f1: the labels": edit(
        "html/index.html", r"(<text[^>]*>)2,500", r"\g<1>2,600"
    ),
    r"html/index\.html, chart thb-h1-course: the description": edit(
        "html/index.html", r"(<desc [^>]*>)", r"\g<1>More. "
    ),
    r"html/style\.css: another style": edit(
        "html/style.css", r"\Z", "p::after { content: '7,654' }"
    ),
    r"\.xlsx, sheet Table_\d+: '\d+' stands for": change_a_cell_of_the_workbook,
    r"\.xlsx, sheet More: a hidden sheet": lambda version: None,
    r"\.xlsx: the part .*sheets, tables and texts only": lambda version: None,
    r"\.xlsx, .*quokka": lambda version: None,
    r"data/notes\.txt: a file of no known kind": add_a_file,
}


@pytest.mark.parametrize("found", TAMPERED)
def test_what_was_added_to_an_open_form_is_found(scanned: ScanReport, found: str) -> None:
    assert any(re.search(found, str(leak)) for leak in scanned.leaks), "\n".join(
        map(str, scanned.leaks)
    )
